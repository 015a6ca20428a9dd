"""An installed edged in a booted machine, a user who may drop pictures, and a subscriber that forgets nothing."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.doubles.wait import until
from tests.systemd.machine import Machine

INBOX = "/srv/edged/inbox"
CONFIG = "/etc/edged/edged.yaml"
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"}
DROPIN = "etc/systemd/system/edged.service.d/99-test.conf"


class Station:
    """Everything a test does on the box."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.dropped: list[str] = []
        try:
            self.installed = self._set_up()
        except BaseException:
            self.machine.close()
            raise

    def _set_up(self) -> subprocess.CompletedProcess[str]:
        machine = self.machine
        machine.path("/etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n", encoding="utf-8")
        machine.sh("useradd -m alice; useradd -m bob; mkdir -p /run/systemd/timesync; touch /run/systemd/timesync/synchronized")
        installed = self.install()
        machine.sh("usermod -aG edged-drop alice")
        # A persistent session: what comes while the broker restarts is not missed.
        machine.sh("mosquitto_sub -i witness -c -q 1 -t edged/+/read/+ -F %p >/var/tmp/seen 2>&1 &")
        machine.sh("mosquitto_sub -t edged/+/status -C 1 -F %p >/dev/null", timeout=30)
        return installed

    def install(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the script."""
        return self.machine.run("/src/scripts/install.sh", *arguments, check=check, timeout=300, **OFFLINE)

    def readings(self) -> list[dict[str, Any]]:
        """What the subscriber saw, each id once."""
        seen = self.machine.path("/var/tmp/seen").read_bytes().rpartition(b"\n")[0].splitlines()  # the last one may be half written
        return list({reading["id"]: reading for reading in map(json.loads, seen)}.values())

    def drop(self, script: str, *names: str) -> None:
        """Let alice drop files of these names by a shell script."""
        self.dropped += names
        self.machine.sh(script, user="alice")

    def drop_samples(self, prefix: str, number: int) -> None:
        """Let alice copy pictures in."""
        names = [f"{prefix}-{index}.png" for index in range(number)]
        self.drop("; ".join(f"cp /src/tests/samples/lot.png {INBOX}/{name}" for name in names), *names)

    def all_read(self, timeout: float = 180) -> list[dict[str, Any]]:
        """Wait until all that was dropped was published; then nothing may be missing, doubled or out of count."""
        until(lambda: len(self.readings()) >= len(self.dropped), timeout, f"{len(self.dropped)} readings; {self.machine.journal()}")
        readings = self.readings()
        assert sorted(reading["origin"]["name"] for reading in readings) == sorted(self.dropped)
        assert [reading["seq"] for reading in readings] == list(range(1, len(readings) + 1))
        return readings

    def reading(self, name: str) -> dict[str, Any]:
        """The reading of a file, once it is there."""
        until(lambda: any(reading["origin"]["name"] == name for reading in self.readings()), 180, f"{name} read; {self.machine.journal()}")
        return next(reading for reading in self.readings() if reading["origin"]["name"] == name)

    def restarts(self) -> int:
        """How often systemd started edged again."""
        return int(self.machine.property("NRestarts"))

    def restarted(self, before: int, timeout: float = 180) -> None:
        """Wait until systemd did, and it is ready."""
        until(
            lambda: self.restarts() > before and self.machine.property("ActiveState") == "active",
            timeout,
            f"edged was restarted; {self.machine.journal()}",
        )

    def status(self) -> dict[str, Any]:
        """What the daemon says of itself."""
        content = json.loads(self.machine.run("edged", "status", "--json").stdout)
        assert isinstance(content, dict)
        return content

    def override(self, **settings: str) -> None:
        """Start edged with these settings of its unit, from zero restarts on; none takes the tests' settings away again."""
        path: Path = self.machine.path(DROPIN)
        lines: Mapping[str, str] = settings
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[Service]\n" + "".join(f"{name}={value}\n" for name, value in lines.items()), encoding="utf-8")
        self.machine.sh("systemctl daemon-reload; systemctl reset-failed edged; systemctl restart edged")
