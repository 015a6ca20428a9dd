"""A damaged database: what is wrong with it, and a new one made of all that can be made out.

The damaged files are set aside and never changed. Every step is one rename, and the new database says
where the old one goes, so that a crash in between is finished at the next start:

    outbox.db.salvaging (built, synced) -> outbox.db.salvaged -> the old files set aside -> outbox.db
"""

import datetime as dt
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from edged.flow.outbox.carve import Pages, Record, Value, records
from edged.flow.outbox.log import read_log
from edged.flow.outbox.record import READING_COLUMNS
from edged.flow.outbox.schema import PAGE_BYTES, SCRIPTS, migrate, newest, schema
from edged.flow.outbox.seal import DamagedPayload, belongs, unpack
from edged.flow.outbox.storage_errors import is_damage
from edged.lib.files import fsync_dir
from edged.types import FrameId, Outcome, RowState, SourceName

_HEADER = b"SQLite format 3\0" + PAGE_BYTES.to_bytes(2, "big")
_KINDS = (b"\2\2", b"\1\1", b"")  # with a log, or just made and without one yet
_OWN = ("reading", "payload", "meta", "former_epoch")
_EPOCH_CHARACTERS = 16
_LOST = "its payload was damaged on the disk"
_OUTCOMES = [str(outcome) for outcome in Outcome]
_STATES = [str(state) for state in RowState]
_WRONG_ROWS = "SELECT count(*) FROM reading WHERE NOT json_valid(reasons) OR outcome NOT IN (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvage:
    """What became of a damaged database; kept in the new one."""

    at: str  # RFC 3339
    why: str
    set_aside: str  # name of the damaged file
    readings: int  # that stand in the new database
    damaged: int  # of these, with a payload that is lost: dead letters where they had not been sent
    new_epoch: bool  # it cannot be proven that the newest seq is known

    @property
    def told(self) -> str:
        """One line for health and journal."""
        epoch = "a new epoch began, for the newest readings may be lost" if self.new_epoch else "the epoch goes on"
        return (
            f"the database was damaged ({self.why}) and set aside as {self.set_aside}: {self.readings} readings saved, "
            f"{self.damaged} of them without their payload; {epoch}"
        )


def header_finding(path: Path) -> str:
    """What is wrong with the first bytes: a flipped one there may look like a disk that cannot be written."""
    with path.open("rb") as file:
        head, kind = file.read(len(_HEADER)), file.read(2)
    return "" if head in (_HEADER, b"") and kind in _KINDS else "its first bytes are not those of an outbox"


def finding(path: Path) -> str:
    """What is wrong with a database that nobody has open, or nothing. Changes neither file.

    Raises:
        sqlite3.Error: It cannot be looked at; that says nothing about damage.
    """
    if read_log(path.with_name(f"{path.name}-wal"), PAGE_BYTES).lost:
        return "a commit in the log has a wrong checksum, and others follow it"
    try:
        with closing(_look(path)) as db:
            found = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
            if found == "ok" and db.execute("PRAGMA user_version").fetchone()[0] == len(SCRIPTS):
                found = _contents(db)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        found = str(error)
    finally:
        path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    return "" if found == "ok" else " ".join(found.split())


def _contents(db: sqlite3.Connection) -> str:
    if schema(db) != newest():
        return "its tables are not those of its version"
    if db.execute(_WRONG_ROWS, _OUTCOMES).fetchone()[0]:
        return "a reading with an unknown outcome or unreadable reasons"
    return "ok" if db.execute("SELECT 1 FROM meta WHERE key = 'epoch'").fetchone() else "the epoch is gone"


