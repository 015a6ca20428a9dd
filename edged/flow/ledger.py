"""What is in work between feed and sink, per source in claim order."""

import datetime as dt
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from edged.flow.reader import Job, Reader
from edged.lib.clock import Clock
from edged.types import Delivery, Outcome, Reading, SourceName


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """One claimed input between feed and sink; `job` is set once it is completed."""

    delivery: Delivery
    reader: Reader
    since: float  # monotonic
    job: Job | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """accepted == readings + in_work, at all times; counted since start."""

    accepted: int
    readings: int  # committed
    in_work: int  # between claim and commit


class Ledger:
    """What is in work, per source in claim order. Thread-safe; shared by feeds, recogniser and sink."""

    def __init__(self, sources: Sequence[SourceName], slots: int, clock: Clock) -> None:
        """Allow *slots* inputs of each source in work at a time."""
        self._queues: Mapping[SourceName, deque[Entry]] = {name: deque() for name in sources}
        self._turns = deque(self._queues.values())  # whose turn it is: none is starved by the others
        self._slots = dict.fromkeys(sources, slots)
        self._clock = clock
        self._accepted = self._held = 0
        self._committed = Counter[tuple[SourceName, Outcome]]()
        self._last: dict[SourceName, dt.datetime] = {}
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
        entry = Entry(delivery=replace(delivery, data=None), reader=reader, since=self._clock.monotonic())
        with self._changed:
            self._queues[delivery.source].append(entry)
            self._accepted += 1
            self._last[delivery.source] = delivery.captured_at

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
            self._turns.rotate(-1)
            for queue in self._turns:
                while queue and queue[0].job and len(batch) < limit:
                    batch.append(queue.popleft())
            self._held += len(batch)
            return batch

    def committed(self, readings: Sequence[Reading]) -> None:
        """Count readings that were `ready` and that the outbox keeps now."""
        with self._changed:
            self._committed.update((reading.source, reading.outcome) for reading in readings)
            self._held -= len(readings)

    def flow(self) -> Flow:
        """What was accepted and what became of it; from any thread."""
        return self.tally()[0]

    def tally(self) -> tuple[Flow, Mapping[tuple[SourceName, Outcome], int]]:
        """The same moment twice: the flow, and its readings by source and outcome."""
        with self._changed:
            in_work = sum(len(queue) for queue in self._queues.values()) + self._held
            return Flow(accepted=self._accepted, readings=self._committed.total(), in_work=in_work), dict(self._committed)

    def last_at(self, source: SourceName) -> dt.datetime | None:
        """When the newest input of a source was claimed."""
        with self._changed:
            return self._last.get(source)

    @property
    def empty(self) -> bool:
        """Whether nothing waits for the sink."""
        with self._changed:
            return not any(self._queues.values())

    def age(self, entry: Entry) -> float:
        """How many seconds ago it was claimed."""
        return self._clock.monotonic() - entry.since

    def oldest_seconds(self) -> float:
        """How long the longest waiting input is being recognised; 0 where none is."""
        with self._changed:
            waiting = [entry.since for queue in self._queues.values() for entry in queue if entry.job is None]
        return self._clock.monotonic() - min(waiting) if waiting else 0.0
