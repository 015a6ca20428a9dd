"""Where inbox, work, done and failed are, and that files can be moved between them."""

import errno
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edged.config import FolderSection
from edged.errors import SourceError, SourceUnavailable
from edged.types import SourceName

_REMEDIES = {
    errno.EXDEV: "put them on one file system and into one mount (one path in the unit's ReadWritePaths)",
    errno.EACCES: "give the user of edged write access to both folders",
    errno.EPERM: "give the user of edged write access to both folders, and remove attributes such as immutable",
    errno.EROFS: "mount it writable, and name it in the unit's ReadWritePaths",
    errno.ENOSPC: "make room on the disk",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The folders of one source, as absolute paths without links."""

    source: SourceName
    inbox: Path
    work: Path  # holds one folder per instance
    done: Path | None  # None: what was read is removed
    failed: Path


def places_of(source: SourceName, section: FolderSection) -> Places:
    """Resolve the folders of a source; work, done and failed are made where they are missing.

    Raises:
        SourceError: The inbox is no folder, or one folder lies inside another.
        SourceUnavailable: The inbox is missing, or another folder cannot be made.
    """
    require_inbox(source, section.path)
    parent = section.path.absolute().parent
    return Places(
        source=source,
        inbox=section.path.resolve(),
        work=_made(source, "work", section.work or parent / "work" / source, section.path),
        done=None if section.after == "delete" else _made(source, "done", section.done or parent / "done" / source, section.path),
        failed=_made(source, "failed", section.failed or parent / "failed" / source, section.path),
    )


def require_inbox(source: SourceName, path: Path) -> None:
    """A folder that is missing may be a mount that comes later; a file in its place is a typing error.

    Raises:
        SourceError: It is no folder.
        SourceUnavailable: It is missing, or cannot be looked at.
    """
    refused, hint = f"source {source}: the drop folder {path} cannot be used", f"make it (mkdir -p {path}) or correct sources.{source}.path"
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            return
    except FileNotFoundError as error:
        message = f"{refused}: there is no such folder"
        raise SourceUnavailable(message, hint=hint) from error
    except OSError as error:
        message = f"{refused}: {os.strerror(error.errno or 0)}"
        raise SourceUnavailable(message, hint=_remedy(error)) from error
    message = f"{refused}: it is not a folder"
    raise SourceError(message, hint=hint)


def _made(source: SourceName, role: str, path: Path, inbox: Path) -> Path:
    target, drop = path.resolve(), inbox.resolve()
    if target.is_relative_to(drop) or drop.is_relative_to(target):
        message = f"source {source}: the {role} folder {path} and the drop folder {inbox} lie inside one another"
        raise SourceError(message, hint=f"put sources.{source}.{role} beside the drop folder")
    try:
        target.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        message = f"source {source}: the {role} folder {path} cannot be made: {os.strerror(error.errno or 0)}"
        raise SourceUnavailable(message, hint=_remedy(error)) from error
    return target


def prove_moves(places: Places, instance: Path) -> None:
    """Move an empty folder the way that files will go: inbox, work, done, failed.

    A folder is never taken for an input, and nothing but a real move tells a bind mount, a quota or a
    sandbox from a folder that works.

    Raises:
        SourceUnavailable: A move is not possible, with its remedy.
    """
    name = f".edged-probe-{instance.name}"
    way = [places.inbox, instance, *([places.done] if places.done else []), places.failed]
    at = way[0]
    try:
        with os.scandir(at):
            pass
        with suppress(FileExistsError):  # left by a process that was killed here
            (at / name).mkdir()
        for target in way[1:]:
            (at / name).rename(target / name)
            at = target
    except OSError as error:
        step = at if at == places.failed else way[way.index(at) + 1]
        message = f"source {places.source}: files cannot be moved from {at} to {step}: {os.strerror(error.errno or 0)}"
        raise SourceUnavailable(message, hint=_remedy(error)) from error
    finally:
        with suppress(OSError):
            (at / name).rmdir()


def _remedy(error: OSError) -> str:
    return _REMEDIES.get(error.errno or 0, "check the folder and the disk")
