"""A real mosquitto on a free loopback port, and a subscriber that only listens."""

import contextlib
import getpass
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.doubles.wait import until

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


_LOWEST_PORT = 10_000
_WORKER, _WORKERS = (
    int(os.environ.get(f"PYTEST_XDIST_WORKER{key}", default).lstrip("gw")) for key, default in (("", "gw0"), ("_COUNT", "1"))
)
_DRAWN = random.SystemRandom()


def free_port() -> int:
    """A loopback port that nobody uses, and nobody gets while its broker is away.

    The kernel gives ports of its own range to whoever connects; tests beside us draw from others of the rest.
    """
    highest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = _DRAWN.randrange(_LOWEST_PORT + _WORKER, highest, _WORKERS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Broker:
    """One mosquitto; its port stays the same over restarts."""

    def __init__(self, folder: Path, config: str = "allow_anonymous true", listener: str = "") -> None:
        self.port = free_port()
        self._folder, self._config, self._listener = folder, config, listener
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, config: str | None = None) -> "Broker":
        """Start, with another *config* from now on if there is one; returns once it accepts connections."""
        self._config = self._config if config is None else config
        path = self._folder / "mosquitto.conf"
        # Started by root it would become another user, who may not look into the folders of a test.
        own = f"user {getpass.getuser()}\nlog_dest none\nmax_queued_messages 100000"
        path.write_text(f"listener {self.port} 127.0.0.1\n{self._listener}\n{own}\n{self._config}\n")
        self._process = subprocess.Popen([MOSQUITTO or "mosquitto", "-c", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._accepts, 30, "the broker listens")
        return self

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """SIGSTOP: the connection stands and nothing is answered."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            for _ in range(30):
                self._process.send_signal(how)
                self._process.send_signal(signal.SIGCONT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(2)  # mosquitto 2.0 forgets a SIGTERM that comes between its handler and its loop
                    break
            else:
                self._process.kill()
                self._process.wait()
            self._process = None


class Listener:
    """A subscriber; keeps everything in order of arrival and finds the broker again by itself."""

    def __init__(self, port: int, topic: str = "#", user: tuple[str, str] | None = None) -> None:
        self.messages: list[mqtt.MQTTMessage] = []
        self.subscribed = threading.Event()
        self._topic = topic
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="listener", protocol=MQTTProtocolVersion.MQTTv5)
        client.on_connect = lambda c, *_: c.subscribe(self._topic, qos=1)
        client.on_subscribe = lambda *_: self.subscribed.set()
        client.on_message = lambda _c, _d, message: self.messages.append(message)
        client.reconnect_delay_set(1, 1)
        if user:
            client.username_pw_set(*user)
        client.connect("127.0.0.1", port)
        client.loop_start()
        self._client = client
        assert self.subscribed.wait(60)

    def on(self, word: str) -> list[dict[str, Any]]:
        """Payloads of the messages whose topic contains *word*."""
        return [json.loads(m.payload) for m in list(self.messages) if word in m.topic]

    def seqs(self) -> list[int]:
        """The `seq` of each reading, in order of arrival."""
        return [reading["seq"] for reading in self.on("/read/")]

    def until(self, predicate: Callable[["Listener"], object], timeout: float = 60) -> None:
        """Wait for what *predicate* wants."""
        until(lambda: predicate(self), timeout, f"{len(self.messages)} messages")

    def close(self) -> None:
        """Leave, and let go of the sockets."""
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_subscribe = self._client.on_message = None