def _look(path: Path) -> sqlite3.Connection:
    """Read-only, so that closing it does not fold the log into a damaged database."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, timeout=0)


def salvage(path: Path, why: str, now: dt.datetime) -> Salvage:
    """Put a new database with all that can be saved in the place of a damaged one, which is set aside.

    Raises:
        OSError: There is no room, or the disk fails; the damaged database stands where it was.
        sqlite3.Error: Likewise.
    """
    building = path.with_name(f"{path.name}.salvaging")
    for suffix in ("", "-journal"):
        building.with_name(building.name + suffix).unlink(missing_ok=True)
    owner = path.stat()
    with closing(sqlite3.connect(building, isolation_level=None)) as db:
        for pragma in (f"page_size = {PAGE_BYTES}", "journal_mode = OFF", "synchronous = OFF"):  # made anew after a crash
            db.execute(f"PRAGMA {pragma}").fetchall()
        migrate(db, building)
        db.execute("BEGIN")
        told = _fill(db, path, why, now)
        db.execute("COMMIT")
    descriptor = os.open(building, os.O_RDWR)
    try:
        with suppress(PermissionError):
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        os.fchmod(descriptor, owner.st_mode & 0o777)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    building.rename(path.with_name(f"{path.name}.salvaged"))
    fsync_dir(path.parent)
    finish(path)
    return told


def finish(path: Path) -> None:
    """Put a salvaged database in its place, if one stands ready: the last steps of `salvage`."""
    ready = path.with_name(f"{path.name}.salvaged")
    if not ready.exists():
        return
    with closing(_look(ready)) as db:
        told = last(db)
    assert told is not None, "written before the name was given"
    for suffix in ("-wal", ""):  # the database last: while it stands, its log belongs to it
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(path.with_name(told.set_aside + suffix))
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    ready.rename(path)
    fsync_dir(path.parent)


def last(db: sqlite3.Connection) -> Salvage | None:
    """What the database knows of its own salvage."""
    row = db.execute("SELECT value FROM meta WHERE key = 'salvage'").fetchone()
    return Salvage(**json.loads(row[0])) if row else None


def set_aside(path: Path) -> list[str]:
    """Damaged databases that still lie beside it."""
    return sorted(found.name for found in path.parent.glob(f"{path.name}.damaged-*") if not found.name.endswith("-wal"))


def _fill(db: sqlite3.Connection, path: Path, why: str, now: dt.datetime) -> Salvage:
    db.execute("CREATE TEMP TABLE proven (seq INTEGER PRIMARY KEY, id, source, outcome, reasons, epoch)")
    db.execute("CREATE TEMP TABLE known_epoch (epoch)")
    with closing(Pages(path, PAGE_BYTES)) as pages:
        tops = _carve(db, records(pages))
        whole = not pages.cut and not pages.log.lost
    _copy_others(db, path)
    damaged = _settle(db, now.timestamp())
    new_epoch = _go_on(db, tops, whole=whole)
    name = f"{path.name}.damaged-{now:%Y%m%dT%H%M%SZ}"
    while any(path.with_name(name + suffix).exists() for suffix in ("", "-wal")):
        name += "-again"
    (count,) = db.execute("SELECT count(*) FROM reading").fetchone()
    told = Salvage(at=now.isoformat(), why=why, set_aside=name, readings=count, damaged=damaged, new_epoch=new_epoch)
    db.execute("INSERT OR REPLACE INTO meta VALUES ('salvage', ?)", (json.dumps(asdict(told)),))
    return told


def _carve(db: sqlite3.Connection, found: Iterator[Record]) -> dict[str, int]:
    """Take over every record that is one of ours; the highest seq seen in each of the two tables."""
    tops = {"reading": 0, "payload": 0}
    columns = [name for _, name, *_ in db.execute("PRAGMA table_info(reading)")]
    for record in found:
        values, seq = record.values, record.rowid
        if seq is None or seq < 1:
            _take_epoch(db, values)
        elif len(values) == 2 and isinstance(values[1], bytes):
            tops["payload"] = max(tops["payload"], _take_payload(db, values[1]))
        elif len(values) == 2:
            _take_former(db, seq, values[1])
        elif READING_COLUMNS <= len(values) <= len(columns) and _is_reading(values):
            names = ", ".join(columns[: len(values)])
            _take_reading(db, names, (seq, *values[1:]))
            tops["reading"] = max(tops["reading"], seq)
    return tops


def _is_reading(values: Sequence[Value]) -> bool:
    outcome, reasons, state = (str(value) for value in values[3:6])
    try:
        return outcome in _OUTCOMES and state in _STATES and (reasons == "[]" or isinstance(json.loads(reasons), list))
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


def _take_epoch(db: sqlite3.Connection, values: Sequence[Value]) -> None:
    if len(values) == 2 and values[0] == "epoch" and _is_epoch(values[1]):
        db.execute("INSERT INTO known_epoch VALUES (?)", (values[1],))


def _take_former(db: sqlite3.Connection, seq: int, epoch: Value) -> None:
    if _is_epoch(epoch):
        db.execute("INSERT OR REPLACE INTO former_epoch VALUES (?, ?)", (seq, epoch))


def _is_epoch(value: Value) -> bool:
    return isinstance(value, str) and len(value) == _EPOCH_CHARACTERS and all(c in "0123456789abcdef" for c in value)


def _settle(db: sqlite3.Connection, now: float) -> int:
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


def _go_on(db: sqlite3.Connection, tops: dict[str, int], *, whole: bool) -> bool:
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


def _copy_others(db: sqlite3.Connection, path: Path) -> None:
    """Tables that are none of the outbox's rows: as far as SQL reaches."""
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'") if name not in _OWN]
    for table in tables:
        with suppress(sqlite3.Error), closing(_look(path)) as old:
            for row in old.execute(f"SELECT * FROM {table}"):  # noqa: S608 - a name out of our own schema
                db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
