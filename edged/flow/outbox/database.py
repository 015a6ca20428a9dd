"""The connection: durability read back, and what storage errors mean.

One connection with `locking_mode=EXCLUSIVE`, because SQLite before 3.51.3 may corrupt a WAL that two
connections reset, and because the rows have one owner. After the first storage error nothing is tried
again: a sync that failed once may "succeed" without having written anything.
"""

import ctypes
import datetime as dt
import fcntl
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edged.errors import EdgedError, InstanceRunning, OutboxError
from edged.flow.outbox import salvage
from edged.flow.outbox.schema import PAGE_BYTES, migrate
from edged.flow.outbox.storage_errors import is_damage, storage_error
from edged.lib.files import fsync_names

log = logging.getLogger(__name__)

WAL_BYTES = 4 * 2**20  # the write-ahead log is folded into the database at this size
_LOG_BYTES = WAL_BYTES  # likewise, less in tests

_REPLACED = (
    "start again. Stop edged before the database is moved away; a backup that is put back repeats `seq` under the same "
    "epoch: without it a new database, with a new epoch, is begun"
)

_FOLDER = "the folder must exist and belong to the user of the service (state_dir in the configuration), and have room"

Connect = Callable[..., sqlite3.Connection]

# What must hold before a single reading is accepted; the values are read back.
_DURABLE = {"journal_mode": "wal", "locking_mode": "exclusive", "synchronous": 2, "mmap_size": 0}


