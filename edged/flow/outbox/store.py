"""The outbox: every reading from its commit until long after the broker took it.

`seq` is given inside the commit, so it has no gaps whatever crashes. The newest row is never forgotten,
hence readings == highest seq and forgotten == readings - rows; the other counts change with each commit.
"""

import sqlite3
import threading
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from edged.config import OutboxSection
from edged.errors import UsageError
from edged.flow.outbox import later, memory, rows, salvage
from edged.flow.outbox.age import Age
from edged.flow.outbox.budget import CHUNK, Budget
from edged.flow.outbox.counts import Counts
from edged.flow.outbox.database import Connect, Database
from edged.flow.outbox.space import Free, Space, free_bytes
from edged.lib.clock import Clock
from edged.types import Committed, DeadLetter, FrameId, OutboxMessage, OutboxStats, Reading, ReplaySpan, RowState, SourceName, StoreRoom

Encode = Callable[[Reading, int, str], bytes]  # reading, seq, epoch -> payload

_DAY = 86_400.0
_SLACK = 60.0  # a time further away than any that we set, and this, was set before the clock went back


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
        free: Free = free_bytes,
    ) -> None:
        """Keep rows in *path*; nothing is touched before `open`."""
        self._database = Database(path, connect=connect)
        self._space = Space(path, section.reserve_bytes, free=free)
        self._age = Age(clock, clock_synced, section.keep_sent_days * _DAY)
        self._budget = Budget(max_bytes=section.max_bytes, age=self._age)
        self._encode, self._clock = encode, clock
        self._lock = threading.Lock()  # held over the commit: counts and rows never differ for an observer
        self._epoch = ""
        self._former: list[tuple[int, str]] = []  # epochs before, and up to which seq
        self.salvaged: salvage.Salvage | None = None  # what became of the database at this start, if it was damaged
        self._salvage: salvage.Salvage | None = None  # ... or at an earlier one
        self._set_aside: list[str] = []
        self._counts = Counts()
        self._filed: list[FrameId] = []  # noted, written with the next transaction
        owner = self._lock, self._database, self._space.before_write
        self.kept, self.contents = memory.KeptRows(*owner), memory.ContentRows(*owner)

    def open(self) -> None:
        """Open the database and count its rows.

        Raises:
            InstanceRunning: Another process has it open.
            OutboxError: It cannot be trusted, or not be opened.
        """
        self._space.open()
        self.salvaged = self._database.open(self._clock.now())
        with self._lock, self._database.reading() as db:
            self._epoch, self._former = rows.epoch(db), rows.former_epochs(db)
            self._counts = Counts.of(db)
            self._salvage, self._set_aside = salvage.last(db), salvage.set_aside(self._database.path)

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
            self._shrink()
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
                    self._space.require()
                    new = rows.sealed(new)
                    counts.forgotten(self._budget.make_room(self._database, db, [len(body) for _, _, body in new], self._counts))
                    rows.insert(db, new, self._now())
            self._counts = counts
        return [known[reading.id] for reading in readings]

    def _shrink(self) -> None:
        """Come down to a budget that was lowered, in commits of their own: undone by a watchdog, one alone would begin anew for ever.

        Raises:
            OutboxFull: There is more to do; it goes on with the next call.
        """
        with self._database.reading() as db:
            if not self._budget.exceeded(self._database, db):
                return
        counts = self._counts.copy()
        with self._transaction() as db:
            removed = self._budget.shrink(self._database, db)
            more = removed and self._budget.exceeded(self._database, db)
        counts.forgotten(removed)
        self._counts = counts
        if more:
            raise self._budget.shrinking()

    def find(self, id: FrameId) -> Committed | None:
        """The commit of this id, if there is one."""
        with self._lock, self._database.reading() as db:
            return rows.find(db, [id]).get(id)

    def limit(self, section: OutboxSection) -> None:
        """Keep to this budget from now on."""
        with self._lock:
            self._age.keep(section.keep_sent_days * _DAY)
            self._budget = Budget(max_bytes=section.max_bytes, age=self._age)

    def filed(self, ids: Sequence[FrameId]) -> None:
        """Note that the files of these ids were moved away; written with the next transaction."""
        with self._lock:
            self._filed.extend(ids)

    def due(self, limit: int, now: float, *, skip: Collection[SourceName] = ()) -> list[OutboxMessage]:
        """Pending rows whose next try is due at *now*, lowest `seq` first; see `MessageStore.due`."""
        with self._lock, self._database.reading() as db:
            sources = [source for source in self._counts.sources() if source not in skip]
            found = [row for source in sources for row in rows.due(db, source, now, limit)]
        return self._told(sorted(found, key=lambda row: row.seq)[:limit])

    def newest(self, source: SourceName) -> OutboxMessage | None:
        """The pending row of a source that was committed last; see `MessageStore.newest`."""
        with self._lock, self._database.reading() as db:
            row = rows.newest(db, source)
        return next(iter(self._told([row] if row else [])), None)

    def accept(self, seqs: Sequence[int], again: float | None = None) -> None:
        """The broker took these rows: pending becomes sent; see `MessageStore.accept`."""
        with self._changing() as (db, counts):
            for source in rows.accept(db, seqs, self._now(), again):
                counts.sent(source, awaited=again is not None)

    def confirm(self, ids: Sequence[FrameId]) -> list[int]:
        """A consumer has these readings; the `seq` of those that were not confirmed before."""
        with self._changing() as (db, counts):
            settled = later.confirm(db, ids, self._now())
            for _, source, before, awaited in settled:
                counts.became(source, RowState.CONFIRMED, before, awaited=awaited)
        return [seq for seq, *_ in settled]

    def await_nothing(self) -> None:
        """No consumer confirms any more: sent rows are sent for good."""
        with self._changing() as (db, counts):
            if counts.unconfirmed:
                later.await_nothing(db)
                counts.unconfirmed = 0

    def overdue(self, limit: int, now: float, longest: float) -> list[OutboxMessage]:
        """Sent rows that nobody confirmed in time; see `MessageStore.overdue`."""
        with self._lock, self._database.reading() as db:
            return self._told(later.overdue(db, now, now + longest + _SLACK, limit)) if self._counts.unconfirmed else []

    def sent_again(self, seqs: Sequence[int], now: float, first: float, longest: float) -> None:
        """These were sent again: the next time comes twice as late, at most *longest* seconds from *now*."""
        with self._lock, self._transaction() as db:
            later.postpone(db, seqs, now, first, longest)

    def keep(self, seq: int, reason: str, next_try: float, *, count: bool) -> int:
        """Not taken: stays pending until *next_try*; *count* it against the row. Returns its attempts."""
        with self._lock, self._transaction() as db:
            return rows.postpone(db, seq, reason, next_try, 1 if count else 0)

    def reject(self, seq: int, reason: str) -> None:
        """Never to be taken: what is pending, or awaits a confirmation, becomes dead, with its reason."""
        with self._changing() as (db, counts):
            for source, before in rows.bury(db, seq, reason, self._now()):
                counts.became(source, RowState.DEAD, before, awaited=before is RowState.SENT)

    def tidy(self) -> bool:
        """Forget some of the rows that were sent long ago; True if there is more to do.

        Where age says nothing, because of the clock, only the budget forgets.
        """
        self._set_aside = salvage.set_aside(self._database.path)
        if not self._age.believed():
            return False
        now = self._now()
        with self._lock:
            if not (self._counts.may_be_forgotten and self._budget.has_old(self._database, now)):
                return False
        with self._changing() as (db, counts):
            removed = self._budget.forget_old(db, now)
            counts.forgotten(removed)
        return removed.total() == CHUNK

    def stats(self) -> OutboxStats:
        """Counts that always add up."""
        with self._lock:
            return self._counts.stats(self._database.file_bytes(), self._epoch)

    def room(self) -> StoreRoom:
        """How full it is, and what else somebody should look at."""
        told = [
            self._salvage.told if self._salvage and self._salvage.set_aside == name else f"{name} is damaged" for name in self._set_aside
        ]
        with self._lock:
            if not self._database.usable:
                return StoreRoom(share=0.0, told=tuple(told))
            with self._database.reading() as db:
                share = self._budget.share(self._database, db, self._counts)
        return StoreRoom(share=share, told=tuple(f"{what}; look at the disk, then move that file away" for what in told))

    def dead(self, limit: int = 100) -> list[DeadLetter]:
        """Rows that were given up, newest first."""
        with self._lock, self._database.reading() as db:
            return rows.dead(db, limit)

    def retry(self, seqs: Sequence[int] | None = None) -> int:
        """Make these dead rows pending again, all of them without *seqs*; how many there were."""
        with self._changing() as (db, counts):
            revived = rows.revive(db, seqs, self._now())
            for source in revived:
                counts.revived(source)
        return len(revived)

    def begin_replay(self, *, since: float = 0.0, first: int = 1) -> ReplaySpan | None:
        """Have what was sent since then (epoch seconds) and from *first* on sent once more; None where there is nothing.

        Raises:
            UsageError: A replay is under way.
        """
        with self._lock, self._transaction() as db:
            running = later.replay(db)
            if running is not None:
                message = f"a replay is under way: seq {running.first} to {running.last} are still to be sent"
                raise UsageError(message, hint="wait for it, or end it with `edged replay --stop`")
            span = later.span(db, first, since)
            if span is not None:
                later.set_replay(db, span)
        return span

    def replay(self) -> ReplaySpan | None:
        """The replay that is under way."""
        with self._lock, self._database.reading() as db:
            return later.replay(db)

    def set_replay(self, span: ReplaySpan | None) -> None:
        """So far the replay came; None ends it."""
        with self._lock, self._transaction() as db:
            later.set_replay(db, span)

    def replayable(self, span: ReplaySpan, limit: int) -> list[OutboxMessage]:
        """The next rows of a replay, lowest `seq` first."""
        with self._lock, self._database.reading() as db:
            return self._told(later.in_span(db, span, limit))

    def retained(self) -> set[str]:
        """Topics under which a retained message of ours may stand at the broker."""
        with self._lock, self._database.reading() as db:
            return later.retained(db)

    def remember(self, topics: Sequence[str], *, forget: Sequence[str] = ()) -> None:
        """Retained topics that are about to be published first, and those that were cleared."""
        with self._lock, self._transaction() as db:
            later.remember(db, topics, forget)

    def all_filed(self, source: SourceName, but: Collection[FrameId]) -> None:
        """Of this source only the files of *but* are still to be filed: what a crash kept `filed` from writing."""
        with self._lock, self._transaction() as db:
            rows.all_filed(db, source, but)

    def _told(self, found: Sequence[OutboxMessage]) -> list[OutboxMessage]:
        """Rows with the epoch that their seq belongs to."""
        return [replace(row, epoch=self._epoch_of(row.seq)) for row in found]

    def _epoch_of(self, seq: int) -> str:
        place = bisect_left(self._former, (seq, ""))
        return self._former[place][1] if place < len(self._former) else self._epoch

    @contextmanager
    def _changing(self) -> Iterator[tuple[sqlite3.Connection, Counts]]:
        """A transaction beside a copy of the counts, which stands once it is durable."""
        with self._lock:
            counts = self._counts.copy()
            with self._transaction() as db:
                yield db, counts
            self._counts = counts

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._space.before_write()
        with self._database.transaction() as db:
            if self._filed:
                rows.filed(db, self._filed)
                memory.done(db, self._filed)
            yield db
        self._filed.clear()

    def _now(self) -> float:
        return self._age.now()
