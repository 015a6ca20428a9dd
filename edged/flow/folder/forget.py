"""Bounds what is remembered of kept files: only of such that are gone, the oldest first, and never while the folder may be another."""

import os

from edged.flow.folder.inbox import Inbox
from edged.flow.folder.listing import folder_inside
from edged.flow.memory import KeptFiles
from edged.lib.clock import Clock
from edged.types import FrameId, SourceName

MOST = 200_000  # files remembered before those that are gone are forgotten; about 60 MB of the database
_CHUNK = 200  # files looked at in one step
_AGAIN_SECONDS = 6 * 3600.0  # between two sweeps


class Sweep:
    """Looks, a few at a time, which remembered files are gone. Used by the feed's thread.

    A share that is not mounted shows an empty folder: nothing is forgotten before a listing of this very
    folder met a file that is remembered.
    """

    def __init__(self, source: SourceName, inbox: Inbox, kept: KeptFiles, clock: Clock) -> None:
        self._source, self._inbox, self._kept, self._clock = source, inbox, kept, clock
        self._met: tuple[int, int] | None = None  # the folder in which a remembered file was met
        self._after: FrameId | None = None
        self._excess = 0  # files that may be forgotten in this sweep
        self._due = clock.monotonic()

    def met(self) -> None:
        """A listing met a file that is remembered."""
        self._met = self._folder()

    def step(self) -> None:
        """Go on with a sweep, or begin one when it is time."""
        now = self._clock.monotonic()
        if now < self._due or self._met is None or self._met != self._folder():
            return
        if self._after is None:
            self._excess = self._kept.count(self._source) - MOST
        files = self._kept.oldest(self._source, self._after, _CHUNK) if self._excess > 0 else []
        gone = [file.path for file in files if self._gone(file.path)][: self._excess]
        if gone:
            self._kept.forget(self._source, gone)
            self._excess -= len(gone)
        self._after = files[-1].id if files else None
        if self._after is None:
            self._due = now + _AGAIN_SECONDS

    def _folder(self) -> tuple[int, int] | None:
        try:
            status = os.fstat(self._inbox.descriptor)
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _gone(self, path: str) -> bool:
        head, _, base = path.rpartition("/")
        try:
            with folder_inside(self._inbox.descriptor, head) as folder:
                os.stat(base, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return False
