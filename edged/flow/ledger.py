"""What is in work between feed and sink, per source in claim order."""

import datetime as dt
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from edged.flow.reader import Job
from edged.lib.clock import Clock
from edged.types import Delivery, Outcome, Reading, SourceName


class Concludes(Protocol):
    """Who began to read an input, and ends it in the sink's thread."""

    def conclude(self, job: Job) -> Reading:
        """Turn a completed job into its reading."""


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """One claimed input between feed and sink; `job` is set once it is completed."""

    delivery: Delivery
    reader: Concludes
    since: float  # monotonic
    allowed: float = 0.0  # seconds that its frames may take to come, before anything is amiss
    heard: float = 0.0  # monotonic, the last sign of life of the feed that reads it
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

    def enter(self, delivery: Delivery, reader: Concludes) -> Callable[[Job], None]:
        """Put a claimed input in line; the returned callable completes it, from any thread."""
        now = self._clock.monotonic()
        allowed = max(0.0, delivery.window.deadline - now) if delivery.window else 0.0
        entry = Entry(delivery=replace(delivery, data=None, window=None), reader=reader, since=now, allowed=allowed)
        with self._changed:
            self._queues[delivery.source].append(entry)
            self._accepted += 1
            self._last[delivery.source] = delivery.captured_at

        def completed(job: Job) -> None:
            with self._changed:
                entry.job = job
                self._changed.notify_all()

        return completed

    def alive(self, source: SourceName) -> None:
        """The feed that reads the newest input of a source goes on: a page may take longer than any answer."""
        with self._changed:
            if queue := self._queues[source]:
                queue[-1].heard = self._clock.monotonic()

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
        """How long nothing was heard of the input that waits longest for its answers; 0 where none does."""
        with self._changed:
            waiting = [
                max(entry.since + entry.allowed, entry.heard) for queue in self._queues.values() for entry in queue if entry.job is None
            ]
        return max(0.0, self._clock.monotonic() - min(waiting)) if waiting else 0.0
