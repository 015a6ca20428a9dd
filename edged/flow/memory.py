"""What is remembered of a folder's files beyond the life of the process, as seams: the outbox keeps it, the folder asks."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

from edged.types import FrameId, SourceName


class Mark(NamedTuple):
    """Tells one state of a file from any other without reading it. Text, because no integer of SQLite holds every inode or time."""

    written: str  # size and time: both differ after an ordinary write
    identity: str  # inode and its time: also differ after a replacement with equal size and time, after chmod, and after some remounts

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """The mark of what was looked at."""
        return cls(f"{status.st_size}:{status.st_mtime_ns}", f"{status.st_ino}:{status.st_ctime_ns}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """The newest input that a path was."""

    path: str  # in the folder; surrogates stand for bytes that are not UTF-8
    mark: Mark
    sha256: str | None  # None where it could not be read
    id: FrameId
    attempt: int = 1


class KeptFiles(Protocol):
    """Files that are read and stay where they are. What is not synced survives the process, and stands before every later commit.

    So after a power cut either the claim is there, or nothing was committed for it: the file is then found again.
    """

    def fresh(self, source: SourceName, files: Sequence[tuple[str, Mark]]) -> set[str]:
        """The paths among these that are not known with this mark."""

    def find(self, source: SourceName, path: str) -> KeptFile | None:
        """What a path was when it was claimed last."""

    def claim(self, source: SourceName, file: KeptFile) -> None:
        """Note a claim, in place of what the path was before. Not synced."""

    def remark(self, source: SourceName, path: str, mark: Mark) -> None:
        """The file is what it was, under a new mark. Not synced."""

    def count_attempt(self, id: FrameId) -> None:
        """One more attempt at this claim. Not synced."""

    def claims(self, source: SourceName) -> list[KeptFile]:
        """What was claimed and never filed, in the order of the claims."""

    def forget(self, source: SourceName, paths: Sequence[str]) -> None:
        """These were never inputs, as it were. Not synced."""

    def count(self, source: SourceName) -> int:
        """How many files are known."""

    def oldest(self, source: SourceName, after: FrameId | None, limit: int) -> list[KeptFile]:
        """What was claimed longest ago, after this id."""


class Contents(Protocol):
    """Which input had which bytes first."""

    def first(self, source: SourceName, sha256: str, at: float, window: float) -> FrameId | None:
        """The remembered input that had these bytes within *window* seconds of *at*."""

    def remember(self, source: SourceName, sha256: str, id: FrameId, at: float) -> None:
        """These bytes were read, claimed at that time as *id*. Not synced: what a power cut takes is read once more."""
