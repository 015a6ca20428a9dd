"""In this process: the recogniser stage fed with finished lines, and the way from bytes to text without a disk."""

import datetime as dt
import hashlib
import itertools
import threading
import time
from collections.abc import Sequence
from typing import Final

from edged.bench.lines import Picture
from edged.bench.process import Rate, measured
from edged.flow.ledger import Ledger
from edged.flow.reader import Reader
from edged.flow.recognise import Recogniser
from edged.lib.clock import SystemClock
from edged.types import Delivery, FrameId, Origin, Pixels, SourceName

SLOTS: Final = 8  # as in the daemon
_SOURCE: Final = SourceName("bench")
_GROUP: Final = 32


class Stage:
    """Finished pieces in, posteriors out."""

    def __init__(self, recogniser: Recogniser, pieces: Sequence[Pixels]) -> None:
        self._recogniser, self._pieces = recogniser, pieces

    def run(self, seconds: float) -> Rate:
        """Pieces per second."""
        answers: list[None] = []
        done, now = 0, measured()
        begun = time.perf_counter()
        for piece in itertools.cycle(self._pieces):
            if done and time.perf_counter() - begun >= seconds:  # a rate of nothing is none
                break
            self._recogniser.submit(piece, lambda _posteriors, _error: answers.append(None))
            done += 1
        self._recogniser.drain()
        assert len(answers) == done
        return now(done)


class BytesToText:
    """The daemon's own reader between feed and sink, with nothing before and nothing behind."""

    def __init__(self, reader: Reader, pictures: Sequence[Picture]) -> None:
        self._reader = reader
        self._deliveries = [_delivery(number, picture) for number, picture in enumerate(pictures)]

    def run(self, seconds: float) -> Rate:
        """Pictures per second."""
        ledger, stop = Ledger([_SOURCE], SLOTS, SystemClock()), threading.Event()
        feed = threading.Thread(target=self._feed, args=(ledger, stop), daemon=True)
        done, now = 0, measured()
        begun = time.perf_counter()
        feed.start()
        while feed.is_alive() or not ledger.empty:
            entries = ledger.ready(_GROUP, 0.1)
            readings = [entry.reader.conclude(entry.job) for entry in entries if entry.job]
            done += len(readings)
            ledger.release(_SOURCE, len(readings))
            if done and time.perf_counter() - begun >= seconds:  # a rate of nothing is none
                stop.set()
        return now(done)

    def _feed(self, ledger: Ledger, stop: threading.Event) -> None:
        for delivery in itertools.cycle(self._deliveries):
            if stop.is_set():
                return
            if ledger.reserve(_SOURCE, 1.0):
                self._reader.begin(delivery, ledger.enter(delivery, self._reader))


def pieces_of(reader: Reader, pictures: Sequence[Picture]) -> list[list[Pixels]]:
    """What the recogniser gets of each picture."""
    images = [reader.steps.decode(picture.data) for picture in pictures]
    return [[piece for line in reader.steps.layout(image).lines for piece in reader.steps.cut(line.image)] for image in images]


def _delivery(number: int, picture: Picture) -> Delivery:
    origin = Origin(name=f"{number}.png", sha256=hashlib.sha256(picture.data).hexdigest(), bytes=len(picture.data), modified_at=None)
    now = dt.datetime.now(dt.UTC)
    return Delivery(id=FrameId(f"bench-{number}"), source=_SOURCE, captured_at=now, origin=origin, attempt=1, data=picture.data)
