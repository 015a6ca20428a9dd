"""How many rows are in which state; changed only together with a commit."""

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from edged.flow.outbox import later
from edged.types import OutboxStats, RowState, SourceName


@dataclass(slots=True)
class Counts:
    """The counters of one moment."""

    readings: int = 0  # committed since the epoch began; the highest seq
    pending: Counter[SourceName] = field(default_factory=Counter)
    settled: Counter[RowState] = field(default_factory=Counter)  # sent, confirmed, dead
    unconfirmed: int = 0  # of the sent: a consumer's word is awaited

    @classmethod
    def of(cls, db: sqlite3.Connection) -> Self:
        """Count what the database holds; reads indexes only."""
        (readings,) = db.execute("SELECT coalesce(max(seq), 0) FROM reading").fetchone()
        pending = db.execute("SELECT source, count(*) FROM reading INDEXED BY pending WHERE state = 'pending' GROUP BY source")
        settled = db.execute(
            "SELECT state, count(*) FROM reading INDEXED BY finished WHERE state IN ('sent', 'confirmed', 'dead') GROUP BY state"
        )
        return cls(
            readings=readings,
            pending=Counter({SourceName(source): count for source, count in pending}),
            settled=Counter({RowState(state): count for state, count in settled}),
            unconfirmed=later.unconfirmed(db),
        )

    def copy(self) -> "Counts":
        """A copy to change beside a transaction that may fail."""
        return Counts(self.readings, self.pending.copy(), self.settled.copy(), self.unconfirmed)

    def sources(self) -> list[SourceName]:
        """Sources with pending rows."""
        return [source for source, count in self.pending.items() if count]

    @property
    def may_be_forgotten(self) -> int:
        """Rows that are not kept for anybody but a replay."""
        return self.settled[RowState.SENT] + self.settled[RowState.CONFIRMED] - self.unconfirmed

    def committed(self, source: SourceName) -> int:
        """One more pending row; returns its seq."""
        self.readings += 1
        self.pending[source] += 1
        return self.readings

    def sent(self, source: SourceName, *, awaited: bool) -> None:
        """One pending row was sent; *awaited*: a consumer has to confirm it."""
        self.pending[source] -= 1
        self.settled[RowState.SENT] += 1
        self.unconfirmed += awaited

    def became(self, source: SourceName, state: RowState, before: RowState, *, awaited: bool) -> None:
        """One row that was *before* is confirmed or dead; *awaited*: a consumer had to confirm it."""
        if before is RowState.PENDING:
            self.pending[source] -= 1
        else:
            self.settled[before] -= 1
        self.settled[state] += 1
        self.unconfirmed -= awaited

    def revived(self, source: SourceName) -> None:
        """One dead row is pending again."""
        self.settled[RowState.DEAD] -= 1
        self.pending[source] += 1

    def forgotten(self, removed: Counter[RowState]) -> None:
        """These many rows of each state are gone."""
        self.settled.subtract(removed)

    def stats(self, file_bytes: int, epoch: str) -> OutboxStats:
        """The counters as everybody sees them."""
        pending = self.pending.total()
        return OutboxStats(
            readings=self.readings,
            pending=pending,
            sent=self.settled[RowState.SENT],
            confirmed=self.settled[RowState.CONFIRMED],
            dead=self.settled[RowState.DEAD],
            pruned=self.readings - pending - self.settled.total(),
            bytes=file_bytes,
            epoch=epoch,
            unconfirmed=self.unconfirmed,
        )
