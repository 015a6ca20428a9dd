"""The seams of the data path, as contracts on order and threads."""

from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import Protocol

from edged.types import Committed, Delivery, FrameId, Outcome, OutboxMessage, OutboxStats, Reading, SourceName


class Source(Protocol):
    """Where inputs come from."""

    name: SourceName

    def open(self) -> None:
        """Check folders or devices, take locks. Called once, before `deliveries`.

        Raises:
            SourceError: It cannot work as configured.
            InstanceRunning: Another process holds what this source needs alone.
        """

    def deliveries(self, stop: Event, beat: Callable[[], None]) -> Iterator[Delivery]:
        """Yield claimed inputs in claim order until *stop* is set.

        Called once, from one thread; leftovers of an earlier process come first. The next claim is
        made only when the consumer asks for it: a slow consumer leaves files in the folder. Calls
        *beat* at least every 2 seconds while it waits.
        """

    def finish(self, id: FrameId, outcome: Outcome, reasons: Sequence[str]) -> None:  # noqa: A002
        """File the input away after its reading was committed. Idempotent; from one other thread.

        Raises:
            OSError: It could not be filed; it stays in work and `finish` may be called again.
        """

    def close(self) -> None:
        """Stop watching and release locks. Idempotent, after `deliveries` ended."""


class MessageStore(Protocol):
    """The outbox. All methods may be called from any thread; each returns only when it is durable."""

    def add(self, readings: Sequence[Reading]) -> list[Committed]:
        """Commit readings in one transaction, each with the next `seq`.

        An id that stands already is not added again: its first commit is returned.

        Raises:
            OutboxFull: The budget is used up; nothing was added.
            OutboxError: Storage failed; nothing may be assumed, the process must end.
        """

    def find(self, id: FrameId) -> Committed | None:  # noqa: A002
        """The commit of this id, if there is one."""

    def filed(self, ids: Sequence[FrameId]) -> None:
        """The files of these ids were moved away: the rows may be pruned one day. Need not be synced."""

    def due(self, limit: int, now: float) -> list[OutboxMessage]:
        """Pending rows whose next try is due at *now* (epoch seconds), lowest `seq` first; not claimed."""

    def accept(self, seqs: Sequence[int]) -> None:
        """The broker took these rows: pending becomes sent."""

    def keep(self, seq: int, reason: str, next_try: float, *, count: bool) -> int:
        """Not taken: stays pending until *next_try*; *count* it against the row. Returns its attempts."""

    def reject(self, seq: int, reason: str) -> None:
        """Never to be taken: pending becomes dead, with its reason."""

    def stats(self) -> OutboxStats:
        """Counts that always add up."""
