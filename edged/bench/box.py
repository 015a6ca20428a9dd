"""Folder to PUBACK: a daemon in a place of its own, with the box's model, and a broker on a loopback port."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import yaml

from edged.bench.lines import Picture
from edged.bench.process import Rate, counted_syncs, cpu_seconds, resident_mib, written_bytes
from edged.config import Config, MqttSection
from edged.control.client import ask
from edged.errors import EdgedError
from edged.flow.visitor import Heard, Visitor

_PATH: Final = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
_BROKER: Final = "listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_dest none\npersistence false\n"
_START_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.02
_DEVICE: Final = "edged-bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one reading costs the daemon, on the disk."""

    written_bytes: float
    syncs: float | None  # None where nobody can count them


class BenchBox:
    """A daemon, and a broker unless one is given; use it with `with`."""

    def __init__(self, place: Path, config: Config, pictures: Sequence[Picture], *, mqtt: MqttSection | None) -> None:
        """Lay it out below *place*; *mqtt* names a broker to use."""
        self._place, self._pictures, self._port = place, pictures, _free_port()
        self._own_broker = mqtt is None
        self._mqtt = mqtt or MqttSection(host="127.0.0.1", port=self._port)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._dropped = 0
        self._sockets = tempfile.TemporaryDirectory(prefix="edged-bench-")  # a socket's path is short, a state folder's may not be
        (place / "inbox").mkdir()
        content = {
            "version": 1,
            "device": _DEVICE,
            "state_dir": "state",
            "models_dir": str(_shelf(config)),
            "model": config.model.model_dump(mode="json"),
            "recognise": config.recognise.model_dump(mode="json"),
            "mqtt": self._mqtt.model_dump(mode="json", exclude_none=True) | {"base": f"edged/{_DEVICE}", "client_id": _DEVICE},
            "control": {"socket": str(self._socket)},
            "log": {"level": "info"},
            "sources": {"bench": {"path": "inbox"}},
        }
        (place / "edged.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        (place / "mosquitto.conf").write_text(_BROKER.format(port=self._port), encoding="utf-8")

    def __enter__(self) -> Self:
        """Start both and wait until the daemon reaches the broker.

        Raises:
            EdgedError: One of them does not come up.
        """
        try:
            if self._own_broker:
                self._begin([_mosquitto(), "-c", str(self._place / "mosquitto.conf")])
            self._begin([sys.executable, "-m", "edged", "run", "-c", str(self._place / "edged.yaml")])
            self._until(self._connected, _START_SECONDS, "the daemon of the bench does not reach its broker")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End both."""
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._sockets.cleanup()

    @property
    def _socket(self) -> Path:
        return Path(self._sockets.name, "control.sock")

    @property
    def pid(self) -> int:
        """The daemon's."""
        return self._processes[-1].pid

    def run(self, count: int) -> Rate:
        """Move *count* pictures in at once; pictures per second from the first move to the last PUBACK."""
        staged = self._stage(count)
        target, cpu = self._sent() + count, cpu_seconds(self.pid)
        begun = time.perf_counter()
        for path in staged:
            path.rename(self._place / "inbox" / path.name)
        self._await(target, count, begun)
        seconds = time.perf_counter() - begun
        return Rate(per_second=count / seconds, cpu_ms=(cpu_seconds(self.pid) - cpu) * 1000 / count)

    def cost(self, count: int) -> Cost:
        """What readings cost at full rate: bytes in a round of their own, syncs in another one, for strace slows it."""
        before = written_bytes(self.pid)
        self.run(count)
        written = written_bytes(self.pid) - before
        with counted_syncs(self.pid) as syncs:
            self.run(count)
        return Cost(written_bytes=written / count, syncs=None if syncs.count is None else syncs.count / count)

    def latencies(self, count: int, pace: float) -> list[float]:
        """Milliseconds from the move into the folder to the message at a subscriber, one picture each *pace* seconds."""
        moved: dict[str, float] = {}
        arrived: dict[str, float] = {}

        def heard(message: Heard) -> None:
            arrived[json.loads(message.payload)["origin"]["name"]] = message.at

        with Visitor(self._mqtt, f"{_DEVICE}-listener") as visitor:
            visitor.on_heard = heard
            visitor.subscribe(f"edged/{_DEVICE}/read/bench")
            for path in self._stage(count):
                moved[path.name] = time.time()
                path.rename(self._place / "inbox" / path.name)
                next_at = time.monotonic() + pace
                visitor.until(lambda at=next_at: time.monotonic() >= at, pace)  # type: ignore[misc]  # of this turn
            visitor.until(lambda: len(arrived) >= count, 10)
        return [(arrived[name] - at) * 1000 for name, at in moved.items() if name in arrived]

    def idle_share(self, seconds: float) -> float:
        """Share of one core while nothing happens."""
        before = cpu_seconds(self.pid)
        time.sleep(seconds)
        return (cpu_seconds(self.pid) - before) / seconds

    @property
    def memory_mib(self) -> float:
        """The daemon's resident memory."""
        return resident_mib(self.pid)

    def _stage(self, count: int) -> list[Path]:
        """Write pictures beside the inbox: only their move is measured."""
        staged = []
        for _ in range(count):
            path = self._place / f"{self._dropped}.png"
            path.write_bytes(self._pictures[self._dropped % len(self._pictures)].data)
            staged.append(path)
            self._dropped += 1
        return staged

    def _begin(self, command: list[str]) -> None:
        with (self._place / "log").open("ab") as log:
            self._processes.append(subprocess.Popen(command, stdout=log, stderr=log))  # noqa: S603 - no shell

    def _await(self, target: int, count: int, begun: float) -> None:
        """Wait for the last PUBACK; asked ever more often towards the end, for every question costs the daemon."""

        def sent() -> bool:
            left = target - self._sent()
            expected = (time.perf_counter() - begun) * left / max(1, count - left)
            time.sleep(min(max(expected / 2, 0.0), 0.5))
            return left <= 0

        self._until(sent, 60 + count, "the daemon of the bench does not send what was dropped")

    def _until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or self._processes[-1].poll() is not None:
                tail = (self._place / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
                raise EdgedError(what, hint="; ".join(tail))
            time.sleep(_LOOK_SECONDS)

    def _status(self) -> Mapping[str, Any]:
        return dict(ask(self._socket, "status"))

    def _connected(self) -> bool:
        try:
            return bool(self._status()["broker"]["connected"])
        except EdgedError:
            return False

    def _sent(self) -> int:
        return int(self._status()["broker"]["sent"])


def has_broker() -> bool:
    """Whether a broker can be started here."""
    return shutil.which("mosquitto", path=_PATH) is not None


def _mosquitto() -> str:
    found = shutil.which("mosquitto", path=_PATH)
    if found is None:
        message = "mosquitto is not installed"
        raise EdgedError(message, hint="apt-get install mosquitto, or use the configured broker: --configured-broker")
    return found


def _shelf(config: Config) -> Path:
    """The first shelf that has the model: the daemon of the bench has a state folder of its own."""
    shelves = (config.state_dir / "models", config.models_dir)
    return next((shelf for shelf in shelves if (shelf / config.model.name).is_dir()), config.models_dir)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
