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
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edged.errors import OutboxFull
from edged.flow.ports import MessageStore, Source
from edged.flow.reader import Job, Reader
from edged.lib.clock import Clock
from edged.types import Committed, Delivery, SourceName

log = logging.getLogger(__name__)

Beat = Callable[[], None]
_GROUP = 32  # readings in one commit at most: bounds the work that a crash makes us repeat
_PATIENCE = 0.5  # seconds between two beats while waiting


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """One claimed input between feed and sink; `job` is set once it is completed."""

    delivery: Delivery
    reader: Reader
    since: float  # monotonic
    job: Job | None = None


class Ledger:
    """What is in work, per source in claim order. Thread-safe; shared by feeds, recogniser and sink."""

    def __init__(self, sources: Sequence[SourceName], slots: int, clock: Clock) -> None:
        """Allow *slots* inputs of each source in work at a time."""
        self._queues: Mapping[SourceName, deque[Entry]] = {name: deque() for name in sources}
        self._slots = dict.fromkeys(sources, slots)
        self._clock = clock
        self._changed = threading.Condition()

    def reserve(self, source: SourceName, timeout: float) -> bool:
        """Take a slot, waiting *timeout* seconds at most; False if there was none."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._slots[source] > 0, timeout):
                return False
            self._slots[source] -= 1
            return True

    def release(self, source: SourceName, count: int) -> None:
        """Give slots back."""
        with self._changed:
            self._slots[source] += count
            self._changed.notify_all()

    def enter(self, delivery: Delivery, reader: Reader) -> Callable[[Job], None]:
        """Put a claimed input in line; the returned callable completes it, from any thread."""
        entry = Entry(delivery=delivery, reader=reader, since=self._clock.monotonic())
        with self._changed:
            self._queues[delivery.source].append(entry)

        def completed(job: Job) -> None:
            with self._changed:
                entry.job = job
                self._changed.notify_all()

        return completed

    def ready(self, limit: int, timeout: float) -> list[Entry]:
        """The completed heads of all sources, up to *limit*, waiting *timeout* seconds for the first."""
        with self._changed:
            self._changed.wait_for(lambda: any(q and q[0].job for q in self._queues.values()), timeout)
            batch: list[Entry] = []
            for queue in self._queues.values():
                while queue and queue[0].job and len(batch) < limit:
                    batch.append(queue.popleft())
            return batch

    @property
    def in_work(self) -> int:
        """Inputs between claim and commit, without those the sink holds."""
        with self._changed:
            return sum(len(queue) for queue in self._queues.values())

    def oldest_seconds(self) -> float:
        """How long the longest waiting input is being recognised; 0 where none is."""
        with self._changed:
            waiting = [entry.since for queue in self._queues.values() for entry in queue if entry.job is None]
        return self._clock.monotonic() - min(waiting) if waiting else 0.0


class FeedWorker:
    """Claims inputs of one source and starts reading them."""

    def __init__(self, source: Source, ledger: Ledger, reader: Callable[[], Reader]) -> None:
        """Ask *reader* for the current one before each input: a reload swaps between two frames."""
        self.name = f"feed {source.name}"
        self._source, self._ledger, self._reader = source, ledger, reader

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Feed until *stop* is set."""
        deliveries = self._source.deliveries(stop, beat)
        while not stop.is_set():
            beat()
            if not self._ledger.reserve(self._source.name, _PATIENCE):
                continue
            delivery = next(deliveries, None)
            if delivery is None:
                self._ledger.release(self._source.name, 1)
                break
            reader = self._reader()
            reader.begin(delivery, self._ledger.enter(delivery, reader))


class RecogniseWatch:
    """Beats for the recogniser: only while no input waits for its answer too long."""

    name = "recognise"

    def __init__(self, ledger: Ledger, limit_seconds: float) -> None:
        """Hold back the beat once an input waits longer than *limit_seconds*."""
        self._ledger, self._limit = ledger, limit_seconds

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Watch until *stop* is set."""
        while not stop.wait(1):
            if self._ledger.oldest_seconds() < self._limit:
                beat()


class SinkWorker:
    """Commits readings in claim order and files their inputs away."""

    name = "sink"

    def __init__(self, sources: Sequence[Source], ledger: Ledger, store: MessageStore, committed: Beat, drain_seconds: float = 3.0) -> None:
        """Call *committed* after each commit; on stop, wait *drain_seconds* at most for what is in work."""
        self._sources = {source.name: source for source in sources}
        self._ledger, self._store, self._committed = ledger, store, committed
        self._drain = drain_seconds
        self._unfiled: list[tuple[SourceName, Committed]] = []  # only changed in the sink's thread
        self._told: set[str] = set()
        self.full = False  # the outbox has no room; read by health
        self.held = 0  # inputs of the batch in hand, part of `in work`

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Commit until *stop* is set and what was in work is committed, or the drain time is over."""
        waited = 0.0
        while waited < self._drain:
            beat()
            batch = self._ledger.ready(_GROUP, _PATIENCE)
            if batch:
                self._commit(batch, stop, beat)
            elif stop.is_set():
                if not self._ledger.in_work:
                    return
                waited += _PATIENCE
            self._file()
        log.warning("stopped with %d inputs in work; they are read again at the next start", self._ledger.in_work)

    def _commit(self, batch: list[Entry], stop: threading.Event, beat: Beat) -> None:
        self.held = len(batch)
        readings = [entry.reader.conclude(entry.job) for entry in batch if entry.job]
        for name in {reading.source for reading in readings}:
            self._sources[name].sync()
        while True:
            try:
                rows = self._store.add(readings)
                break
            except OutboxFull as error:
                if not self.full:
                    log.error("intake stopped: %s; %s", error, error.hint)  # noqa: TRY400 - expected, no traceback
                self.full = True
                beat()
                if stop.wait(1):
                    return  # the files stay in work and are read again at the next start
        self.full = False
        self.held = 0
        self._committed()
        for reading, row in zip(readings, rows, strict=True):
            self._unfiled.append((reading.source, row))
            level = logging.INFO if reading.outcome in ("ok", "unsure") else logging.WARNING
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
