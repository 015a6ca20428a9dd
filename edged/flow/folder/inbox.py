"""The drop folder: watched, listed, and what waits in it.

Events are hints, the folder is the truth: it is listed at start, after the kernel lost events, after the
watcher or the folder was replaced, and every `rescan_seconds`; every 2 seconds where the kernel does not
tell of everything, because nothing can be watched or because of the file system (`polling`).
"""

import logging
import os
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from threading import Event

from edged.config import FolderSection
from edged.flow.folder.listing import Entry, Ignored, Sift, entry_of, folder_inside, list_folder
from edged.flow.folder.once import Once
from edged.flow.folder.settle import Settled, SettleTracker, Stamp
from edged.flow.folder.watch import FolderWatch
from edged.lib.beat import Beat
from edged.lib.clock import Clock
from edged.lib.filesystem import FileSystem, file_system

log = logging.getLogger(__name__)

_CHECK_SECONDS = 1.0  # between two looks whether folder and watcher are what they were
_PASSES = 3  # over folders that appear while they are listed; the next listing finds the rest
_POLL_SECONDS = 2.0  # between two listings where events do not tell everything
_POLL_SHARE = 0.1  # of the time, at most, goes into them: a folder of 100,000 files takes a second to list


class Why(Enum):
    """Why a file is thought to be whole."""

    TOLD = auto()  # it was closed after writing, or moved in
    SETTLED = auto()  # it did not change for a while
    STALLED = auto()  # it is not, but it does not grow any more


@dataclass(slots=True)
class InboxCounts:
    """Counted since start; written by the feed only."""

    overflows: int = 0
    rescans: int = 0  # after the first listing
    watcher_restarts: int = 0


