"""A damaged database: what is wrong with it, and a new one made of all that can be made out.

The damaged files are set aside and never changed. Every step is one rename, and the new database says
where the old one goes, so that a crash in between is finished at the next start:

    outbox.db.salvaging (built, synced) -> outbox.db.salvaged -> the old files set aside -> outbox.db
"""

import datetime as dt
import json
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from edged.flow.outbox.carve import Pages, records
from edged.flow.outbox.log import read_log
from edged.flow.outbox.rebuild import OUTCOMES, copy_others, go_on, read_only, settle, take_over
from edged.flow.outbox.schema import PAGE_BYTES, SCRIPTS, migrate, newest, page_bytes, schema
from edged.flow.outbox.storage_errors import is_damage
from edged.lib.files import fsync_dir

_MAGIC = b"SQLite format 3\0"
_KINDS = (b"\2\2", b"\1\1", b"")  # with a log, or just made and without one yet
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
        head, kind = file.read(len(_MAGIC) + 2), file.read(2)
    return (
        ""
        if head in (_MAGIC + page_bytes(path).to_bytes(2, "big"), b"") and kind in _KINDS
        else "its first bytes are not those of an outbox"
    )


def finding(path: Path) -> str:
    """What is wrong with a database that nobody has open, or nothing. Changes neither file.

    Raises:
        sqlite3.Error: It cannot be looked at; that says nothing about damage.
    """
    if read_log(path.with_name(f"{path.name}-wal"), page_bytes(path)).lost:
        return "a commit in the log has a wrong checksum, and others follow it"
    try:
        with closing(read_only(path)) as db:
            found = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
            if found == "ok" and db.execute("PRAGMA user_version").fetchone()[0] == len(SCRIPTS):
                found = _contents(db)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        found = str(error)
    except UnicodeDecodeError:  # a name in its schema, or SQLite's word about it
        found = "its schema is no text any more"
    finally:
        path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    return "" if found == "ok" else " ".join(found.split())


def _contents(db: sqlite3.Connection) -> str:
    if schema(db) != newest():
        return "its tables are not those of its version"
    if db.execute(_WRONG_ROWS, OUTCOMES).fetchone()[0]:
        return "a reading with an unknown outcome or unreadable reasons"
    return "ok" if db.execute("SELECT 1 FROM meta WHERE key = 'epoch'").fetchone() else "the epoch is gone"


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
    with closing(read_only(ready)) as db:
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
    copy_others(db, path)
    indexes = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for index, _ in indexes:  # to be made at once from all rows
        db.execute(f"DROP INDEX {index}")
    with closing(Pages(path, page_bytes(path))) as pages:
        tops = take_over(db, records(pages))
        whole = not pages.cut and not pages.log.lost
    damaged = settle(db, now.timestamp())
    new_epoch = go_on(db, tops, whole=whole)
    for _, statement in indexes:
        db.execute(statement)
    name = f"{path.name}.damaged-{now:%Y%m%dT%H%M%SZ}"
    while any(path.with_name(name + suffix).exists() for suffix in ("", "-wal")):
        name += "-again"
    (count,) = db.execute("SELECT count(*) FROM reading").fetchone()
    told = Salvage(at=now.isoformat(), why=why, set_aside=name, readings=count, damaged=damaged, new_epoch=new_epoch)
    db.execute("INSERT OR REPLACE INTO meta VALUES ('salvage', ?)", (json.dumps(asdict(told)),))
    return told
