"""A hot folder."""

from typing import Literal

from pydantic import Field

from edged.config.reading import ReadingSection
from edged.config.types import FilePath, NamePattern, Section

IGNORED = (".*", "*.part", "*.partial", "*.tmp", "*.filepart", "*.crdownload", "~$*", "Thumbs.db", "desktop.ini", "@eaDir")


class RetentionSection(Section):
    """How long files stay in done and in failed: each limit holds for each of the two."""

    days: int = Field(default=7, ge=0, le=3650, description="days on which edged ran with its clock set; 0 sets no limit")
    max_bytes: int = Field(default=2**30, ge=0, le=2**60, description="the oldest go first; 0 sets no limit")


class FolderSection(ReadingSection):
    """A hot folder."""

    kind: Literal["folder"] = Field(default="folder", description="folder or camera")
    path: FilePath = Field(description="the drop folder; must exist")
    work: FilePath | None = Field(default=None, description="claimed files; none means <parent>/work/<source>")
    done: FilePath | None = Field(default=None, description="files that were read; none means <parent>/done/<source>")
    failed: FilePath | None = Field(default=None, description="files that were not; none means <parent>/failed/<source>")
    after: Literal["move", "delete", "keep"] = Field(
        default="move", description="move to done or failed; delete what was read; keep all in place, as on a read-only share"
    )
    recursive: bool = Field(default=False, description="also watch the folders inside")
    order: Literal["arrival", "newest"] = Field(default="arrival", description="newest reads the latest file first")
    ignore: tuple[NamePattern, ...] = Field(default=IGNORED, description="shell patterns of names that are left alone")
    settle_seconds: float = Field(
        default=2.0, ge=0.1, le=3600, description="size and time unchanged that long, unless it was closed or moved in"
    )
    stalled_seconds: float = Field(default=60.0, ge=1, le=86400, description="an incomplete file that stopped growing that long ago fails")
    rescan_seconds: float = Field(default=60.0, ge=1, le=3600, description="the folder is listed at least that often, events or not")
    duplicates: Literal["read", "mark", "skip"] = Field(
        default="read", description="equal bytes again: read, mark with the first one's id, or skip"
    )
    duplicates_seconds: float = Field(
        default=86_400.0, ge=1, le=366 * 86_400, description="how long bytes are remembered where duplicates are marked or skipped"
    )
    retention: RetentionSection = Field(default=RetentionSection(), description="how long files stay in done, and likewise in failed")
