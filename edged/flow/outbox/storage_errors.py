"""What SQLite's errors mean for the operator."""

import sqlite3
from pathlib import Path

from edged.errors import EdgedError, InstanceRunning, OutboxError

_FULL = "free space on its file system; nothing was lost that was committed, and inputs wait in their folders"
_DISK = "look at the disk (kernel log, SMART, mount options); start again once it can be written"
_DAMAGED = (
    "move {name} and {name}-wal away together and keep them: they hold the readings that were not sent. "
    "A new database, with a new epoch, is begun at the next start"
)
_HINTS = {
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR": _DISK,
    "SQLITE_READONLY": "the file or its file system is read-only: mount it writable, or give it back to the user of the service",
    "SQLITE_CANTOPEN": "the folder must exist and belong to the user of the service (state_dir in the configuration)",
    "SQLITE_PERM": "give the file back to the user of the service",
    "SQLITE_AUTH": "give the file back to the user of the service",
}
_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")
_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def storage_error(path: Path, error: sqlite3.Error) -> EdgedError:
    """The error to raise in place of *error*."""
    name = getattr(error, "sqlite_errorname", "SQLITE_CORRUPT")
    kind = "_".join(name.split("_")[:2])  # SQLITE_IOERR_FSYNC is an SQLITE_IOERR
    if kind in _LOCKED:
        message = f"{path}: another process has the database open"
        return InstanceRunning(message, hint="end the other edged, or ask it through its control socket (edged status)")
    message = f"{path}: {error} ({name})"
    if kind in _BROKEN:
        return OutboxError(f"{message}: the database is damaged", hint=_DAMAGED.format(name=path.name))
    return OutboxError(message, hint=_HINTS.get(kind, _DISK))
