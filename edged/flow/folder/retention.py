"""How long files stay in done, failed and evidence: by days and by bytes, the oldest first, beside the data path and never in its way.

Only names with an id of ours are ever removed, and only in day folders. A day folder with a million files is
walked in small steps; what was filed since is counted by the sink, so nothing is walked again for it.
"""

import heapq
import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from edged.config import RetentionSection
from edged.flow.folder.days import Days, day_folders
from edged.flow.folder.listing import opened
from edged.flow.folder.names import parse_claimed
from edged.lib.beat import Beat, nothing
from edged.lib.clock import Clock

log = logging.getLogger(__name__)

_STEP_SECONDS = 10.0  # between two looks at the limits
_TICK = 1.0
_CHUNK, _PAUSE = 256, 0.02  # entries between two pauses, and how long those are: the data path goes first
_REMOVALS = 32  # likewise; each may wait for a slow disk
_BATCH = 10_000  # names that are sorted at a time
_MEASURE_SECONDS = 600.0  # a sum that old is checked before anything goes for it: people move files, too
_STALE_SECONDS = 6 * 3600.0  # a sum that old is taken again: others may file there, too
_REST_SECONDS = 600.0  # after the disk refused
_DAYS = Path()  # stands for the file that remembers the days


class Stopped(Exception):
    """The daemon ends; caught within this module."""


