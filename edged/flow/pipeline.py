"""Joins source to outbox: one feed a source, one sink for all, and the order between them.

```
feed: slot -> claim -> Reader.begin -> recogniser ...> Ledger.completed -> sink: conclude, commit, file away
```

A feed takes a slot before it claims, so at most `slots` inputs of a source are in work: a folder waits,
nothing piles up in memory. Readings of a source are committed in claim order whatever order the
recogniser answers in; the sink commits all that is ready in one transaction (group commit).
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from edged.errors import OutboxFull
from edged.flow.ledger import Concludes, Entry, Ledger
from edged.flow.ports import MessageStore, Source
from edged.flow.reader import Job
from edged.lib.beat import Beat, nothing
from edged.types import Committed, Delivery, Exhibit, Outcome, Reading, SourceName

log = logging.getLogger(__name__)

_GROUP = 32  # readings in one commit at most: bounds the work that a crash makes us repeat
_PATIENCE = 0.5  # seconds between two beats while waiting


class Reads(Concludes, Protocol):
    """Reads the inputs of one source."""

    def begin(self, delivery: Delivery, completed: Callable[[Job], None], beat: Beat = nothing, /) -> Job:
        """Start reading; *completed* is called exactly once, here or from a thread of the recogniser."""


class Lease(NamedTuple):
    """A reader whose model stays open until it is given back."""

    reader: Reads
    give_back: Callable[[], None]


class FeedWorker:
    """Claims inputs of one source and starts reading them."""

    def __init__(self, source: Source, ledger: Ledger, lease: Callable[[], Lease]) -> None:
        """Take a *lease* of the current reader for each input: a reload swaps between two of them."""
        self.name = f"feed {source.name}"
        self._source, self._ledger, self._lease = source, ledger, lease

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Feed until *stop* is set."""
        deliveries = self._source.deliveries(stop, beat)
        while not stop.is_set():
            beat()
            if not self._ledger.reserve(self._source.name, _PATIENCE):
                continue
            delivery = self._next(deliveries)
            if delivery is None:
                break
            self._begin(delivery, beat)

    def _begin(self, delivery: Delivery, beat: Beat) -> None:
        """Start reading; the lease ends with the last answer, for what is concluded later needs no recogniser any more."""
        reader, give_back = self._lease()
        answered = self._ledger.enter(delivery, reader)

        def completed(job: Job) -> None:
            answered(job)
            give_back()

        def heard() -> None:
            self._ledger.alive(delivery.source)
            beat()

        reader.begin(delivery, completed, beat if delivery.window else heard)  # a part has a deadline of its own, and beats while it waits

    def _next(self, deliveries: Iterator[Delivery]) -> Delivery | None:
        """The next input, or None at the end; without one the slot goes back, whatever happened."""
        delivery = None
        try:
            delivery = next(deliveries, None)
        finally:
            if delivery is None:
                self._ledger.release(self._source.name, 1)
        return delivery


