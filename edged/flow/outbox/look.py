"""A look at a database that is not ours to open: who has it, and whether it is whole. Nothing is locked or made."""

import fcntl
import os
import shutil
import sqlite3
import struct
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edged.flow.outbox.schema import SCRIPTS

VERSION: Final = sqlite3.sqlite_version
RESET_FIXED: Final = sqlite3.sqlite_version_info >= (3, 51, 3)  # before, two connections can corrupt the log

_LOCK: Final = struct.Struct("hhqqi4x")  # struct flock of Linux, 64 bits
_LOCK_BYTES: Final = (0x40000000, 512)  # where SQLite locks: PENDING_BYTE and what follows
_COPIED: Final = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen."""

    holder: int  # process that has it open; 0 where nobody has
    schema: int
    known: int  # the newest schema of this edged
    log_bytes: int  # of a log that the next start folds in
    damage: str  # empty where it is whole, or could not be checked
    checked: bool


def look_at(path: Path) -> Look:
    """Look at a database that exists.

    Raises:
        OSError: It cannot be read.
    """
    log = path.with_name(f"{path.name}-wal")
    log_bytes = log.stat().st_size if log.exists() else 0
    holder = _holder(path)
    schema, damage, checked = 0, "", False
    if not holder and path.stat().st_size + log_bytes <= (_COPIED if log_bytes else 2**40):
        schema, damage = _checked(path, log if log_bytes else None)
        checked = True
    return Look(holder=holder, schema=schema, known=len(SCRIPTS), log_bytes=log_bytes, damage=damage, checked=checked)


def _holder(path: Path) -> int:
    """Asks the kernel who holds SQLite's lock, without taking one."""
    with path.open("rb") as file:
        asked = _LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, *_LOCK_BYTES, 0)
        kind, _, _, _, process = _LOCK.unpack(fcntl.fcntl(file, fcntl.F_GETLK, asked))
        return int(process) if kind != fcntl.F_UNLCK else 0


def _checked(path: Path, log: Path | None) -> tuple[int, str]:
    """Schema and damage; a database with a log is looked at in a copy, for opening it would fold the log in."""
    if log is None:
        return _quick_check(f"file:{path}?mode=ro&immutable=1")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        shutil.copyfile(path, copy)
        shutil.copyfile(log, copy.with_name(log.name))
        return _quick_check(f"file:{copy}")


def _quick_check(uri: str) -> tuple[int, str]:
    try:
        with closing(sqlite3.connect(uri, uri=True)) as db:
            schema = int(db.execute("PRAGMA user_version").fetchone()[0])
            found = [row[0] for row in db.execute("PRAGMA quick_check(3)")]
    except sqlite3.Error as error:
        return 0, str(error)
    return schema, "" if found == ["ok"] else "; ".join(found)
