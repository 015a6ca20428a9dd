"""What lies in the drop folder. Never follows a link; opens folders only."""

import fnmatch
import itertools
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from edged.flow.folder.content import stamp_of
from edged.flow.folder.settle import Stamp
from edged.flow.memory import Mark
from edged.lib.beat import Beat

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BEAT = 1000  # entries between two signs of life
_CHUNK = 512  # entries that are sifted at a time: what is left out then never fills the memory


class Entry(NamedTuple):
    """One entry of the folder."""

    name: str  # path relative to the folder
    stamp: Stamp
    regular: bool  # a plain file; anything else is refused at once
    mark: Mark


class Listing(NamedTuple):
    """Everything that a scan saw and that was asked for."""

    entries: list[Entry]  # oldest first
    folders: list[str]  # relative paths of the folders inside, parents first
    unreadable: list[str]  # folders inside that could not be listed


Sift = Callable[[list[Entry]], list[Entry]]
"""Takes some entries of a listing, gives back those that are of interest."""


def entry_of(name: str, status: os.stat_result) -> Entry:
    """What one look at a name tells."""
    return Entry(name, stamp_of(status), stat.S_ISREG(status.st_mode), Mark.of(status))


class Ignored:
    """Shell patterns of base names that are left alone; case matters."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Compile *patterns* once."""
        self._match = re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns) or r"(?!)").match

    def __call__(self, name: str) -> bool:
        """Tell whether a base name is ignored."""
        return self._match(name) is not None


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """Open a folder, refusing a link in its place."""
    descriptor = os.open(folder, _FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def folder_inside(root: int, path: str) -> Iterator[int]:
    """Open the folder *path* below the open folder *root*, refusing links at every step."""
    current = root
    try:
        for part in path.split("/") if path else ():
            step = os.open(part, _FOLDER, dir_fd=current)
            if current != root:
                os.close(current)
            current = step
        yield current
    finally:
        if current != root:
            os.close(current)


def list_folder(
    root: int,
    start: str,
    *,
    recursive: bool,
    ignored: Ignored,
    known: Callable[[str], bool],
    beat: Beat,
    sift: Sift = list,
) -> Listing:
    """List the folder *start* below *root*, oldest first, without the names that are *known* and what *sift* leaves out.

    What vanishes meanwhile is left out. Raises OSError where *start* itself cannot be listed.
    """
    listing, seen = Listing([], [], []), itertools.count()

    def wanted(base: str, name: str) -> bool:
        if next(seen) % _BEAT == 0:
            beat()
        return not (ignored(base) or known(name))

    waiting = [start]
    while waiting:
        path = waiting.pop()
        inside: list[str] = []
        try:
            with folder_inside(root, path) as folder, os.scandir(folder) as found:
                entries = _sort_out(found, f"{path}/" if path else "", wanted, inside)
                while chunk := list(itertools.islice(entries, _CHUNK)):
                    listing.entries.extend(sift(chunk))
        except OSError:
            if path == start:
                raise
            listing.unreadable.append(path)
            continue
        listing.folders.extend(inside)
        if recursive:
            waiting.extend(reversed(inside))
    listing.entries.sort(key=lambda entry: (entry.stamp.mtime_ns, entry.name))
    return listing


def _sort_out(found: Iterator[os.DirEntry[str]], prefix: str, wanted: Callable[[str, str], bool], folders: list[str]) -> Iterator[Entry]:
    """Yield what may be an input; append the folders to *folders*."""
    for item in found:
        name = prefix + item.name
        if not wanted(item.name, name):
            continue
        try:
            if item.is_dir(follow_symlinks=False):
                folders.append(name)
                continue
            status = item.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        yield entry_of(name, status)