class Inbox:
    """What waits in the drop folder, in the order in which it is taken. Used by one thread, but for its length."""

    def __init__(self, name: str, path: Path, section: FolderSection, clock: Clock, *, sift: Sift | None = None) -> None:
        """Nothing is touched before `tend`.

        *sift* leaves out of a listing what is known already. Its files stay here for good, and may be written
        again in the instant after they were read; so they always settle first, events or not: whatever is
        written after the reading then has a later time.
        """
        self.path, self.descriptor = path, -1
        self.file_system: FileSystem | None = None  # as of the last opening; may be read from any thread
        self.counts = InboxCounts()
        self.looked = False  # the first look is over; may be read from any thread
        self._name, self._section, self._clock = name, section, clock
        self._sift, self._settle_all = sift or list, sift is not None
        self._ignored = Ignored(section.ignore)
        self._settle = SettleTracker(settle_seconds=section.settle_seconds, stalled_seconds=section.stalled_seconds)
        self._waiting: OrderedDict[str, Why] = OrderedDict()
        self._watch: FolderWatch | None = None
        self._wake = Event()
        self._check_at = self._list_at = clock.monotonic()
        self._listed_at = float("-inf")
        self._once = Once(name)

    def __len__(self) -> int:
        """How many files wait, settled or not; may be asked from any thread."""
        return len(self._waiting) + len(self._settle)

    @property
    def present(self) -> bool:
        """Whether the folder is there, as far as the last look told; may be asked from any thread."""
        return self.descriptor >= 0 or self._listed_at == float("-inf")

    @property
    def polling(self) -> bool:
        """Whether the folder is listed every few seconds; may be asked from any thread."""
        return self.looked and self.present and self._polled

    @property
    def _polled(self) -> bool:
        return self._watch is None or (self.file_system is not None and self.file_system.silent)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to `pop`."""
        return not self._waiting

    def tend(self, beat: Beat) -> None:
        """Take in what happened: events, a lost folder or watcher, settled files, the next listing."""
        now = self._clock.monotonic()
        self._wake.clear()
        if now >= self._check_at or (self._watch is not None and not self._watch.alive):
            self._check(now)
        if self._watch is not None:
            if self._watch.take_overflow():
                self.counts.overflows += 1
                log.warning("events were lost, listing the folder", extra={"source": self._name})
                self._list_at = min(self._list_at, self._listed_at + _CHECK_SECONDS)
            for hint in self._watch.take_hints():
                self._take_hint(hint.name, hint.folder, beat)
        for name in self._settle.due(now):
            self.look(name)
        if now >= self._list_at and self.descriptor >= 0:
            self._list_all(now, beat)
        self.looked = True

    def change(self, section: FolderSection) -> None:
        """Go by this section from now on; whatever waits is judged anew by the next listing."""
        self._section, self._ignored = section, Ignored(section.ignore)
        self._settle.change(settle_seconds=section.settle_seconds, stalled_seconds=section.stalled_seconds)
        for name in [name for name in self._waiting if self._ignored(name.rpartition("/")[2])]:
            del self._waiting[name]
        self._list_at = self._clock.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait for an event, a file that settled or the next listing, *seconds* at most."""
        ends = [self._check_at]
        if self.descriptor >= 0:
            ends += [self._list_at, self._settle.next_due() or self._list_at]
        self._wake.wait(max(0.0, min(seconds, min(ends) - self._clock.monotonic())))

    def pop(self) -> tuple[str, Why] | None:
        """The next file, or None; `defer`, `look` or `forget` must follow."""
        return self._waiting.popitem(last=self._section.order == "newest") if self._waiting else None

    def defer(self, name: str, stamp: Stamp) -> None:
        """The file with this *stamp* is incomplete: it waits until it changed and settled, or stalled."""
        self._settle.defer(name, stamp, self._clock.monotonic())

    def forget(self, name: str) -> None:
        """The file was taken, or is gone."""
        self._settle.forget(name)

    def leave(self, name: str, why: str) -> None:
        """The file cannot be taken now: the next listing finds it again, the journal is told once."""
        self._settle.forget(name)
        self._once.warn(name, "left in the drop folder: %s; tried again with each listing", why)

    def look(self, name: str) -> None:
        """Look at a file that nobody told us is complete."""
        head, _, base = name.rpartition("/")
        try:
            with folder_inside(self.descriptor, head) as folder:
                status = os.stat(base, dir_fd=folder, follow_symlinks=False)
        except OSError:
            self._settle.forget(name)
            return
        self._consider(entry_of(name, status), age=0.0)

    def close(self) -> None:
        """Stop watching. Idempotent."""
        self._unwatch()
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _consider(self, entry: Entry, age: float) -> None:
        """Queue what is whole, and what is no file: that is refused without waiting."""
        settled = Settled.READY
        if entry.regular:
            settled = self._settle.observe(entry.name, entry.stamp, self._clock.monotonic(), age=age)
        if settled is not Settled.WAIT:
            self._settle.forget(entry.name)
            self._waiting[entry.name] = Why.STALLED if settled is Settled.STALLED else Why.SETTLED

    def _take_hint(self, name: str, folder: bool, beat: Beat) -> None:
        if self._ignored(name.rpartition("/")[2]):
            return
        if not folder and self._settle_all:
            self.look(name)
        elif not folder:
            self._waiting[name] = Why.TOLD
            if self._section.order == "newest":
                self._waiting.move_to_end(name)
        elif self._section.recursive:
            self._watch_inside([name])
            self._list(name, beat)

    def _check(self, now: float) -> None:
        """See that the folder is still the one we opened and that hints can come; open and watch it anew if not."""
        self._check_at = now + _CHECK_SECONDS
        if self.descriptor >= 0 and not self._same():
            log.warning("the drop folder is gone or was replaced, waiting for it", extra={"source": self._name, "folder": str(self.path)})
            self.close()
            self._waiting.clear()
        if self.descriptor < 0:
            self._reopen(now)
        elif self._watch is not None and not self._watch.alive:
            log.warning("the watcher ended, starting it again", extra={"source": self._name})
            self._unwatch()
            self.counts.watcher_restarts += 1
            self._list_at = now  # which watches again

    def _same(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self.descriptor), self.path.stat())
        except OSError:
            return False

    def _reopen(self, now: float) -> None:
        try:
            self.descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self.file_system = file_system(self.descriptor)
        except OSError:
            self.close()
            return
        if self._listed_at > float("-inf"):
            self.counts.watcher_restarts += 1
        self._list_at = now

    def _list_all(self, now: float, beat: Beat) -> None:
        if self._watch is None:
            self._start_watch()
        self.counts.rescans += self._listed_at > float("-inf")
        self._listed_at = now
        self._list("", beat)
        pause = self._section.rescan_seconds
        if self._polled:
            pause = min(pause, max(_POLL_SECONDS, (self._clock.monotonic() - now) / _POLL_SHARE))
        self._list_at = now + pause

    def _list(self, start: str, beat: Beat) -> None:
        """List a folder, and again while that showed folders which were not watched before."""
        for _ in range(_PASSES):
            try:
                folders = self._list_once(start, beat)
            except OSError as error:
                self._once.warn(start, "the folder cannot be listed: %s", os.strerror(error.errno or 0))
                return
            if not self._section.recursive:
                for name in folders:
                    self._once.warn(name, "a folder lies in the drop folder and is left alone: %s", "set recursive, or remove it")
                return
            if not self._watch_inside(folders):
                return

    def _list_once(self, start: str, beat: Beat) -> list[str]:
        """Consider what lies there, oldest first; return the folders inside."""
        recursive, known = self._section.recursive, self._waiting.__contains__
        listing = list_folder(self.descriptor, start, recursive=recursive, ignored=self._ignored, known=known, beat=beat, sift=self._sift)
        wall_ns = int(self._clock.now().timestamp() * 1e9)
        for entry in listing.entries:
            self._consider(entry, age=(wall_ns - entry.stamp.mtime_ns) / 1e9)
        for name in listing.unreadable:
            self._once.warn(name, "a folder inside cannot be listed: %s", "give the user of edged access to it")
        return listing.folders

    def _start_watch(self) -> None:
        try:
            self._watch = FolderWatch(str(self.path), recursive=self._section.recursive, wake=self._wake.set)
        except OSError as error:
            self._once.warn("", "the folder cannot be watched: %s; listing it every 2 seconds", os.strerror(error.errno or 0))

    def _watch_inside(self, folders: list[str]) -> bool:
        """Watch folders inside; True where one was not watched before."""
        new = False
        for name in folders if self._watch else ():
            assert self._watch is not None
            try:
                new |= self._watch.add(name)
            except OSError as error:
                self._once.warn(name, "a folder inside cannot be watched: %s; it is listed only", os.strerror(error.errno or 0))
        return new

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
