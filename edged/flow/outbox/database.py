"""The connection: durability read back, and what storage errors mean.

One connection with `locking_mode=EXCLUSIVE`, because SQLite before 3.51.3 may corrupt a WAL that two
connections reset, and because the rows have one owner. After the first storage error nothing is tried
again: a sync that failed once may "succeed" without having written anything.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edged.errors import EdgedError, OutboxError
from edged.flow.outbox.schema import migrate
from edged.flow.outbox.storage_errors import storage_error
from edged.lib.files import fsync_dir

PAGE_BYTES = 1024  # half the bytes written per reading that 4096 costs, at the same speed
WAL_BYTES = 4 * 2**20  # the write-ahead log is folded into the database at this size

_REPLACED = (
    "start again. Stop edged before the database is moved away; a backup that is put back repeats `seq` under the same "
    "epoch: without it a new database, with a new epoch, is begun"
)

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

    @property
    def usable(self) -> bool:
        """Whether it is open and storage never failed."""
        return self._db is not None and self._failure is None

    def open(self) -> None:
        """Open or create, recover, check, migrate.

        Raises:
            InstanceRunning: Another process has it open.
            OutboxError: It cannot be trusted, or not be opened.
        """
        born = not self.path.exists()
        clean = not self._log_bytes()  # the log is removed when the last run closed
        try:
            self._db = self._connect(self.path, isolation_level=None, timeout=0, check_same_thread=False)
            self._prepare(self._db, clean=clean)
        except BaseException as error:
            self.close()
            if isinstance(error, sqlite3.Error):
                raise storage_error(self.path, error) from error
            raise
        if born:
            fsync_dir(self.path.parent)
        self._file = self._standing()

    def _prepare(self, db: sqlite3.Connection, *, clean: bool) -> None:
        for pragma in (
            "locking_mode = EXCLUSIVE",  # first: the log then needs no shared memory
            f"page_size = {PAGE_BYTES}",  # of a new database
            "journal_mode = WAL",
            "synchronous = FULL",
            "mmap_size = 0",
            f"wal_autocheckpoint = {WAL_BYTES // PAGE_BYTES}",
            f"journal_size_limit = {WAL_BYTES}",
        ):
            db.execute(f"PRAGMA {pragma}").fetchall()
        db.execute("BEGIN IMMEDIATE")  # takes the lock for good
        db.execute("COMMIT")
        self._read_back(db)
        migrate(db, self.path)
        if not clean:
            self._check(db)

    def _read_back(self, db: sqlite3.Connection) -> None:
        for pragma, wanted in _DURABLE.items():
            row = db.execute(f"PRAGMA {pragma}").fetchone()
            found = row[0] if row else 0  # a build without mmap says nothing
            if found != wanted:
                message = f"{self.path}: SQLite {sqlite3.sqlite_version} has {pragma} {found} where {wanted} was asked for"
                raise OutboxError(message, hint="readings would not survive a power cut: use a local file system and a stock SQLite")

    def _check(self, db: sqlite3.Connection) -> None:
        """Look at the table of rows and its indexes; payloads, the bulk, are left to their own reads."""
        finding = db.execute("PRAGMA quick_check('reading')").fetchone()[0]
        if finding != "ok":
            raise storage_error(self.path, sqlite3.DatabaseError(str(finding)))

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
            self._failure = storage_error(self.path, error)
            raise self._failure from error

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
        return pages * PAGE_BYTES

    def file_bytes(self) -> int:
        """Bytes of the files on disk."""
        return (self.path.stat().st_size if self.path.exists() else 0) + self._log_bytes()

    def _log_bytes(self) -> int:
        log = self.path.with_name(f"{self.path.name}-wal")
        return log.stat().st_size if log.exists() else 0

    def close(self) -> None:
        """Fold the log into the database and let go of it. Idempotent; does nothing after a storage error."""
        if self._db is not None and self.usable:
            self._db.close()
            self._db = None
