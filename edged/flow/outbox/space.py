"""Room on the file system, beside the outbox's own budget: intake stops before the disk is full.

The reserve is a file of real blocks. Nobody else can take them, so when the disk runs full what is here
can still be sent, marked and salvaged: the reserve is then removed, and made again once there is room
for it and some more. Intake needs it to stand: what is being recovered must not be eaten by new readings.
"""

import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path

from edged.errors import OutboxError, OutboxFull
from edged.flow.outbox.database import WAL_BYTES

log = logging.getLogger(__name__)

MARGIN = 2 * WAL_BYTES  # free beside the reserve before anything is taken in: a commit, and its fold into the database
_LOW = WAL_BYTES  # free below this: the reserve goes
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_HINT = "make room on its file system; nothing was lost, inputs wait in their folders, and it goes on by itself"

Free = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """Bytes that we may still write on the file system of *folder*."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


class Space:
    """The file system that the database stands on. Its owner sees to it that one thread uses it at a time."""

    def __init__(self, database: Path, reserve_bytes: int, *, free: Free = free_bytes) -> None:
        """Keep *reserve_bytes* beside the database, none with 0."""
        self.reserve = database.with_name("outbox.reserve")
        self._database, self._bytes, self._measure = database, reserve_bytes, free
        self._stands = False

    def open(self) -> None:
        """Make the reserve, or give it up where the disk is full already, so that opening the database can go on.

        Raises:
            OutboxError: The folder cannot be written.
        """
        try:
            standing = self.reserve.stat().st_size if self.reserve.exists() else 0
            if standing and standing != self._bytes:
                self.reserve.unlink()  # the configuration changed, or a crash cut it short
            self._stands = not self._bytes or standing == self._bytes
            self.before_write()
            if not self._stands and self._free() >= self._bytes + MARGIN:
                self._make()
        except OSError as error:
            message = f"{self.reserve} cannot be made or removed: {os.strerror(error.errno or 0)}"
            raise OutboxError(message, hint="the folder must be there and be writable for the user of the service (state_dir)") from error

    def before_write(self) -> None:
        """What leaves or changes must always have room: give up the reserve where the disk is nearly full."""
        if self._bytes and self._stands and self._free() < _LOW:
            self.reserve.unlink(missing_ok=True)
            self._stands = False
            log.warning("the disk is nearly full: %s was removed, so that what was read can still be sent", self.reserve)

    def require(self) -> None:
        """Make sure that new readings find room.

        Raises:
            OutboxFull: The file system is nearly full; called again, it is looked at again.
            OutboxError: The disk fails.
        """
        free, need = self._free(), MARGIN + (0 if self._stands else self._bytes)
        if free < need:
            message = f"{self._database.parent}: {free // 2**20} MiB free on its file system, {need // 2**20} MiB are needed"
            raise OutboxFull(message, hint=_HINT)
        if not self._stands:
            try:
                self._make()
            except OSError as error:
                self.reserve.unlink(missing_ok=True)
                message = f"{self.reserve} ({self._bytes // 2**20} MiB) cannot be made: {os.strerror(error.errno or 0)}"
                if error.errno in _NO_ROOM:  # a quota, which statvfs does not tell
                    raise OutboxFull(message, hint=_HINT) from error
                raise OutboxError(message, hint="look at the disk (kernel log, mount options) and restart edged") from error
            log.info("there is room again: %s stands", self.reserve)

    def _free(self) -> int:
        return self._measure(self._database.parent)

    def _make(self) -> None:
        descriptor = os.open(self.reserve, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._bytes)
        finally:
            os.close(descriptor)
        self._stands = True
