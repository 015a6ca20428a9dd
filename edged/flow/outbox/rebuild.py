"""A new database out of the records of a damaged one: what proves itself, and rows and payloads that agree."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from edged.flow.outbox.carve import Record, Value
from edged.flow.outbox.proof import prove
from edged.flow.outbox.record import READING_COLUMNS
from edged.types import Outcome, RowState

OUTCOMES = tuple(map(str, Outcome))
_STATES = tuple(map(str, RowState))
_KEPT_COLUMNS, _CONTENT_COLUMNS = 8, 5
_OWN = ("reading", "payload", "meta", "former_epoch")
_EPOCH_CHARACTERS = 16
_BATCH = 256  # rows
_LOST = "its payload was damaged on the disk"


def read_only(path: Path) -> sqlite3.Connection:
    """Read-only, so that closing it does not fold the log into a damaged database."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, timeout=0)


class Batches:
    """Rows for the new database, inserted many at once: that takes half the time.

    Each statement has its own, so what its rows do must not depend on the rows of another one.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        """Insert into *db*; nothing stands there for sure before `flush`."""
        self._db = db
        self._rows: defaultdict[str, list[Sequence[Value]]] = defaultdict(list)

    def add(self, statement: str, row: Sequence[Value]) -> None:
        """Insert it, now or later."""
        rows = self._rows[statement]
        rows.append(row)
        if len(rows) == _BATCH:
            self._insert(statement, rows)

    def take(self, table: str, row: Sequence[Value]) -> None:
        """Insert what is not there yet."""
        self.add(f"INSERT OR IGNORE INTO {table} VALUES ({_marks(len(row))})", row)  # noqa: S608 - our own names

    def flush(self) -> None:
        """Insert what waits."""
        for statement, rows in self._rows.items():
            self._insert(statement, rows)

    def _insert(self, statement: str, rows: list[Sequence[Value]]) -> None:
        try:
            self._db.executemany(statement, rows)
        except sqlite3.IntegrityError:  # a value that its column never has; to ignore or replace once more changes nothing
            for row in rows:
                with suppress(sqlite3.IntegrityError):
                    self._db.execute(statement, row)
        rows.clear()


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def take_over(db: sqlite3.Connection, found: Iterator[Record]) -> dict[str, int]:
    """Take over every record that is one of ours; the highest seq seen in each of the two tables."""
    db.execute("CREATE TEMP TABLE proven (seq INTEGER PRIMARY KEY, id, source, outcome, reasons, epoch)")
    db.execute("CREATE TEMP TABLE known_epoch (epoch)")
    columns = [name for _, name, *_ in db.execute("PRAGMA table_info(reading)")]
    into_reading = {
        (verb, count): f"INSERT OR {verb} INTO reading ({', '.join(columns[:count])}) VALUES ({_marks(count)})"  # noqa: S608 - our own names
        for count in range(READING_COLUMNS, len(columns) + 1)
        for verb in ("IGNORE", "REPLACE")
    }
    batches = Batches(db)
    readings = payloads = 0
    for seq, values in found:
        count = len(values)
        if seq is None or seq < 1:
            _take_keyed(batches, values)
        elif count == 2 and isinstance(values[1], bytes):
            payloads = max(payloads, _take_payload(batches, values[1]))
        elif count == 2:
            _take_former(batches, seq, values[1])
        elif count == _CONTENT_COLUMNS:
            batches.take("content", (seq, *values[1:]))
        elif READING_COLUMNS <= count <= len(columns) and _is_reading(values):
            verb = "IGNORE" if values[5] == RowState.PENDING else "REPLACE"  # a page may be left over from before the row was sent
            batches.add(into_reading[verb, count], (seq, *values[1:]))
            readings = max(readings, seq)
    batches.flush()
    return {"reading": readings, "payload": payloads}


def _is_reading(values: Sequence[Value]) -> bool:
    outcome, reasons, state = values[3:6]
    try:
        return outcome in OUTCOMES and state in _STATES and (reasons == "[]" or isinstance(json.loads(str(reasons)), list))
    except ValueError:
        return False


def _take_payload(batches: Batches, stored: bytes) -> int:
    """Only what proves itself; its own content says which row it belongs to, whatever its key says. Its seq, or 0."""
    proof = prove(stored)
    if proof is None:
        return 0
    batches.add("INSERT OR REPLACE INTO payload VALUES (?, ?)", (proof.seq, stored))
    batches.add("INSERT OR REPLACE INTO proven VALUES (?, ?, ?, ?, ?, ?)", tuple(proof))
    return proof.seq


def _take_keyed(batches: Batches, values: Sequence[Value]) -> None:
    """A row of a table without rowid: their numbers of columns differ."""
    if len(values) == 1:
        batches.take("retained", values)
    elif len(values) == _KEPT_COLUMNS:
        batches.take("kept", values)
    elif len(values) == 2 and values[0] == "epoch" and _is_epoch(values[1]):
        batches.add("INSERT INTO known_epoch VALUES (?)", values[1:])
    elif len(values) == 2 and values[0] == "replay":
        batches.take("meta", values)


def _take_former(batches: Batches, seq: int, epoch: Value) -> None:
    if _is_epoch(epoch):
        batches.add("INSERT OR REPLACE INTO former_epoch VALUES (?, ?)", (seq, epoch))


def _is_epoch(value: Value) -> bool:
    return isinstance(value, str) and len(value) == _EPOCH_CHARACTERS and all(c in "0123456789abcdef" for c in value)


def settle(db: sqlite3.Connection, now: float) -> int:
    """Make rows and payloads agree; how many rows have no payload any more.

    A row that a payload contradicts is another one's, with a key that was damaged: what became of it, nobody knows.
    """
    db.execute(
        "DELETE FROM reading WHERE seq IN (SELECT r.seq FROM proven p JOIN reading r ON r.seq = p.seq WHERE r.id <> p.id"
        " UNION SELECT r.seq FROM proven p JOIN reading r ON r.id = p.id WHERE r.seq <> p.seq)"
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
    batches = Batches(db)
    for table in tables:
        with suppress(sqlite3.Error, UnicodeDecodeError), closing(read_only(path)) as old:
            for row in old.execute(f"SELECT * FROM {table}"):  # noqa: S608 - a name out of our own schema
                batches.take(table, row)
    batches.flush()
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
