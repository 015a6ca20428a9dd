"""The outbox: every reading from its commit until long after the broker took it.

`seq` is given inside the commit, so it has no gaps whatever crashes. The newest row is never forgotten,
hence readings == highest seq and forgotten == readings - rows; the other counts change with each commit.
"""

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edged.config import OutboxSection
from edged.flow.outbox import memory, rows
from edged.flow.outbox.budget import CHUNK, Budget
from edged.flow.outbox.counts import Counts
from edged.flow.outbox.database import Connect, Database
from edged.lib.clock import Clock
from edged.types import Committed, DeadLetter, FrameId, OutboxMessage, OutboxStats, Reading, RowState, SourceName

Encode = Callable[[Reading, int, str], bytes]  # reading, seq, epoch -> payload

_DAY = 86_400.0


class Outbox:
    """The durable store between pipeline and relay. Any thread may call any method."""

    def __init__(
        self,
        path: Path,
        section: OutboxSection,
        *,
        encode: Encode,
        clock: Clock,
        clock_synced: Callable[[], bool | None],
        connect: Connect = sqlite3.connect,
    ) -> None:
        """Keep rows in *path*; nothing is touched before `open`."""
        self._database = Database(path, connect=connect)
        self._budget = Budget(max_bytes=section.max_bytes, keep_seconds=section.keep_sent_days * _DAY)
        self._encode, self._clock, self._clock_synced = encode, clock, clock_synced
        self._lock = threading.Lock()  # held over the commit: counts and rows never differ for an observer
        self._epoch = ""
        self._counts = Counts()
        self._filed: list[FrameId] = []  # noted, written with the next transaction
        self.kept, self.contents = memory.KeptRows(self._lock, self._database), memory.ContentRows(self._lock, self._database)

    def open(self) -> None:
        """Open the database and count its rows.

        Raises:
            InstanceRunning: Another process has it open.
            OutboxError: It cannot be trusted, or not be opened.
        """
        self._database.open()
        with self._lock, self._database.reading() as db:
            self._epoch = rows.epoch(db)
            self._counts = Counts.of(db)

    def close(self) -> None:
        """Write what was only noted, and close. Idempotent."""
        with self._lock:
            if self._filed and self._database.usable:
                with self._transaction():
                    pass
            self._database.close()

    def add(self, readings: Sequence[Reading]) -> list[Committed]:
        """Commit readings in one transaction, each with the next `seq`; see `MessageStore.add`."""
        with self._lock:
            self._database.still_there()
            counts = self._counts.copy()
            with self._transaction() as db:
                known = rows.find(db, [reading.id for reading in readings])
                new: list[rows.NewRow] = []
                for reading in readings:
                    if reading.id not in known:
                        seq = counts.committed(reading.source)
                        new.append((reading, seq, self._encode(reading, seq, self._epoch)))
                        known[reading.id] = Committed(id=reading.id, seq=seq, outcome=reading.outcome, reasons=reading.reasons)
                if new:
                    counts.forgotten(self._budget.make_room(self._database, db, [len(body) for _, _, body in new], self._counts))
                    rows.insert(db, new, self._now())
            self._counts = counts
        return [known[reading.id] for reading in readings]

    def find(self, id: FrameId) -> Committed | None:
        """The commit of this id, if there is one."""
        with self._lock, self._database.reading() as db:
            return rows.find(db, [id]).get(id)

    def filed(self, ids: Sequence[FrameId]) -> None:
        """Note that the files of these ids were moved away; written with the next transaction."""
        with self._lock:
            self._filed.extend(ids)

    def due(self, limit: int, now: float, *, skip: Collection[SourceName] = ()) -> list[OutboxMessage]:
        """Pending rows whose next try is due at *now*, lowest `seq` first; see `MessageStore.due`."""
        with self._lock, self._database.reading() as db:
            sources = [source for source in self._counts.sources() if source not in skip]
            found = [row for source in sources for row in rows.due(db, source, now, limit)]
        return sorted(found, key=lambda row: row.seq)[:limit]

    def accept(self, seqs: Sequence[int]) -> None:
        """The broker took these rows: pending becomes sent."""
        with self._lock:
            counts = self._counts.copy()
            with self._transaction() as db:
                for source in rows.finish(db, seqs, RowState.SENT, "", self._now()):
                    counts.finished(source, RowState.SENT)
            self._counts = counts

    def keep(self, seq: int, reason: str, next_try: float, *, count: bool) -> int:
        """Not taken: stays pending until *next_try*; *count* it against the row. Returns its attempts."""
        with self._lock, self._transaction() as db:
            return rows.postpone(db, seq, reason, next_try, 1 if count else 0)

    def reject(self, seq: int, reason: str) -> None:
        """Never to be taken: pending becomes dead, with its reason."""
        with self._lock:
            counts = self._counts.copy()
            with self._transaction() as db:
                for source in rows.finish(db, [seq], RowState.DEAD, reason, self._now()):
                    counts.finished(source, RowState.DEAD)
            self._counts = counts

    def tidy(self) -> bool:
        """Forget some of the rows that were sent long ago; True if there is more to do.

        Age says nothing while the clock was never set: then only the budget forgets.
        """
        if self._clock_synced() is False:
            return False
        with self._lock:
            now = self._now()
            if not (self._counts.may_be_forgotten and self._budget.has_old(self._database, now)):
                return False
            counts = self._counts.copy()
            with self._transaction() as db:
                removed = self._budget.forget_old(db, now)
            counts.forgotten(removed)
            self._counts = counts
            return removed.total() == CHUNK

    def stats(self) -> OutboxStats:
        """Counts that always add up."""
        with self._lock:
            return self._counts.stats(self._database.file_bytes(), self._epoch)

    def dead(self, limit: int = 100) -> list[DeadLetter]:
        """Rows that were given up, newest first."""
        with self._lock, self._database.reading() as db:
            return rows.dead(db, limit)

    def retry(self, seqs: Sequence[int] | None = None) -> int:
        """Make these dead rows pending again, all of them without *seqs*; how many there were."""
        with self._lock:
            counts = self._counts.copy()
            with self._transaction() as db:
                revived = rows.revive(db, seqs, self._now())
                for source in revived:
                    counts.revived(source)
            self._counts = counts
        return len(revived)

    def all_filed(self, source: SourceName, but: Collection[FrameId]) -> None:
        """Of this source only the files of *but* are still to be filed: what a crash kept `filed` from writing."""
        with self._lock, self._transaction() as db:
            rows.all_filed(db, source, but)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._database.transaction() as db:
            if self._filed:
                rows.filed(db, self._filed)
                memory.done(db, self._filed)
            yield db
        self._filed.clear()

    def _now(self) -> float:
        return self._clock.now().timestamp()
