"""What the database remembers of files for the folders; see `edged.flow.memory`."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from edged.flow.memory import Contents, KeptFile, KeptFiles, Mark
from edged.flow.outbox.database import Database
from edged.types import FrameId, SourceName

_CHUNK = 256  # files in one question: bounds how long the lock is held
_MOST_CONTENTS = 200_000  # remembered at most, of all sources together; about 30 MB

_COLUMNS = "path, written, identity, sha256, id, attempts"


def done(db: sqlite3.Connection, ids: Sequence[FrameId]) -> None:
    """These claims need not be looked at again at the next start."""
    db.executemany("UPDATE kept SET done = 1 WHERE id = ?", [(id,) for id in ids])


class _Table:
    """A part of the database, under the lock of its owner."""

    def __init__(self, lock: Lock, database: Database, before_write: Callable[[], None]) -> None:
        self._lock, self._database, self._before_write = lock, database, before_write

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._database.reading() as db:
            yield db

    @contextmanager
    def _unsynced(self) -> Iterator[sqlite3.Connection]:
        """A transaction that the end of the process does not undo; the next durable one makes it durable, too.

        The log is written in order, and a sync of it covers everything before.
        """
        with self._lock, self._database.reading() as db:
            self._before_write()
            db.execute("PRAGMA synchronous = NORMAL")
            try:
                with self._database.transaction() as same:
                    yield same
            finally:
                if self._database.usable:  # after a storage error nothing is written here any more
                    db.execute("PRAGMA synchronous = FULL")


class KeptRows(_Table):
    """`KeptFiles` in the outbox's database."""

    def fresh(self, source: SourceName, files: Sequence[tuple[str, Mark]]) -> set[str]:
        """The paths among these that are not known with this mark."""
        found: set[str] = set()
        for start in range(0, len(files), _CHUNK):
            chunk = {os.fsencode(path): mark for path, mark in files[start : start + _CHUNK]}
            places = ", ".join("?" * len(chunk))
            with self._reading() as db:
                statement = f"SELECT path, written, identity FROM kept WHERE source = ? AND path IN ({places})"  # noqa: S608 - places only
                known = {path: Mark(*mark) for path, *mark in db.execute(statement, (source, *chunk))}
            found.update(os.fsdecode(path) for path, mark in chunk.items() if known.get(path) != mark)
        return found

    def find(self, source: SourceName, path: str) -> KeptFile | None:
        """What a path was when it was claimed last."""
        with self._reading() as db:
            row = db.execute(f"SELECT {_COLUMNS} FROM kept WHERE source = ? AND path = ?", (source, os.fsencode(path))).fetchone()  # noqa: S608
        return _kept(row) if row else None

    def claim(self, source: SourceName, file: KeptFile) -> None:
        """Note a claim, in place of what the path was before. Not synced."""
        sha256 = bytes.fromhex(file.sha256) if file.sha256 else None
        row = (source, os.fsencode(file.path), *file.mark, sha256, file.id, file.attempt)
        with self._unsynced() as db:
            db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, 0)", row)

    def remark(self, source: SourceName, path: str, mark: Mark) -> None:
        """The file is what it was, under a new mark. Not synced."""
        with self._unsynced() as db:
            db.execute("UPDATE kept SET written = ?, identity = ? WHERE source = ? AND path = ?", (*mark, source, os.fsencode(path)))

    def count_attempt(self, id: FrameId) -> None:
        """One more attempt at this claim. Not synced."""
        with self._unsynced() as db:
            db.execute("UPDATE kept SET attempts = attempts + 1 WHERE id = ?", (id,))

    def claims(self, source: SourceName) -> list[KeptFile]:
        """What was claimed and never filed, in the order of the claims."""
        with self._reading() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM kept WHERE source = ? AND done = 0 ORDER BY id", (source,)).fetchall()  # noqa: S608
        return [_kept(row) for row in rows]

    def forget(self, source: SourceName, paths: Sequence[str]) -> None:
        """These were never inputs, as it were. Not synced."""
        with self._unsynced() as db:
            db.executemany("DELETE FROM kept WHERE source = ? AND path = ?", [(source, os.fsencode(path)) for path in paths])

    def count(self, source: SourceName) -> int:
        """How many files are known."""
        with self._reading() as db:
            return int(db.execute("SELECT count(*) FROM kept WHERE source = ?", (source,)).fetchone()[0])

    def oldest(self, source: SourceName, after: FrameId | None, limit: int) -> list[KeptFile]:
        """What was claimed longest ago, after this id."""
        with self._reading() as db:
            statement = f"SELECT {_COLUMNS} FROM kept WHERE id > ? AND source = ? ORDER BY id LIMIT ?"  # noqa: S608
            return [_kept(row) for row in db.execute(statement, (after or "", source, limit))]


class ContentRows(_Table):
    """`Contents` in the outbox's database."""

    def first(self, source: SourceName, sha256: str, at: float, window: float) -> FrameId | None:
        """The remembered input that had these bytes within *window* seconds of *at*."""
        with self._reading() as db:
            found = db.execute("SELECT id, at FROM content WHERE source = ? AND sha256 = ?", (source, bytes.fromhex(sha256))).fetchone()
        if found is None or abs(at - found[1]) > window:  # a clock that was set back makes none older
            return None
        return FrameId(found[0])

    def remember(self, source: SourceName, sha256: str, id: FrameId, at: float) -> None:
        """These bytes were read, claimed at that time as *id*. Not synced."""
        row = (source, bytes.fromhex(sha256), id, at)
        with self._unsynced() as db:
            number = db.execute("INSERT OR REPLACE INTO content (source, sha256, id, at) VALUES (?, ?, ?, ?)", row).lastrowid or 0
            db.execute("DELETE FROM content WHERE number <= ?", (number - _MOST_CONTENTS,))


def _kept(row: tuple[bytes, str, str, bytes | None, str, int]) -> KeptFile:
    path, written, identity, sha256, id, attempt = row
    return KeptFile(
        path=os.fsdecode(path), mark=Mark(written, identity), sha256=sha256.hex() if sha256 else None, id=FrameId(id), attempt=attempt
    )


_: tuple[type[KeptFiles], type[Contents]] = (KeptRows, ContentRows)
