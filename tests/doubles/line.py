"""The whole line from folder to broker in one thread, with a recogniser and a broker of a few lines.

Folder, ledger, feed, sink, outbox and relay are the real ones. As a program (`python -m tests.doubles.line
ROOT COUNT`) it says on its standard output what it committed and what it published.
"""

import json
import os
import random
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

from edged.config import OutboxSection
from edged.errors import FrameRejected
from edged.flow import pipeline
from edged.flow.folder import source as folder_source
from edged.flow.ledger import Ledger
from edged.flow.outbox import Outbox
from edged.flow.payload import encode_reading
from edged.flow.pipeline import FeedWorker, Lease, SinkWorker
from edged.flow.relay import Relay
from edged.lib.clock import SystemClock
from edged.link import Message
from edged.types import Committed, Reading
from tests.doubles.clock import FakeClock
from tests.doubles.fake_publisher import ACK, FakePublisher
from tests.doubles.folder import check, hot_folder, picture
from tests.unit.flow.test_reader import reader

BAD = b"%PDF"
_GROUP = 3  # inputs in work before the sink looks
_RESERVE = 65_536
_MOST_BEATS = 1000  # for ten files a hundred are enough


def inputs(count: int) -> dict[str, bytes]:
    """The files of a workload by name; every second one cannot be read."""
    return {f"{n:02d}.pic": BAD + b"%d" % n if n % 2 else picture(f"text {n}") for n in range(count)}


def decode(data: bytes, *_: object) -> Any:
    """What stands in for OpenCV."""
    if data.startswith(BAD):
        raise FrameRejected("is a PDF", hint="export a PNG")
    return np.zeros((8, 8, 3), np.uint8)


class Line:
    """One life of the service below *root*: `run` until everything that lies there is delivered and filed."""

    def __init__(self, root: Path, *, said: Any = lambda *_: None, reserve_bytes: int = _RESERVE, real_time: bool = False) -> None:
        self.root, self._said = root, said
        self.clock = SystemClock() if real_time else FakeClock()
        for name in ("inbox", "state"):
            (root / name).mkdir(exist_ok=True)
        section = OutboxSection(reserve_bytes=reserve_bytes)
        self.outbox = Outbox(root / "state" / "outbox.db", section, encode=self._encode, clock=self.clock, clock_synced=lambda: True)
        self.outbox.open()
        self.source = hot_folder(root / "inbox", check=check, find=self.outbox.find, filed=self.outbox.filed, clock=self.clock)
        self.source.open()
        self.outbox.all_filed(self.source.name, but=self.source.leftovers())
        self.ledger = Ledger([self.source.name], 8, self.clock)
        self.publisher = FakePublisher(answer=self._publish)
        self.relay = Relay(
            self.outbox,
            self.publisher,
            base="edged/line3",
            retained=lambda _presence: [Message(topic="edged/line3/status", payload=b"{}", retain=True)],
            retry_max_seconds=1,
            clock=self.clock,
            rng=random.Random(1),
        )
        self.sink = SinkWorker([self.source], self.ledger, self, self.relay.notify)
        self.published: list[tuple[str, int, str]] = []
        self._stop = threading.Event()
        self._idle = self._beats = 0

    def add(self, readings: list[Reading]) -> list[Committed]:
        """The sink's store: the outbox, and it is said what came back."""
        rows = self.outbox.add(readings)
        for row in rows:
            self._said("committed", row.id, row.seq, "")
        return rows

    def filed(self, ids: list[Any]) -> None:
        """The sink's store."""
        self.outbox.filed(ids)

    def _encode(self, given: Reading, seq: int, epoch: str) -> bytes:
        return encode_reading(given, device="line3", seq=seq, epoch=epoch)

    def _publish(self, message: Message) -> str:
        if "/read/" in message.topic:
            told = json.loads(message.payload)
            self.published.append((told["id"], told["seq"], told["origin"]["name"]))
            self._said("published", *self.published[-1])
        return ACK

    def run(self, count: int) -> None:
        """Work until *count* files were filed away and nothing waits for the broker."""
        feed = FeedWorker(
            self.source, self.ledger, lambda: Lease(reader(decode=decode, cut=lambda line: [line]), lambda: None)
        )  # no beat within a line: one thread does all
        feed.run(self._stop, lambda: self._beat(count))
        self._pump()
        self.source.close()
        self.outbox.close()

    def _beat(self, count: int) -> None:
        self._idle += 1
        self._beats += 1
        assert self._beats < _MOST_BEATS, f"no end: {self.source.counters()} {self.outbox.stats()}"
        if self.ledger.flow().in_work >= _GROUP or self._idle > 2:
            self._pump()
        filed = len([path for place in ("done", "failed") for path in (self.root / place).glob("inbox/*/*.pic")])
        if filed >= count and not self.outbox.stats().pending:
            self._stop.set()

    def _pump(self) -> None:
        self._idle = 0
        stopped = threading.Event()
        stopped.set()
        self.sink.run(stopped, lambda: None)
        for _ in range(4):
            self.relay.step()
            assert isinstance(self.clock, FakeClock)
            self.clock.advance(0.6)


def hurry() -> None:
    """Nobody else answers in this thread: wait for nothing."""
    pipeline._PATIENCE = folder_source._PATIENCE = 0.0


def _say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


if __name__ == "__main__":
    hurry()
    Line(Path(sys.argv[1]), said=_say).run(int(sys.argv[2]))
