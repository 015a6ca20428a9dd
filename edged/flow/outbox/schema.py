"""The tables of the outbox, and how an older database becomes a newer one.

A script is never changed once it was released; a change is one more script at the end. The number of
scripts that ran is the database's `user_version`.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from edged.errors import OutboxError
from edged.lib.files import fsync_dir

PAGE_BYTES = (
    2048  # three or four readings each; larger pages write more per commit, in smaller ones every second payload has a page to itself
)
PAGE_SIZES = (PAGE_BYTES, 1024)  # of databases that earlier versions made: they keep their pages, and are no less good

Script = Sequence[str]

# Payloads stand in a table of their own: a change of state then rewrites a few bytes, not the reading.
# The partial indexes make every question of the relay, and the counts at start, independent of history.
SCRIPTS: Sequence[Script] = (
    (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
        "INSERT INTO meta VALUES ('epoch', lower(hex(randomblob(8))))",
        """CREATE TABLE reading (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            source TEXT NOT NULL,
            outcome TEXT NOT NULL,
            reasons TEXT NOT NULL,  -- JSON array
            state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'confirmed', 'dead')),
            filed INTEGER NOT NULL,  -- 1: its file was moved away, nobody will ask for the id again
            attempts INTEGER NOT NULL,
            next_try REAL NOT NULL,  -- epoch seconds
            reason TEXT NOT NULL,  -- why the last try failed
            changed_at REAL NOT NULL  -- epoch seconds of the commit, then of each change of state
        ) STRICT""",
        "CREATE TABLE payload (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
        "CREATE INDEX pending ON reading (source, seq) WHERE state = 'pending'",
        "CREATE INDEX finished ON reading (state, seq) WHERE state IN ('sent', 'confirmed', 'dead')",
    ),
    (  # a consumer's word is awaited; retained topics are remembered
        "ALTER TABLE reading ADD COLUMN again REAL",  # epoch seconds: without a confirmation it is sent again then; NULL: not awaited
        "ALTER TABLE reading ADD COLUMN sendings INTEGER NOT NULL DEFAULT 0",  # how often it was sent again
        "CREATE INDEX unconfirmed ON reading (again) WHERE again IS NOT NULL",
        "CREATE TABLE retained (topic TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
        # Payloads are sealed from here on (seal.py), and rows up to last_seq have another epoch than the database (salvage.py).
        "CREATE TABLE former_epoch (last_seq INTEGER PRIMARY KEY, epoch TEXT NOT NULL) STRICT",
        """CREATE TABLE kept (  -- files that are read and stay where they are
            source TEXT NOT NULL,
            path BLOB NOT NULL,  -- bytes as the kernel has them
            written TEXT NOT NULL,  -- size and time
            identity TEXT NOT NULL,  -- inode and its time
            sha256 BLOB,  -- NULL: it could not be read
            id TEXT NOT NULL UNIQUE,
            attempts INTEGER NOT NULL,
            done INTEGER NOT NULL,  -- 0: claimed, and its reading may be missing
            PRIMARY KEY (source, path)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX claimed ON kept (source, id) WHERE done = 0",
        """CREATE TABLE content (  -- which input that was read had these bytes first
            number INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            sha256 BLOB NOT NULL,
            id TEXT NOT NULL,
            at REAL NOT NULL,  -- epoch seconds
            UNIQUE (source, sha256)
        ) STRICT""",
    ),
)


def page_bytes(path: Path) -> int:
    """The size of the pages of a database of ours, also of a damaged one.

    Its head tells the size, and so does that of its log. Without a log the head's number of pages is that of the file:
    where one of the sizes makes the whole file then, it is that one.
    """
    head, log, whole = _head(path), _head(path.with_name(f"{path.name}-wal")), path.stat().st_size
    pages = int.from_bytes(head[28:32], "big")
    fitting = [size for size in PAGE_SIZES if whole and not log and pages * size == whole]
    told = (int.from_bytes(head[16:18], "big"), int.from_bytes(log[8:12], "big"))
    return next((size for size in (*fitting, *told) if size in PAGE_SIZES), PAGE_BYTES)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(32)
    except FileNotFoundError:
        return b""


def migrate(db: sqlite3.Connection, path: Path, scripts: Sequence[Script] = SCRIPTS) -> None:
    """Bring the database to the newest schema, in one transaction, after a copy beside it.

    Raises:
        OutboxError: A newer edged wrote it.
    """
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > len(scripts):
        message = f"{path}: written by a newer edged (schema {version}, this one knows up to {len(scripts)})"
        raise OutboxError(message, hint="start the newer edged again, or move the database away to begin a new one")
    if version == len(scripts):
        return
    if version:
        _copy(db, path.with_name(f"{path.name}.schema-{version}"))
    db.execute("BEGIN IMMEDIATE")
    for script in scripts[version:]:
        for statement in script:
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {len(scripts)}")
    db.execute("COMMIT")


def schema(db: sqlite3.Connection) -> list[tuple[str, ...]]:
    """The tables and indexes of a database, word for word."""
    return db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()


def newest() -> list[tuple[str, ...]]:
    """The same, of a database that was just made."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        migrate(db, Path())
        return schema(db)


def _copy(db: sqlite3.Connection, target: Path) -> None:
    target.unlink(missing_ok=True)  # of a migration that did not end
    with closing(sqlite3.connect(target)) as copy:
        db.backup(copy)  # synced by its own commit
    fsync_dir(target.parent)
