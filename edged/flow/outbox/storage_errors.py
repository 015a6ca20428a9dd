"""What SQLite's errors mean for the operator."""

import sqlite3
from pathlib import Path

from edged.errors import EdgedError, InstanceRunning, OutboxError

_FULL = "free space on its file system; nothing was lost that was committed, and inputs wait in their folders"
_DISK = "look at the disk (kernel log, SMART, mount options); start again once it can be written"
_DAMAGED = "start again: it is set aside, and what can be read of it goes into a new one; look at the disk (kernel log, SMART)"
_HINTS = {
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR": _DISK,
    "SQLITE_READONLY": "the file or its file system is read-only: mount it writable, or give it back to the user of the service",
    "SQLITE_CANTOPEN": "the folder must exist and belong to the user of the service (state_dir in the configuration)",
    "SQLITE_PERM": "give the file back to the user of the service",
    "SQLITE_AUTH": "give the file back to the user of the service",
}
_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")
_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")  # the last: our statements do not fit the schema that is there


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the content of the file is wrong, and not the disk or our right to use it."""
    return _kind(error) in _BROKEN


def _kind(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "SQLITE_CORRUPT")
    return "_".join(name.split("_")[:2])  # SQLITE_IOERR_FSYNC is an SQLITE_IOERR


def storage_error(path: Path, error: sqlite3.Error) -> EdgedError:
    """The error to raise in place of *error*."""
    kind = _kind(error)
    if kind in _LOCKED:
        message = f"{path}: another process has the database open"
        return InstanceRunning(message, hint="end the other edged, or ask it through its control socket (edged status)")
    message = f"{path}: {error} ({getattr(error, 'sqlite_errorname', kind)})"
    if kind in _BROKEN:
        return OutboxError(f"{message}: the database is damaged", hint=_DAMAGED)
    return OutboxError(message, hint=_HINTS.get(kind, _DISK))
