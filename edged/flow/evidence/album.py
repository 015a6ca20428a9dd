"""Where the pictures of a source lie: state_dir/evidence/<source>/YYYY-MM-DD/<id>.jpg."""

import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edged.config import Config, EvidenceSection, RetentionSection
from edged.flow.folder.retention import Place
from edged.lib.files import atomic_write
from edged.lib.ids import is_id
from edged.types import Reading, SourceName

_ENDING: Final = ".jpg"
_LEAST_FREE: Final = 128 * 2**20  # bytes on the file system: readings need the last of them
_SECTION: Final = "evidence"

Free = Callable[[Path], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of the pictures of a source that were asked for, since start."""

    kept: int = 0
    bytes: int = 0  # of those
    dropped: int = 0  # more than could be drawn, or the disk refused


class Album:
    """The pictures of one source. `keep` belongs to one thread, all else may be asked from any."""

    def __init__(self, root: Path, limits: RetentionSection, *, free: Free = lambda folder: shutil.disk_usage(folder).free) -> None:
        """Keep them below *root*, which need not be there; *free* tells the bytes that are left on its file system."""
        self.root, self._limits, self._free = root, limits, free
        self._kept = self._bytes = self._dropped = 0
        self._lock = threading.Lock()

    def keep(self, reading: Reading, data: bytes) -> None:
        """Write a picture, whole and durable.

        Raises:
            OSError: There is no room, or the disk refuses.
        """
        folder = self.root / str(reading.captured_at.date())
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        self.check()
        atomic_write(folder / f"{reading.id}{_ENDING}", data, mode=0o640)
        self._kept, self._bytes = self._kept + 1, self._bytes + len(data)

    def check(self) -> None:
        """Whether a picture may be written.

        Raises:
            OSError: The reason why not.
        """
        self.root.mkdir(mode=0o750, parents=True, exist_ok=True)
        if self._free(self.root) < _LEAST_FREE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.root))
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(self.root))

    def drop(self) -> int:
        """Count one that is not kept; how many there are now."""
        with self._lock:
            self._dropped += 1
            return self._dropped

    def counts(self) -> Kept:
        """What became of pictures."""
        return Kept(kept=self._kept, bytes=self._bytes, dropped=self._dropped)

    @property
    def place(self) -> Place:
        """For whoever looks after how long they stay."""
        return Place(root=self.root, limits=self._limits, filed=lambda: self._bytes, ours=_ours, section=_SECTION)


def albums(config: Config) -> dict[SourceName, Album]:
    """One for each source, whether it keeps pictures now or not: what it kept before goes in its time."""
    return {
        SourceName(name): Album(config.state_dir / _SECTION / name, _limits(source.evidence)) for name, source in config.sources.items()
    }


def places(state_dir: Path, known: Mapping[SourceName, Album]) -> Iterator[Place]:
    """Their places, and those of sources that are gone, whose pictures go in the time of the defaults."""
    yield from (album.place for album in known.values())
    try:
        found = sorted((state_dir / _SECTION).iterdir())
    except OSError:
        return
    yield from (Album(folder, _limits(EvidenceSection())).place for folder in found if folder.is_dir() and folder.name not in known)


def _limits(section: EvidenceSection) -> RetentionSection:
    return RetentionSection(days=section.days, max_bytes=section.max_bytes)


def _ours(name: str) -> bool:
    return name.endswith(_ENDING) and is_id(name.removesuffix(_ENDING))
