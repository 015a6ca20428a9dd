"""Hints from the kernel: a file was closed or moved in. The only door to watchdog.

The layer below watchdog's observer is used on purpose: it reports the overflow of the kernel's queue, and
lets us choose the events. The observer adds moved-from to every moved-to, and holds all later events for
half a second behind each moved-from whose target is not watched: every claim of ours would be one.
"""

import errno
import os
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from watchdog.observers.inotify_c import CallbackId, InotifyConstants, InotifyEvent, InotifyFD, Mask, WatchDescriptor

_COMPLETE = InotifyConstants.IN_CLOSE_WRITE | InotifyConstants.IN_MOVED_TO
_GONE = InotifyConstants.IN_DELETE_SELF | InotifyConstants.IN_MOVE_SELF | InotifyConstants.IN_UNMOUNT
_HOW = InotifyConstants.IN_ONLYDIR | InotifyConstants.IN_DONT_FOLLOW
_FLAT = _COMPLETE | InotifyConstants.IN_DELETE_SELF | InotifyConstants.IN_MOVE_SELF | _HOW
_DEEP = _FLAT | InotifyConstants.IN_CREATE  # a new folder inside; the kernel cannot leave out new files


_MOST_HINTS = 10_000  # while nobody takes them; beyond that the folder is listed instead


class Hint(NamedTuple):
    """Something happened to a name."""

    name: str  # relative to the watched folder
    folder: bool  # a folder appeared; otherwise a file was closed after writing or moved in


class FolderWatch:
    """Watches one folder, and those inside it that it is told to; every method but the callbacks belongs to one thread."""

    def __init__(self, path: str, *, recursive: bool, wake: Callable[[], None]) -> None:
        """Call *wake* from a thread of the watcher whenever there is something new.

        Raises:
            OSError: It cannot be watched, or the limits of inotify are reached.
        """
        self._path, self._wake = path, wake
        self._mask = Mask(_DEEP if recursive else _FLAT)
        self._hints: deque[Hint] = deque()
        self._folders: dict[WatchDescriptor, str] = {}  # prefix of the names reported; also changed by the watcher
        self._watched: dict[tuple[int, int], WatchDescriptor] = {}  # by device and inode
        self._lost = False
        self._overflowed = False
        self._inotify = InotifyFD()
        self._inotify.start()
        try:
            self.add("")
        except BaseException:
            self.stop()
            raise

    @property
    def alive(self) -> bool:
        """Whether hints can still come: the thread runs, and the folder is the one that was watched."""
        return not self._lost and self._inotify.is_alive()

    def add(self, relative: str) -> bool:
        """Watch a folder inside, or note its new path; True where it was not watched before: list it then.

        Raises:
            OSError: It is gone, no folder, not ours to read, or the limit of watches is reached.
        """
        path = os.path.join(self._path, relative) if relative else self._path  # noqa: PTH118 - names may not be UTF-8
        status = os.lstat(path)
        prefix = f"{relative}/" if relative else ""
        known = self._watched.get((status.st_dev, status.st_ino))
        if known is not None and known in self._folders:
            self._folders[known] = prefix
            return False
        descriptor = self._inotify.add_callback(os.fsencode(path), self._mask, self, CallbackId(id(self)))
        if descriptor == -1:  # watchdog passes over a missing permission
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        self._watched[status.st_dev, status.st_ino] = descriptor
        self._folders[descriptor] = prefix
        return True

    def take_hints(self) -> list[Hint]:
        """What happened since the last call, in order."""
        return [self._hints.popleft() for _ in range(len(self._hints))]

    def take_overflow(self) -> bool:
        """Whether events were lost since the last call."""
        overflowed, self._overflowed = self._overflowed, False
        return overflowed

    def stop(self) -> None:
        """Stop watching. Idempotent."""
        self._lost = True
        self._inotify.stop()
        if self._inotify.is_alive():
            self._inotify.join()

    # What watchdog calls, in its own thread; nothing here may raise or block.

    def on_event(self, event: InotifyEvent) -> None:
        """Note one event."""
        prefix = self._folders.get(event.wd)
        if prefix is None:
            return
        if event.mask & InotifyConstants.IN_ISDIR and event.name:
            self._note(Hint(prefix + os.fsdecode(event.name), folder=True))
        elif event.mask & _COMPLETE:
            self._note(Hint(prefix + os.fsdecode(event.name), folder=False))
        elif event.mask & _GONE and not prefix:
            self._lost = True
        else:
            return
        self._wake()

    def _note(self, hint: Hint) -> None:
        if len(self._hints) < _MOST_HINTS:
            self._hints.append(hint)
        else:
            self._overflowed = True

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """Forget a folder that is gone; without the root there is nothing left to tell."""
        if self._folders.pop(wd, None) == "":
            self._lost = True
            self._wake()

    def on_queue_overflow(self) -> None:
        """Note that events were lost."""
        self._overflowed = True
        self._wake()
