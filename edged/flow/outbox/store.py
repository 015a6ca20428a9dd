"""The outbox: every reading from its commit until long after the broker took it.

`seq` is given inside the commit, so it has no gaps whatever crashes; the counters are changed only after
it. The newest row is never forgotten, hence readings == highest seq, and forgotten == readings - rows.
"""

import datetime as dt
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from edged.config import OutboxSection
from edged.flow.outbox.budget import CHUNK, Budget, Removed
from edged.flow.outbox.database import Connect, Database
from edged.lib.clock import Clock
from edged.types import Committed, DeadLetter, FrameId, OutboxMessage, OutboxStats, Outcome, Reading, RowState, SourceName

Encode = Callable[[Reading, int, str], bytes]  # reading, seq, epoch -> payload

_DAY = 86_400.0
_FAR = 3_600.0  # no row waits that long: a later next_try was written before the clock went back

_DUE = """
    SELECT seq, id, source, body, attempts FROM reading INDEXED BY pending JOIN payload USING (seq)
    WHERE state = 'pending' AND source = ? AND (next_try <= ? OR next_try > ?) ORDER BY seq LIMIT ?"""


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
        self._epoch = ""
        self._seq = 0
        self._pending: Counter[SourceName] = Counter()
        self._finished: Counter[RowState] = Counter()
        self._filed: list[FrameId] = []  # noted, not yet written
        self._filed_lock = threading.Lock()

    def open(self) -> None:
        """Open the database and count its rows.

        Raises:
            InstanceRunning: Another process has it open.
            OutboxError: It cannot be trusted, or not be opened.
        """
        self._database.open()
        with self._database.reading() as db:
            self._epoch = db.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0]
            self._seq = db.execute("SELECT coalesce(max(seq), 0) FROM reading").fetchone()[0]
            rows = db.execute("SELECT source, count(*) FROM reading INDEXED BY pending WHERE state = 'pending' GROUP BY source")
            self._pending = Counter({SourceName(source): count for source, count in rows})
            rows = db.execute("SELECT state, count(*) FROM reading WHERE state IN ('sent', 'confirmed', 'dead') GROUP BY state")
            self._finished = Counter({RowState(state): count for state, count in rows})

    def close(self) -> None:
        """Write what was only noted and close. Idempotent."""
        if self._filed:
            with self._database.transaction() as db:
                self._write_filed(db)
        self._database.close()

    def add(self, readings: Sequence[Reading]) -> list[Committed]:
        """Commit readings in one transaction, each with the next `seq`; see `MessageStore.add`."""
        with self._database.transaction() as db:
            self._write_filed(db)
            now = self._now()
            seq = self._seq
            known: dict[FrameId, Committed] = {}
            new: list[tuple[Reading, int, bytes]] = []
            for reading in readings:
                if reading.id in known:
                    continue
                before = _find(db, reading.id)
                if before is None:
                    seq += 1
                    new.append((reading, seq, self._encode(reading, seq, self._epoch)))
                    before = Committed(id=reading.id, seq=seq, outcome=reading.outcome, reasons=reading.reasons)
                known[reading.id] = before
            removed = self._budget.make_room(self._database, db, sum(len(body) for _, _, body in new), len(new)) if new else Removed()
            for reading, number, body in new:
                _insert(db, reading, number, body, now)
            # BEGIN to COMMIT holds the lock, so nobody sees the counters before the commit or without it.
            self._after_commit(db, lambda: self._added(new, seq, removed))
        return [known[reading.id] for reading in readings]
