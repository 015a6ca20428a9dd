"""A new database out of the records of a damaged one: what proves itself, and rows and payloads that agree."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from edged.flow.outbox.carve import Record, Value
from edged.flow.outbox.record import READING_COLUMNS
from edged.flow.outbox.seal import DamagedPayload, belongs, unpack
from edged.types import FrameId, Outcome, RowState, SourceName

OUTCOMES = [str(outcome) for outcome in Outcome]
_STATES = [str(state) for state in RowState]
_KEPT_COLUMNS, _CONTENT_COLUMNS = 8, 5
_OWN = ("reading", "payload", "meta", "former_epoch")
_EPOCH_CHARACTERS = 16
_LOST = "its payload was damaged on the disk"


def read_only(path: Path) -> sqlite3.Connection:
    """Read-only, so that closing it does not fold the log into a damaged database."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, timeout=0)


def take_over(db: sqlite3.Connection, found: Iterator[Record]) -> dict[str, int]:
    """Take over every record that is one of ours; the highest seq seen in each of the two tables."""
    db.execute("CREATE TEMP TABLE proven (seq INTEGER PRIMARY KEY, id, source, outcome, reasons, epoch)")
    db.execute("CREATE TEMP TABLE known_epoch (epoch)")
    tops = {"reading": 0, "payload": 0}
    columns = [name for _, name, *_ in db.execute("PRAGMA table_info(reading)")]
    for record in found:
        values, seq = record.values, record.rowid
        if seq is None or seq < 1:
            _take_keyed(db, values)
        elif len(values) == 2 and isinstance(values[1], bytes):
            tops["payload"] = max(tops["payload"], _take_payload(db, values[1]))
        elif len(values) == 2:
            _take_former(db, seq, values[1])
        elif len(values) == _CONTENT_COLUMNS:
            _take(db, "content", (seq, *values[1:]))
        elif READING_COLUMNS <= len(values) <= len(columns) and _is_reading(values):
            names = ", ".join(columns[: len(values)])
            _take_reading(db, names, (seq, *values[1:]))
            tops["reading"] = max(tops["reading"], seq)
    return tops


def _is_reading(values: Sequence[Value]) -> bool:
    outcome, reasons, state = (str(value) for value in values[3:6])
    try:
        return outcome in OUTCOMES and state in _STATES and (reasons == "[]" or isinstance(json.loads(reasons), list))
    except ValueError:
        return False


def _take_reading(db: sqlite3.Connection, names: str, values: Sequence[Value]) -> None:
    """A page may be left over from before the row was sent: what is not pending wins."""
    verb = "INSERT OR IGNORE" if values[5] == RowState.PENDING else "INSERT OR REPLACE"
    with suppress(sqlite3.IntegrityError):  # a value that no reading has
        db.execute(f"{verb} INTO reading ({names}) VALUES ({', '.join('?' * len(values))})", values)


def _take_payload(db: sqlite3.Connection, stored: bytes) -> int:
    """Only what proves itself; its own content says which row it belongs to, whatever its key says. Its seq, or 0."""
    try:
        told = json.loads(unpack(stored))
        seq, id, source, outcome, reasons, epoch = (told[key] for key in ("seq", "id", "source", "outcome", "reasons", "epoch"))
        proven = belongs(stored, seq=seq, id=FrameId(id), source=SourceName(source))
    except (DamagedPayload, ValueError, KeyError, TypeError):
        return 0
    if not proven:
        return 0
    db.execute("INSERT OR REPLACE INTO payload VALUES (?, ?)", (seq, stored))
    db.execute("INSERT OR REPLACE INTO proven VALUES (?, ?, ?, ?, ?, ?)", (seq, id, source, outcome, json.dumps(reasons), epoch))
    return int(seq)


def _take_keyed(db: sqlite3.Connection, values: Sequence[Value]) -> None:
    """A row of a table without rowid: their numbers of columns differ."""
    if len(values) == 1:
        _take(db, "retained", values)
    elif len(values) == _KEPT_COLUMNS:
        _take(db, "kept", values)
    elif len(values) == 2 and values[0] == "epoch" and _is_epoch(values[1]):
        db.execute("INSERT INTO known_epoch VALUES (?)", (values[1],))
    elif len(values) == 2 and values[0] == "replay":
        _take(db, "meta", values)