class RecogniseWatch:
    """Beats for the recogniser: only while no input waits for its answer too long."""

    name = "recognise"

    def __init__(self, ledger: Ledger, limit_seconds: float, check: Callable[[], None]) -> None:
        """Let *check* look for lost answers where an input waits, hold back the beat after *limit_seconds*."""
        self._ledger, self._limit, self._check = ledger, limit_seconds, check

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Watch until *stop* is set."""
        while not stop.wait(1):
            if self._ledger.oldest_seconds() > 1:
                self._check()
            if self._ledger.oldest_seconds() < self._limit:
                beat()


Fresh = tuple[Reading, float]  # a reading, and how many seconds ago its input was claimed


def _nobody(_: Sequence[Fresh]) -> None:
    """Nobody wants to know at once."""


def _unseen(_: Exhibit) -> None:
    """Nobody wants to see it."""


class SinkWorker:
    """Commits readings in claim order and files their inputs away."""

    name = "sink"

    def __init__(
        self,
        sources: Sequence[Source],
        ledger: Ledger,
        store: MessageStore,
        committed: Beat,
        *,
        drain_seconds: float = 3.0,
        live: Callable[[Sequence[Fresh]], None] = _nobody,
        took: Callable[[str, float], None] = lambda _stage, _seconds: None,
        exhibit: Callable[[Exhibit], None] = _unseen,
    ) -> None:
        """Join what completes to the outbox.

        Args:
            sources: Whose inputs are filed away.
            ledger: What is in work.
            store: The outbox.
            committed: Called after each commit.
            drain_seconds: On stop, how long to wait for what is in work, at most.
            live: Told what was read just now; not what an earlier process had claimed.
            took: Told how long each stage of each reading took, in seconds.
            exhibit: Shown each committed reading with its small picture; never waits.
        """
        self._sources = {source.name: source for source in sources}
        self._ledger, self._store, self._committed = ledger, store, committed
        self._drain, self._live, self._took, self._exhibit = drain_seconds, live, took, exhibit
        self._batch: list[Entry] = []  # taken from the ledger and not committed: an error leaves it for the next `run`
        self._unfiled: list[tuple[SourceName, Committed]] = []  # only changed in the sink's thread
        self._told: set[str] = set()
        self.full = ""  # why the outbox has no room; read by health

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Commit until *stop* is set and what was in work is committed, or the drain time is over."""
        self._file()  # what an earlier run had committed when it failed
        waited = 0.0
        while waited < self._drain:
            beat()
            self._batch = self._batch or self._ledger.ready(_GROUP, _PATIENCE)
            if self._batch:
                if not self._commit(self._batch, stop, beat):
                    break  # what was claimed later must not be committed before it
            elif stop.is_set():
                if self._ledger.empty:
                    return
                waited += _PATIENCE
            self._file()
        log.warning("stopped with %d inputs in work; they are read again at the next start", self._ledger.flow().in_work)

    def _commit(self, batch: Sequence[Entry], stop: threading.Event, beat: Beat) -> bool:
        """Commit and tell; False where *stop* came before there was room."""
        readings = [entry.reader.conclude(entry.job) for entry in batch if entry.job]
        for name in {reading.source for reading in readings}:
            self._sources[name].sync()
        rows = self._add(readings, stop, beat)
        if not rows:
            return False
        self._batch = []  # with the next two lines: whatever fails from here on, they are counted and filed once
        self._ledger.committed(readings)
        self._unfiled += [(reading.source, row) for reading, row in zip(readings, rows, strict=True)]
        self._live([(r, self._ledger.age(entry)) for r, entry in zip(readings, batch, strict=True) if entry.delivery.attempt == 1])
        self._committed()
        for entry, reading, row in zip(batch, readings, rows, strict=True):
            self._tell(reading, row)
            if entry.job:
                self._exhibit(_exhibit(entry.job, reading, row))
        return True

    def _add(self, readings: Sequence[Reading], stop: threading.Event, beat: Beat) -> list[Committed]:
        """Their rows, as soon as there is room; none where *stop* comes before: the files stay in work."""
        while True:
            try:
                rows = self._store.add(readings)
            except OutboxFull as error:
                if not self.full:
                    log.error("intake stopped: %s; %s", error, error.hint)  # noqa: TRY400 - expected, no traceback
                self.full = f"intake stopped: {error}; {error.hint}"
                beat()
                if stop.wait(1):
                    return []
            else:
                self.full = ""
                return rows

    def _tell(self, reading: Reading, row: Committed) -> None:
        for stage, milliseconds in reading.timing_ms.items():
            self._took(stage, milliseconds / 1000)
        level = logging.INFO if reading.outcome in (Outcome.OK, Outcome.UNSURE) else logging.WARNING
        fields = {"id": row.id, "seq": row.seq, "source": reading.source, "outcome": str(row.outcome), "file": reading.origin.name}
        log.log(level, "read", extra=fields | ({"reason": "; ".join(row.reasons)} if row.reasons else {}))

    def _file(self) -> None:
        """Move the inputs of committed readings away; what cannot be moved keeps its slot and is tried again."""
        filed, left = [], []
        for name, row in self._unfiled:
            try:
                self._sources[name].finish(row.id, row.outcome, row.reasons)
            except OSError as error:
                if row.id not in self._told:
                    log.warning("cannot file an input away: %s; tried again until it works", error, extra={"id": row.id, "source": name})
                self._told.add(row.id)
                left.append((name, row))
                continue
            self._told.discard(row.id)
            filed.append(row.id)
            self._ledger.release(name, 1)
        self._unfiled = left
        if filed:
            self._store.filed(filed)

    @property
    def unfiled(self) -> int:
        """Inputs that were read and still lie in work."""
        return len(self._unfiled)

    @property
    def stuck(self) -> bool:
        """Whether one of them could not be moved away."""
        return bool(self._told)


def _exhibit(job: Job, reading: Reading, row: Committed) -> Exhibit:
    return Exhibit(reading=reading, seq=row.seq, looked=tuple(line.box for line in job.laid.lines), picture=job.picture)
