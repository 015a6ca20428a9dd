"""A whole edge box for tests: folders, a real broker, the daemon as a process, a subscriber."""

import contextlib
import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from edged.control.client import ask
from edged.errors import NoDaemon
from tests.doubles.broker import free_port
from tests.doubles.wait import until, until_still
from tests.end_to_end import laws

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
SAMPLES = ROOT / "tests" / "samples"
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or "mosquitto"

_KEPT = "$SYS/broker/version"


class Subscriber:
    """mosquitto_sub with a session of its own; keeps every message in order of arrival."""

    def __init__(self, port: int, topic: str = "edged/#") -> None:
        # The broker keeps its version: once that came, the topic before it is subscribed to.
        command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", topic, "-t", _KEPT, "-F", "%U\t%t\t%x"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="ascii")  # a name of a topic is, too
        self.messages: list[tuple[float, str, dict[str, Any]]] = []  # arrival (epoch seconds), topic, payload
        self._readings: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        assert self._subscribed.wait(60), "mosquitto_sub does not subscribe"

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            stamp, topic, payload = line.rstrip("\n").split("\t", 2)
            if topic == _KEPT:
                self._subscribed.set()
                continue
            with self._changed:
                self.messages.append((float(stamp), topic, _said(topic, bytes.fromhex(payload))))
                if "/read/" in topic:
                    self._readings.append(self.messages[-1][2])
                self._changed.notify_all()

    def readings(self) -> list[dict[str, Any]]:
        """The readings so far, in order of arrival."""
        with self._changed:
            return list(self._readings)

    def count(self) -> int:
        """How many readings came so far."""
        with self._changed:
            return len(self._readings)

    def wait(self, condition: Callable[[list[dict[str, Any]]], bool], timeout: float = 120) -> list[dict[str, Any]]:
        """The readings once they meet *condition*; fails after *timeout* seconds."""
        with self._changed:
            met = self._changed.wait_for(lambda: condition(self._readings), timeout)
            assert met, f"only {len(self._readings)} readings within {timeout} s"
        return self.readings()

    def wait_status(self, state: str, timeout: float = 120) -> dict[str, Any]:
        """The newest retained status once it says *state*."""

        def newest() -> dict[str, Any]:
            return next((p for _, topic, p in reversed(self.messages) if topic.endswith("/status")), {})

        with self._changed:
            assert self._changed.wait_for(lambda: newest().get("state") == state, timeout), f"status is {newest()} after {timeout} s"
            return newest()

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()
        self._thread.join()
        assert self._process.stdout
        self._process.stdout.close()


def _said(topic: str, payload: bytes) -> dict[str, Any]:
    if "/image/" in topic:
        return {"image": payload}
    plain = "/field/" in topic or "/verdict/" in topic or not payload  # nothing: a retained topic is cleared
    return {"text": payload.decode()} if plain else json.loads(payload)