def _take(db: sqlite3.Connection, table: str, values: Sequence[Value]) -> None:
    """What SQL did not reach; a value that its column never has is refused by the table."""
    with suppress(sqlite3.IntegrityError):
        db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608 - our own names


def _take_former(db: sqlite3.Connection, seq: int, epoch: Value) -> None:
    if _is_epoch(epoch):
        db.execute("INSERT OR REPLACE INTO former_epoch VALUES (?, ?)", (seq, epoch))


def _is_epoch(value: Value) -> bool:
    return isinstance(value, str) and len(value) == _EPOCH_CHARACTERS and all(c in "0123456789abcdef" for c in value)


def settle(db: sqlite3.Connection, now: float) -> int:
    """Make rows and payloads agree; how many rows have no payload any more.

    A row that a payload contradicts is another one's, with a key that was damaged: what became of it, nobody knows.
    """
    db.execute("CREATE INDEX temp.proven_id ON proven (id)")
    db.execute(
        "DELETE FROM reading WHERE EXISTS (SELECT 1 FROM proven p WHERE p.seq = reading.seq AND p.id <> reading.id)"
        " OR EXISTS (SELECT 1 FROM proven p WHERE p.id = reading.id AND p.seq <> reading.seq)"
    )
    db.execute(
        "INSERT OR IGNORE INTO reading (seq, id, source, outcome, reasons, state, filed, attempts, next_try, reason, changed_at)"
        " SELECT seq, id, source, outcome, reasons, 'pending', 0, 0, 0, '', ? FROM proven WHERE seq NOT IN (SELECT seq FROM reading)",
        (now,),
    )
    db.execute(
        "UPDATE reading SET source = p.source, outcome = p.outcome, reasons = p.reasons FROM proven p WHERE p.seq = reading.seq"
        " AND (p.source, p.outcome, p.reasons) <> (reading.source, reading.outcome, reading.reasons)"
    )
    db.execute(
        "UPDATE reading SET state = 'dead', reason = ?, changed_at = ? WHERE state = 'pending' AND seq NOT IN (SELECT seq FROM payload)",
        (_LOST, now),
    )
    db.execute("DELETE FROM payload WHERE seq NOT IN (SELECT seq FROM reading)")
    return db.execute("INSERT INTO payload SELECT seq, x'' FROM reading WHERE seq NOT IN (SELECT seq FROM payload)").rowcount


def go_on(db: sqlite3.Connection, tops: dict[str, int], *, whole: bool) -> bool:
    """Keep the epoch if the newest seq is proven, by both tables and no page missing; else begin a new one.

    A seq that was given and lost must not be given again under the same epoch.
    """
    (top,) = db.execute("SELECT coalesce(max(seq), 0) FROM reading").fetchone()
    known = [epoch for (epoch,) in db.execute("SELECT DISTINCT epoch FROM known_epoch")]
    proven = whole and len(known) == 1 and tops["reading"] == tops["payload"] == top
    if proven:
        db.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", known)
    elif top and known:
        db.execute("INSERT OR REPLACE INTO former_epoch VALUES (?, ?)", (top, known[0]))
    db.execute(
        "INSERT OR IGNORE INTO former_epoch SELECT max(seq), epoch FROM proven"
        " WHERE epoch <> (SELECT value FROM meta WHERE key = 'epoch') GROUP BY epoch"
    )
    return not proven


def copy_others(db: sqlite3.Connection, path: Path) -> None:
    """Tables that are none of the outbox's rows: as far as SQL reaches."""
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'") if name not in _OWN]
    for table in tables:
        with suppress(sqlite3.Error, UnicodeDecodeError), closing(read_only(path)) as old:
            for row in old.execute(f"SELECT * FROM {table}"):  # noqa: S608 - a name out of our own schema
                _take(db, table, row)
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