def _claimed(name: str) -> bool:
    """Whether it is the name of a claimed file, or of its sidecar."""
    return parse_claimed(name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder with day folders that somebody fills: done, failed, evidence."""

    root: Path
    limits: RetentionSection
    filed: Callable[[], int]  # bytes filed there since start
    ours: Callable[[str], bool] = _claimed  # whether a name is one that may go
    section: str = "retention"  # whose keys the limits are


class Shelf:
    """One folder with day folders in it."""

    def __init__(self, place: Place, days: Days, clock: Clock, pace: Beat) -> None:
        """Call *pace* between small pieces of work; it may raise `Stopped`."""
        self.root, self._limits, self._filed, self._place = place.root, place.limits, place.filed, place
        self._days, self._clock, self._pace = days, clock, pace
        self._bytes: int | None = None  # in the folder, beside what *filed* counted since
        self._counted = 0
        self._measured_at = 0.0
        self._oldest: deque[tuple[Path, str]] = deque()

    def folders(self) -> list[Path]:
        """Its day folders, the oldest first."""
        return sorted((self.root / name for name in day_folders(self.root)), key=self._days.order)

    def tidy(self) -> None:
        """Remove what is too old and what is too much.

        Raises:
            OSError: The disk refuses.
            Stopped: The daemon ends.
        """
        if self._limits.days:
            for folder in self.folders():
                if self._days.age(folder) > self._limits.days:
                    self._empty(folder)
        if self._limits.max_bytes and self._too_much():
            self._shrink()

    def forget(self) -> None:
        """Somebody else tidies here: the next look begins anew."""
        self._bytes = None
        self._oldest.clear()

    def _too_much(self) -> bool:
        if self._sum() > self._limits.max_bytes and self._clock.monotonic() - self._measured_at > _MEASURE_SECONDS:
            self._bytes = None
        return self._sum() > self._limits.max_bytes

    def _sum(self) -> int:
        """Bytes in the folder; measured where it is not known."""
        filed = self._filed()  # before the walk: what comes meanwhile may be counted twice, and is checked before anything goes
        if self._bytes is None or self._clock.monotonic() - self._measured_at > _STALE_SECONDS:
            self._bytes, self._counted, self._measured_at = self._measure(), filed, self._clock.monotonic()
        self._bytes, self._counted = self._bytes + filed - self._counted, filed
        return self._bytes

    def _measure(self) -> int:
        total = 0
        for folder in self.folders():
            with opened(folder) as descriptor:
                for name in self._ours(descriptor):
                    total += _size(name, descriptor)
        return total

    def _shrink(self) -> None:
        removed = 0
        while self._sum() > self._limits.max_bytes:
            if not self._oldest and not self._find_oldest():
                self._bytes = None
                break
            folder, name = self._oldest.popleft()
            with opened(folder) as descriptor:
                removed += self._remove(name, descriptor)
                while self._oldest and self._oldest[0] == (folder, f"{name}.json"):
                    self._remove(self._oldest.popleft()[1], descriptor)
            if removed % _REMOVALS == 0:
                self._pace()
        self._tell(removed, f"more than {self._place.section}.max_bytes lay there")

    def _find_oldest(self) -> bool:
        """Look for the next names to go; False where there are none."""
        folders = self.folders()
        for folder in folders:
            with opened(folder) as descriptor:
                names = heapq.nsmallest(_BATCH, self._ours(descriptor))
            if names:
                self._oldest.extend((folder, name) for name in names)
                return True
            if folder != folders[-1]:
                _remove_folder(folder)
        return False

    def _empty(self, folder: Path) -> None:
        removed = 0
        with opened(folder) as descriptor:
            names: list[str] = []
            for name in self._ours(descriptor):
                names.append(name)
                if len(names) == _REMOVALS:
                    self._pace()
                    removed += sum(self._remove(name, descriptor) for name in names)
                    names.clear()
            removed += sum(self._remove(name, descriptor) for name in names)
        _remove_folder(folder)
        self._oldest.clear()
        self._tell(removed, f"older than {self._limits.days} days ({self._place.section}.days)")

    def _ours(self, folder: int) -> Iterator[str]:
        """Names with an id, of files and whatever else was dropped; folders are never ours."""
        with os.scandir(folder) as items:
            for number, item in enumerate(items):
                if number % _CHUNK == _CHUNK - 1:
                    self._pace()
                if self._place.ours(item.name) and not item.is_dir(follow_symlinks=False):
                    yield item.name

    def _remove(self, name: str, folder: int) -> int:
        """Remove a file; how many were removed."""
        try:
            size = _size(name, folder)
            os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            return 0
        if self._bytes is not None:
            self._bytes -= size
        return 1

    def _tell(self, removed: int, why: str) -> None:
        if removed:
            log.info("removed old files: %s", why, extra={"folder": str(self.root), "files": removed})


class RetentionWorker:
    """Looks at all done and failed folders now and then."""

    name = "retention"

    def __init__(self, places: Sequence[Place], days: Days, clock: Clock) -> None:
        """Look after *places*; folders that several sources share are looked after once, with the tightest limits."""
        self._days, self._clock = days, clock
        self._shelves = [Shelf(place, days, clock, self._pace) for place in _joined(places)]
        self._rest: dict[Path, float] = {}
        self._troubles: dict[Path, str] = {}
        self._stop, self._beat = Event(), nothing

    @property
    def troubles(self) -> list[str]:
        """Why old files stay; from any thread."""
        return list(self._troubles.values())

    def run(self, stop: Event, beat: Beat) -> None:
        """Look until *stop* is set."""
        self._stop, self._beat = stop, beat
        due = self._clock.monotonic()
        try:
            while not stop.is_set():
                beat()
                if self._clock.monotonic() >= due:
                    self.step()
                    due = self._clock.monotonic() + _STEP_SECONDS
                stop.wait(_TICK)
        except Stopped:
            return

    def step(self) -> None:
        """Look at each folder once."""
        try:
            self._days.count([folder for shelf in self._shelves for folder in shelf.folders()])
            self._troubles.pop(_DAYS, None)
        except OSError as error:
            self._refused("the days of done and failed cannot be remembered", _DAYS, error)
        for shelf in self._shelves:
            if self._rest.get(shelf.root, float("-inf")) > self._clock.monotonic():
                continue
            try:
                shelf.tidy()
                self._troubles.pop(shelf.root, None)
            except FileNotFoundError:
                shelf.forget()
            except OSError as error:
                self._refused("old files cannot be removed", shelf.root, error)

    def _refused(self, what: str, folder: Path, error: OSError) -> None:
        trouble = f"{what}: {error}; the user of edged must be allowed to, and it is tried again every 10 minutes"
        if folder not in self._troubles:
            log.warning("%s", trouble, extra={"folder": str(folder)})
        self._troubles[folder] = trouble
        self._rest[folder] = self._clock.monotonic() + _REST_SECONDS

    def _pace(self) -> None:
        self._beat()
        if self._stop.wait(_PAUSE):
            raise Stopped


def _joined(places: Sequence[Place]) -> list[Place]:
    """One place for each folder, with the tightest limits, and what all together filed."""
    found: dict[Path, Place] = {}
    for place in places:
        other = found.get(place.root)
        found[place.root] = place if other is None else _both(place, other)
    return list(found.values())


def _both(one: Place, other: Place) -> Place:
    days, sizes = (one.limits.days, other.limits.days), (one.limits.max_bytes, other.limits.max_bytes)
    limits = RetentionSection(days=min(filter(None, days), default=0), max_bytes=min(filter(None, sizes), default=0))
    return replace(one, limits=limits, filed=lambda: one.filed() + other.filed())


def _size(name: str, folder: int) -> int:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0


def _remove_folder(folder: Path) -> None:
    """Remove a day folder if nothing is left in it; what is not ours keeps it."""
    try:
        folder.rmdir()
    except OSError:
        return