class Database:
    """The file, opened by one process and one connection. Its owner sees to it that one thread uses it at a time."""

    def __init__(self, path: Path, *, connect: Connect = sqlite3.connect) -> None:
        """Name the file; `open` makes or opens it."""
        self.path = path
        self._connect = connect
        self._db: sqlite3.Connection | None = None
        self._failure: EdgedError | None = None
        self._file: tuple[int, int] | None = None  # device and inode of what was opened
        self._log: int | None = None  # descriptor of the log, to see how long it is
        self._page_bytes = PAGE_BYTES

    @property
    def usable(self) -> bool:
        """Whether it is open and storage never failed."""
        return self._db is not None and self._failure is None

    def open(self, now: dt.datetime) -> salvage.Salvage | None:
        """Open or create, recover, check after an unclean end, migrate; what became of it, where it had to be salvaged.

        Raises:
            InstanceRunning: Another process has it open.
            OutboxError: It cannot be trusted, or not be opened.
        """
        try:
            with self._alone():
                salvage.finish(self.path)
                told = self._check(now)
                try:
                    self._open()
                except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the latter: SQLite's word about a schema that is no text
                    if isinstance(error, sqlite3.Error) and not is_damage(error):
                        raise
                    told = self._salvage(str(error), now)
                    self._open()
                self._suspect.unlink(missing_ok=True)
        except sqlite3.Error as error:
            raise storage_error(self.path, error) from error
        except OSError as error:
            message = f"{self.path}: {os.strerror(error.errno or 0)}"
            raise OutboxError(message, hint=_FOLDER) from error
        self._file = self._standing()
        return told

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else opens or salvages meanwhile; what follows is SQLite's own lock."""
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            message = f"{self.path}: another process is just opening the database"
            raise InstanceRunning(message, hint="end the other edged, or ask it through its control socket (edged status)") from error
        finally:
            os.close(folder)

    def _check(self, now: dt.datetime) -> salvage.Salvage | None:
        """Look for damage before anything is written: all of it, unless the last run closed.

        A journal of SQLite's says that the file was just being made; only SQLite can take that back.
        """
        if not self.path.exists() or self.path.with_name(f"{self.path.name}-journal").exists():
            return None
        found = salvage.header_finding(self.path)
        if not found and (self._log_bytes() or self._suspect.exists()):  # the log is removed when the last run closed
            found = salvage.finding(self.path)
        return self._salvage(found, now) if found else None

    def _salvage(self, why: str, now: dt.datetime) -> salvage.Salvage:
        log.error("the database is damaged: %s; saving what can be read", why, extra={"file": str(self.path)})
        told = salvage.salvage(self.path, why, now)
        log.error(told.told)
        return told

    def _open(self) -> None:
        born = not self.path.exists()
        db = self._connect(self.path, isolation_level=None, timeout=0, check_same_thread=False)
        try:
            self._prepare(db)
            if born:
                fsync_names(self.path.parent)
        except sqlite3.Error as error:
            if is_damage(error) or isinstance(storage_error(self.path, error), InstanceRunning):
                db.close()
            else:
                _abandon(db)
            raise
        except BaseException:
            db.close()
            raise
        self._db = db

    def _prepare(self, db: sqlite3.Connection) -> None:
        for pragma in (
            "locking_mode = EXCLUSIVE",  # first: the log then needs no shared memory
            f"page_size = {PAGE_BYTES}",  # of a new database
            "journal_mode = WAL",
            "synchronous = FULL",
            "mmap_size = 0",
            "wal_autocheckpoint = 0",  # SQLite would keep the error of a failed one to itself: `_fold` does not
            f"journal_size_limit = {WAL_BYTES}",
        ):
            db.execute(f"PRAGMA {pragma}").fetchall()
        db.execute("BEGIN IMMEDIATE")  # takes the lock for good
        db.execute("COMMIT")
        self._read_back(db)
        self._page_bytes = int(db.execute("PRAGMA page_size").fetchone()[0])
        migrate(db, self.path)

    def _read_back(self, db: sqlite3.Connection) -> None:
        for pragma, wanted in _DURABLE.items():
            row = db.execute(f"PRAGMA {pragma}").fetchone()
            found = row[0] if row else 0  # a build without mmap says nothing
            if found != wanted:
                message = f"{self.path}: SQLite {sqlite3.sqlite_version} has {pragma} {found} where {wanted} was asked for"
                raise OutboxError(message, hint="readings would not survive a power cut: use a local file system and a stock SQLite")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction; an exception inside rolls it back.

        Raises:
            OutboxError: Storage failed, now or at an earlier call.
        """
        with self.reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except sqlite3.Error:
                raise  # rolled back by SQLite, or when the process ends
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
            self._fold(db)

    def _fold(self, db: sqlite3.Connection) -> None:
        """Fold the log into the database once it is long.

        Each frame carries the salts of the log it belongs to, and older ones are overwritten from the start:
        the log is long once the frame at that place has the salts of the header.
        """
        if self._log is None:
            self._log = os.open(self._log_path, os.O_RDONLY | os.O_CLOEXEC)
        frame = 24 + self._page_bytes
        last = 32 + (_LOG_BYTES // self._page_bytes - 1) * frame  # where the last frame of a long log stands
        if os.pread(self._log, 8, last + 8) == os.pread(self._log, 8, 16):
            busy, _, _ = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            assert not busy, "there is one connection"

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, with storage errors translated.

        Raises:
            OutboxError: Storage failed, now or at an earlier call.
        """
        if self._failure is not None:
            raise self._failure
        if self._db is None:
            message = f"{self.path}: not open"
            raise OutboxError(message)
        try:
            yield self._db
        except sqlite3.Error as error:
            raise self._fail(error) from error

    def _fail(self, error: sqlite3.Error) -> EdgedError:
        """From here on nothing is tried any more: not even by SQLite, which would sync once more when it closes."""
        self._failure = storage_error(self.path, error)
        if self._db is not None:
            _abandon(self._db)
        if is_damage(error):
            with suppress(OSError):
                self._suspect.touch()  # checked at the next start, whatever the log says
        return self._failure

    def still_there(self) -> None:
        """Make sure that what is written here is found again under its name.

        A backup is never put back under a running edged, and better not at all: it has the epoch of the
        database it was made of, whose `seq` then repeats. A new database has a new epoch.

        Raises:
            OutboxError: The file was removed or replaced.
        """
        if self._failure is None and self._file is not None and self._standing() != self._file:
            message = f"{self.path}: removed or replaced while edged had it open"
            self._failure = OutboxError(message, hint=_REPLACED)
        if self._failure is not None:
            raise self._failure

    def _standing(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def live_bytes(self, db: sqlite3.Connection) -> int:
        """Bytes of pages in use; the file never grows while there are free ones."""
        pages = int(db.execute("PRAGMA page_count").fetchone()[0]) - int(db.execute("PRAGMA freelist_count").fetchone()[0])
        return pages * self._page_bytes

    def file_bytes(self) -> int:
        """Bytes of the files on disk."""
        return (self.path.stat().st_size if self.path.exists() else 0) + self._log_bytes()

    def _log_bytes(self) -> int:
        return self._log_path.stat().st_size if self._log_path.exists() else 0

    @property
    def _log_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}-wal")

    @property
    def _suspect(self) -> Path:
        return self.path.with_name(f"{self.path.name}.suspect")

    def close(self) -> None:
        """Fold the log into the database and let go of it. Idempotent; does nothing after a storage error.

        Raises:
            OutboxError: Storage failed; the log stands, and is folded at the next start.
        """
        if self._db is None or not self.usable:
            return
        with self.reading() as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # whose error, unlike that of `close`, is told
        if self._log is not None:
            os.close(self._log)
            self._log = None
        self._db.close()
        self._db = None


def _abandon(db: sqlite3.Connection) -> None:
    """Keep a connection for ever: its end, even at the end of the interpreter, would write and sync once more."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(db))
