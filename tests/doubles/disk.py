"""Disks that fail, as SQLite sees them."""

import sqlite3
from typing import Any


def _error(text: str, name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorname = name
    return error


ERRORS = {
    "full": ("database or disk is full", "SQLITE_FULL"),
    "input/output": ("disk I/O error", "SQLITE_IOERR_FSYNC"),
    "damaged": ("database disk image is malformed", "SQLITE_CORRUPT"),
    "read-only": ("attempt to write a readonly database", "SQLITE_READONLY"),
}


class FailingDisk:
    """Connects to the real thing; once `fault` names an error, each statement that begins with `on` raises it."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self.on = "COMMIT"
        self.calls = 0  # statements after the fault was set
        self.last = ""  # of them

    def connect(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        """In place of `sqlite3.connect`."""
        disk = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
                if disk.fault is not None:
                    disk.calls += 1
                    disk.last = sql
                    if sql.startswith(disk.on):
                        raise _error(*ERRORS[disk.fault])
                return super().execute(sql, *parameters)

        return sqlite3.connect(*arguments, factory=Connection, **options)
