"""A TCP proxy with faults on request, after Shopify's toxiproxy: between a station and a real broker.

A fault begins at a *moment* of a connection, told by the bytes that pass: at its connect, when the first reading is
published, or when the first acknowledgement of a reading would come back. It strikes the first `strikes` connections that
reach its moment; those after it pass untouched.
"""

import contextlib
import enum
import select
import socket
import struct
import threading
from dataclasses import dataclass, field


class Toxic(enum.Enum):
    """What goes wrong."""

    LATENCY = "latency"  # half a second in each direction
    RESET = "reset"  # RST to both
    BLACK_HOLE = "black hole"  # nothing passes any more, in either direction, and nobody is told
    HALF_OPEN = "half open"  # nothing comes back any more, what is sent still passes
    SLOW_CLOSE = "slow close"  # nothing passes, and the end comes a second later
    BANDWIDTH = "bandwidth"  # 20 kB a second


class Moment(enum.Enum):
    """When it begins."""

    CONNECT = "connect"
    PUBLISH = "publish"
    ACK = "ack"


_LATENCY, _SLOW_CLOSE, _RATE = 0.5, 1.0, 20_000
_READ = b"/read/"
_PUBACK = 0x40


@dataclass(eq=False)
class _Link:
    """One connection: client here, broker there."""

    client: socket.socket
    broker: socket.socket
    struck: bool = False
    published: bool = False
    over: bool = False
    pipes: list[threading.Thread] = field(default_factory=list)


class ToxicProxy:
    """Stands on a port of its own before *target*."""

    def __init__(self, target: int, toxic: Toxic, moment: Moment, strikes: int = 2) -> None:
        self.accepted = self.struck = 0
        self._target, self._toxic, self._moment, self._strikes = target, toxic, moment, strikes
        self._lock = threading.Lock()
        self._links: list[_Link] = []
        self._stop = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End everything."""
        self._stop.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.close()
        for link in self._links:
            for pipe in link.pipes:
                pipe.join()
            link.client.close()
            link.broker.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                broker = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            link = _Link(client, broker)
            self._links.append(link)
            for source, target, up in ((client, broker, True), (broker, client, False)):
                pipe = threading.Thread(target=self._pipe, args=(link, source, target, up), daemon=True)
                link.pipes.append(pipe)
                pipe.start()

    def _pipe(self, link: _Link, source: socket.socket, target: socket.socket, up: bool) -> None:
        with contextlib.suppress(OSError, ValueError):
            while not (self._stop.is_set() or link.over):
                if not select.select([source], [], [], 0.05)[0]:
                    continue
                data = source.recv(65536)
                if not data:
                    break
                self._notice(link, data, up)
                if not (link.struck and self._spoil(link, data, target, up)):
                    target.sendall(data)
        if not link.over:
            link.over = True
            for end in (source, target):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _notice(self, link: _Link, data: bytes, up: bool) -> None:
        """Whether the moment has come, and a strike is left."""
        reading = up and _READ in data
        link.published = link.published or reading
        came = {
            Moment.CONNECT: up,
            Moment.PUBLISH: reading,
            Moment.ACK: not up and link.published and any(byte == _PUBACK for byte in data[:1]),
        }[self._moment]
        with self._lock:
            if came and not link.struck and self.struck < self._strikes:
                self.struck += 1
                link.struck = True

    def _spoil(self, link: _Link, data: bytes, target: socket.socket, up: bool) -> bool:
        """Do what the fault does to these bytes; False where they pass after it."""
        if self._toxic is Toxic.LATENCY:
            self._stop.wait(_LATENCY)
        elif self._toxic is Toxic.BANDWIDTH:
            for at in range(0, len(data), 1000):
                self._stop.wait(1000 / _RATE)
                target.sendall(data[at : at + 1000])
            return True
        elif self._toxic is Toxic.RESET:
            self._reset(link)
        elif self._toxic is Toxic.SLOW_CLOSE:
            self._stop.wait(_SLOW_CLOSE)
            link.over = True
            for end in (link.client, link.broker):
                end.shutdown(socket.SHUT_RDWR)
        elif self._toxic is Toxic.BLACK_HOLE or not up:
            return True
        return self._toxic not in (Toxic.LATENCY, Toxic.HALF_OPEN)

    def _reset(self, link: _Link) -> None:
        link.over = True
        for end in (link.client, link.broker):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()
