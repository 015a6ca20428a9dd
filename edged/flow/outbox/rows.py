"""The statements: each function asks or changes rows within the caller's transaction."""

import datetime as dt
import json
import sqlite3
from collections.abc import Collection, Sequence

from edged.flow.outbox.age import UNKNOWN
from edged.flow.outbox.seal import DamagedPayload, seal, unseal
from edged.types import Committed, DeadLetter, FrameId, OutboxMessage, Outcome, Reading, RowState, SourceName

NewRow = tuple[Reading, int, bytes]  # reading, seq, payload

_FAR = 60.0  # nothing waits that long: such a next_try was written before the clock went back

_DUE = """
    SELECT seq, id, body, attempts FROM reading INDEXED BY pending JOIN payload USING (seq)
    WHERE state = 'pending' AND source = ? AND (next_try <= ? OR next_try > ?) ORDER BY seq LIMIT ?"""


def epoch(db: sqlite3.Connection) -> str:
    """The random id that this database got at its creation."""
    row = db.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    if row is None:
        message = "the epoch is gone"
        raise sqlite3.DatabaseError(message)
    return str(row[0])


def find(db: sqlite3.Connection, ids: Sequence[FrameId]) -> dict[FrameId, Committed]:
    """The commits of those ids that have one."""
    known = {}
    for id in ids:
        row = db.execute("SELECT seq, outcome, reasons FROM reading WHERE id = ?", (id,)).fetchone()
        if row:
            known[id] = _committed(id, *row)
    return known


def _committed(id: FrameId, seq: int, outcome: str, reasons: str) -> Committed:
    try:
        return Committed(id=id, seq=seq, outcome=Outcome(outcome), reasons=tuple(json.loads(reasons)))
    except ValueError as error:
        message = f"the row of seq {seq} says nonsense: {error}"
        raise sqlite3.DatabaseError(message) from error


def insert(db: sqlite3.Connection, new: Sequence[NewRow], now: float) -> None:
    """Add pending rows."""
    for reading, seq, body in new:
        reasons = json.dumps(reading.reasons)
        db.execute(
            "INSERT INTO reading (seq, id, source, outcome, reasons, state, filed, attempts, next_try, reason, changed_at)"
            " VALUES (?, ?, ?, ?, ?, 'pending', 0, 0, 0, '', ?)",
            (seq, reading.id, reading.source, reading.outcome, reasons, now),
        )
        db.execute("INSERT INTO payload VALUES (?, ?)", (seq, body))


def sealed(new: Sequence[NewRow]) -> list[NewRow]:
    """The rows with their payloads as they are stored."""
    return [(reading, seq, seal(body, seq=seq, id=reading.id, source=reading.source)) for reading, seq, body in new]


def former_epochs(db: sqlite3.Connection) -> list[tuple[int, str]]:
    """Up to which seq, in order, rows belong to an epoch before the one of the database."""
    return db.execute("SELECT last_seq, epoch FROM former_epoch ORDER BY last_seq").fetchall()


def due(db: sqlite3.Connection, source: SourceName, now: float, limit: int) -> list[OutboxMessage]:
    """Pending rows of one source, lowest seq first."""
    found = db.execute(_DUE, (source, now, now + _FAR, limit))
    return [message(seq, FrameId(id), source, body, attempts) for seq, id, body, attempts in found]


def newest(db: sqlite3.Connection, source: SourceName) -> OutboxMessage | None:
    """The pending row of a source with the highest seq."""
    found = db.execute(
        "SELECT seq, id, body, attempts FROM reading INDEXED BY pending JOIN payload USING (seq)"
        " WHERE state = 'pending' AND source = ? ORDER BY seq DESC LIMIT 1",
        (source,),
    ).fetchone()
    return message(found[0], FrameId(found[1]), source, found[2], found[3]) if found else None