@dataclass
class Box:
    """Folders, configuration and processes of one edge box below *path*."""

    path: Path
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    daemon: subprocess.Popen[bytes] | None = None
    _broker: subprocess.Popen[bytes] | None = None
    _subscribers: list[Subscriber] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.configure()

    @property
    def inbox(self) -> Path:
        return self.path / "inbox"

    @property
    def config(self) -> Path:
        return self.path / "edged.yaml"

    @property
    def log(self) -> Path:
        return self.path / "log"

    def configure(self, **changes: Any) -> None:
        """Write the configuration; *changes* replace top-level keys, `inbox` adds to the source and `mqtt` to the broker."""
        source = {"kind": "folder", "path": "inbox"} | changes.pop("inbox", {})
        content = {
            "version": 1,
            "device": "box",
            "state_dir": "state",
            "models_dir": str(MODELS),
            "mqtt": {"host": "127.0.0.1", "port": self.port, "retry_max_seconds": 1} | changes.pop("mqtt", {}),
            "control": {"socket": "control.sock"},
            "metrics": {"file": "edged.prom", "every_seconds": 1},
            "sources": {"inbox": source},
        } | changes
        self.config.write_text(yaml.safe_dump(content), encoding="utf8")

    def start_broker(self, *lines: str) -> None:
        """Start mosquitto on the box's port, with more *lines* in its configuration, and wait until it listens."""
        conf = self.path / "mosquitto.conf"
        own = (
            f"listener {self.port} 127.0.0.1",
            f"user {getpass.getuser()}",
            "allow_anonymous true",
            "max_queued_messages 0",
            "log_dest none",
        )
        conf.write_text("\n".join([*own, *lines, ""]), encoding="utf8")
        self._broker = subprocess.Popen([MOSQUITTO, "-c", str(conf)], stderr=subprocess.DEVNULL)

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        until(listens)

    def stop_broker(self) -> None:
        """Kill the broker."""
        if self._broker:
            self._broker.kill()
            self._broker.wait()
            self._broker = None

    def subscribe(self) -> Subscriber:
        """A subscriber that sees everything from now on."""
        subscriber = Subscriber(self.port)
        self._subscribers.append(subscriber)
        return subscriber

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the daemon; it may not be ready yet."""
        with self.log.open("ab") as log:
            self.daemon = subprocess.Popen(
                [sys.executable, "-m", "edged", "run", "-c", str(self.config), *arguments],
                stderr=log,
                env=os.environ
                | {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}
                | self.environment,
            )
        return self.daemon

    def answers(self) -> bool:
        """Whether the daemon is up and answers on its control socket."""
        try:
            ask(self.path / "control.sock", "health")
        except NoDaemon:
            return False
        return True

    def source_state(self) -> str:
        """What the daemon says of its source `inbox`."""
        return str(ask(self.path / "control.sock", "status")["sources"]["inbox"]["state"])

    def kill(self) -> None:
        """SIGKILL: what a power cut does to the process."""
        assert self.daemon
        self.daemon.kill()
        self.daemon.wait()

    def check_laws(self) -> None:
        """Nothing is counted wrongly in the running daemon."""
        if self.daemon and self.daemon.poll() is None:
            laws.check(*self.counted)

    @property
    def counted(self) -> tuple[Path, Path]:
        """Where the daemon tells its counts: control socket and metrics file."""
        return self.path / "control.sock", self.path / "edged.prom"

    def metrics(self) -> str:
        """What the metrics file says; nothing before it is first written."""
        file = self.counted[1]
        return file.read_text(encoding="utf8") if file.exists() else ""

    def stop(self) -> int:
        """SIGTERM, if nothing was counted wrongly; the exit code."""
        assert self.daemon
        self.check_laws()
        self.daemon.send_signal(signal.SIGTERM)
        return self.daemon.wait(60)

    def edged(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command of the CLI against this box's configuration."""
        return edged(*arguments, "-c", str(self.config), **options)

    def drop(self, sample: Path, name: str | None = None) -> Path:
        """Drop a picture as programs do: written under an ignored name, then moved in; never over another."""
        target = self.inbox / (name or sample.name)
        part = self.inbox / f".{target.name}.part"
        shutil.copyfile(sample, part)
        until_still(lambda: not target.exists(), lambda: list(self.inbox.iterdir()))
        part.rename(target)
        return target

    def files(self, folder: str) -> list[Path]:
        """All files below done, failed or work."""
        return sorted(p for p in (self.path / folder).rglob("*") if p.is_file() and "~" in p.name)

    def close(self) -> None:
        """End every process."""
        if self.daemon and self.daemon.poll() is None:
            self.kill()
        for subscriber in self._subscribers:
            subscriber.close()
        self.stop_broker()


def edged(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the CLI as a user does."""
    return subprocess.run([sys.executable, "-m", "edged", *arguments], capture_output=True, text=True, check=False, timeout=600, **options)


@contextlib.contextmanager
def running(path: Path, **changes: Any) -> Iterator[tuple[Box, Subscriber]]:
    """A box whose broker and daemon run and whose status says online."""
    box = Box(path)
    try:
        if changes:
            box.configure(**changes)
        box.start_broker()
        subscriber = box.subscribe()
        box.start()
        subscriber.wait_status("online")
        yield box, subscriber
        if box.daemon and box.daemon.poll() is None:
            box.check_laws()
            laws.check_settled(box.counted[0], path / "work")
    finally:
        box.close()
