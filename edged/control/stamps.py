"""What files look like from outside: whether somebody changed them, and whether they are quiet again."""

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple


class Stamp(NamedTuple):
    """What of a file changes with its content."""

    path: str
    inode: int  # 0 where nothing is there, or nothing can be looked at
    size: int
    mtime_ns: int


Fingerprint = frozenset[Stamp]


def fingerprint(places: Iterable[Path]) -> Fingerprint:
    """How these files look now, and everything below these folders; what is missing looks like that, too."""
    return frozenset(found for place in places for found in _stamps(place))


def _stamps(place: Path) -> Iterator[Stamp]:
    try:
        status = place.stat()
        if not stat.S_ISDIR(status.st_mode):
            yield Stamp(str(place), status.st_ino, status.st_size, status.st_mtime_ns)
            return
        inside = list(place.iterdir())
    except OSError:
        yield Stamp(str(place), 0, 0, 0)
        return
    yield Stamp(str(place), status.st_ino, 0, 0)
    for path in inside:
        yield from _stamps(path)


class Watch:
    """Tells once of each change, when it was over: two looks in a row saw the same. Pure, but for the look."""

    def __init__(self) -> None:
        """Nothing is known yet: what the first two looks see is told, for it may have changed since it was read."""
        self._taken: Fingerprint | None = None
        self._last: Fingerprint | None = None

    def changed(self, now: Fingerprint) -> bool:
        """Whether what *now* looks like is new and quiet; then it is taken as known."""
        quiet, self._last = now == self._last, now
        if not quiet or now == self._taken:
            return False
        self._taken = now
        return True

    def take(self, now: Fingerprint) -> None:
        """What *now* looks like is read in a moment: only what differs from it is a change."""
        self._taken = now
