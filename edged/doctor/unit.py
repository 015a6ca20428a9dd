"""The installed systemd unit, as systemd understands it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NAME: Final = "edged.service"
_ASKED: Final = (
    "LoadState", "ActiveState", "Result", "User", "ReadWritePaths", "ProtectSystem", "ProtectHome", "PrivateTmp", "StateDirectory",
    "RuntimeDirectory", "CacheDirectory", "LogsDirectory", "MemoryMax", "MemoryHigh", "LimitNOFILE",
)  # fmt: skip
_OWNED: Final = {
    "StateDirectory": Path("/var/lib"),
    "RuntimeDirectory": Path("/run"),
    "CacheDirectory": Path("/var/cache"),
    "LogsDirectory": Path("/var/log"),
}
_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Unit:
    """Properties by name, as `systemctl show` prints them."""

    properties: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """One property; empty where it is not set."""
        return self.properties.get(name, "")

    @property
    def user(self) -> str:
        """Who the service runs as."""
        return self["User"] or "root"

    @property
    def writable(self) -> tuple[Path, ...]:
        """Each a mount of its own inside the sandbox."""
        named = (Path(os.path.normpath(path.lstrip("+-"))) for path in self["ReadWritePaths"].split())
        owned = (above / name for kind, above in _OWNED.items() for name in self[kind].split())
        return (*named, *owned)

    def limit(self, name: str) -> int | None:
        """A number of bytes or files; None where there is no limit."""
        text = self[name]
        return int(text) if text.isdecimal() else None


def installed_unit() -> Unit | None:
    """The unit; None where there is no systemd, or no unit of ours."""
    program = shutil.which("systemctl")
    if program is None:
        return None
    command = [program, "show", NAME, "--property", ",".join(_ASKED)]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603 - no shell
    except (OSError, subprocess.TimeoutExpired):
        return None
    unit = Unit(dict(_pairs(told.stdout)))
    return unit if unit["LoadState"] == "loaded" else None


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, _, value = line.partition("=")
        yield name, value
