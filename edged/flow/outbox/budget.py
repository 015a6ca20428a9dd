"""The disk budget, and which rows are forgotten: only what was sent and filed away, oldest first.

Pending and dead rows are never forgotten, nor those that a consumer has yet to confirm, nor the newest
row, so that its `seq` always tells how many readings there ever were. Freed pages are used again before the file grows.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from edged.errors import OutboxFull
from edged.flow.outbox.age import Age
from edged.flow.outbox.counts import Counts
from edged.flow.outbox.database import WAL_BYTES, Database
from edged.flow.outbox.schema import PAGE_BYTES
from edged.types import RowState

CHUNK = 256  # rows forgotten at a time: bounds how long the lock is held
_CHUNKS = 64  # in one commit: more of them than this take longer than a worker may be without a sign of life
_ROW_BYTES = PAGE_BYTES  # more than what a row takes in tables, indexes and half-empty pages beside its payload

_OLDEST = """
    SELECT seq, state, changed_at FROM reading
    WHERE state IN ('sent', 'confirmed') AND filed = 1 AND again IS NULL AND seq < (SELECT max(seq) FROM reading)
    ORDER BY seq LIMIT ?"""

Removed = Counter[RowState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much the files may take and how long sent rows stay."""

    max_bytes: int
    age: Age

    def share(self, database: Database, db: sqlite3.Connection, held: Counts) -> float:
        """How much of the budget is taken by rows that may not be forgotten; by their number, as if all were of one size."""
        rows = held.pending.total() + held.settled.total()
        return database.live_bytes(db) / (self.max_bytes - WAL_BYTES) * (1 - held.may_be_forgotten / rows) if rows else 0.0

    def make_room(self, database: Database, db: sqlite3.Connection, payloads: Sequence[int], held: Counts) -> Removed:
        """Forget the oldest sent rows until payloads of these sizes fit; how many of which state went.

        *held*: what the database holds before, to tell what takes the room.

        Raises:
            OutboxFull: Even then they do not fit.
        """
        removed = Removed()
        need = sum(payloads) + len(payloads) * _ROW_BYTES
        while self.exceeded(database, db, need):
            gone = _forget(db, _oldest(db))
            if not gone:
                raise self._full(database, held, removed)
            removed += gone
        return removed

    def exceeded(self, database: Database, db: sqlite3.Connection, need: int = 0) -> bool:
        """Whether more is held than may be, with *need* more bytes; without any: the budget was lowered."""
        return database.live_bytes(db) + need > self.max_bytes - WAL_BYTES

    def shrink(self, database: Database, db: sqlite3.Connection) -> Removed:
        """Forget the oldest sent rows, some at a time, until the budget is kept or nothing more may go."""
        removed = Removed()
        for _ in range(_CHUNKS):
            if not self.exceeded(database, db) or not (gone := _forget(db, _oldest(db))):
                break
            removed += gone
        return removed

    def shrinking(self) -> OutboxFull:
        """What is told to who wants to add meanwhile."""
        message = f"the budget of {self.max_bytes} bytes (outbox.max_bytes) was lowered, and old readings are being forgotten"
        return OutboxFull(message, hint="wait; it goes on by itself")

    def _full(self, database: Database, held: Counts, removed: Removed) -> OutboxFull:
        kept = held.may_be_forgotten - removed.total()
        message = (
            f"{database.path}: the budget of {self.max_bytes} bytes (outbox.max_bytes) is used up: {held.pending.total()} readings "
            f"not yet sent, {held.settled[RowState.DEAD]} dead, {kept} sent whose files were not moved away, "
            f"{held.unconfirmed} sent that no consumer confirmed"
        )
        hint = (
            "not sent: bring the broker back; dead: look at `edged outbox dead`; not moved away: the journal says why; "
            "not confirmed: bring the consumer back that publishes their ids on the topic `ack` (mqtt.app_ack); "
            "or raise outbox.max_bytes"
        )
        return OutboxFull(message, hint=hint)

    def has_old(self, database: Database, now: float) -> bool:
        """Whether `forget_old` would find something: the usual answer is no, and costs no transaction."""
        with database.reading() as db:
            times = [row[2] for row in _oldest(db)]
        return any(self.age.is_old(time, now) or self.age.is_timeless(time, now) for time in times)

    def forget_old(self, db: sqlite3.Connection, now: float) -> Removed:
        """Forget some rows that were sent longer ago than they are kept; where the time says nothing, it is counted from now."""
        oldest = _oldest(db)
        timeless = [(now, row[0]) for row in oldest if self.age.is_timeless(row[2], now)]
        db.executemany("UPDATE reading SET changed_at = ? WHERE seq = ?", timeless)
        return _forget(db, [row for row in oldest if self.age.is_old(row[2], now)])


def _oldest(db: sqlite3.Connection) -> list[tuple[int, str, float]]:
    """A chunk of the rows that may be forgotten, those first that were sent first."""
    return db.execute(_OLDEST, (CHUNK,)).fetchall()


def _forget(db: sqlite3.Connection, rows: list[tuple[int, str, float]]) -> Removed:
    seqs = [(seq,) for seq, _, _ in rows]
    db.executemany("DELETE FROM payload WHERE seq = ?", seqs)
    db.executemany("DELETE FROM reading WHERE seq = ?", seqs)
    return Counter(RowState(state) for _, state, _ in rows)