def message(seq: int, id: FrameId, source: SourceName, body: bytes, attempts: int) -> OutboxMessage:
    """A row as the relay knows it; its epoch is told by the outbox."""
    damage, payload = "", b""
    try:
        payload = unseal(body, seq=seq, id=id, source=source)
    except DamagedPayload as error:
        damage = f"damaged on the disk: {error}"
    return OutboxMessage(seq=seq, id=id, source=source, payload=payload, attempts=attempts, damage=damage)


def accept(db: sqlite3.Connection, seqs: Sequence[int], now: float, again: float | None) -> list[SourceName]:
    """Pending becomes sent, to be confirmed until *again*; the sources of the rows that were pending."""
    statement = (
        "UPDATE reading SET state = 'sent', reason = '', changed_at = ?, again = ? WHERE seq = ? AND state = 'pending' RETURNING source"
    )
    changed = [db.execute(statement, (now, again, seq)).fetchall() for seq in seqs]
    return [SourceName(source) for found in changed for (source,) in found]


def bury(db: sqlite3.Connection, seq: int, reason: str, now: float) -> list[tuple[SourceName, RowState]]:
    """A row that is pending, or awaits a confirmation, becomes dead; its source and what it was, if it is one."""
    found = db.execute("SELECT source, state FROM reading WHERE seq = ? AND (state = 'pending' OR again IS NOT NULL)", (seq,)).fetchall()
    db.executemany(
        "UPDATE reading SET state = 'dead', reason = ?, changed_at = ?, again = NULL WHERE seq = ?", [(reason, now, seq) for _ in found]
    )
    return [(SourceName(source), RowState(state)) for source, state in found]


def postpone(db: sqlite3.Connection, seq: int, reason: str, next_try: float, count: int) -> int:
    """A pending row waits; its attempts with *count* more, 0 where the row is pending no more."""
    statement = (
        "UPDATE reading SET reason = ?, next_try = ?, attempts = attempts + ? WHERE seq = ? AND state = 'pending' RETURNING attempts"
    )
    found = db.execute(statement, (reason, next_try, count, seq)).fetchall()
    return int(found[0][0]) if found else 0


def revive(db: sqlite3.Connection, seqs: Sequence[int] | None, now: float) -> list[SourceName]:
    """Dead becomes pending again, with a clean slate; the sources of the rows."""
    if seqs is None:
        seqs = [seq for (seq,) in db.execute("SELECT seq FROM reading WHERE state = 'dead'")]
    statement = (
        "UPDATE reading SET state = 'pending', attempts = 0, next_try = 0, reason = '', changed_at = ?"
        " WHERE seq = ? AND state = 'dead' RETURNING source"
    )
    changed = [db.execute(statement, (now, seq)).fetchall() for seq in seqs]
    return [SourceName(source) for found in changed for (source,) in found]


def dead(db: sqlite3.Connection, limit: int) -> list[DeadLetter]:
    """Rows that were given up, newest first."""
    found = db.execute(
        "SELECT seq, id, source, reason, attempts, changed_at FROM reading WHERE state = 'dead' ORDER BY seq DESC LIMIT ?", (limit,)
    )
    return [
        DeadLetter(
            seq=seq,
            id=FrameId(id),
            source=SourceName(source),
            reason=reason,
            attempts=attempts,
            at=None if at == UNKNOWN else dt.datetime.fromtimestamp(at, dt.UTC),
        )
        for seq, id, source, reason, attempts, at in found
    ]


def filed(db: sqlite3.Connection, ids: Sequence[FrameId]) -> None:
    """The files of these ids were moved away."""
    db.executemany("UPDATE reading SET filed = 1 WHERE id = ?", [(id,) for id in ids])


def all_filed(db: sqlite3.Connection, source: SourceName, but: Collection[FrameId]) -> None:
    """Every row of the source is filed, except these."""
    unfiled = db.execute("SELECT id FROM reading WHERE source = ? AND filed = 0", (source,)).fetchall()
    filed(db, [FrameId(id) for (id,) in unfiled if id not in but])
