"""Failed files back into the drop folder, where they are claimed anew under their old name."""

import contextlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from edged.config import FolderSection
from edged.errors import SourceUnavailable, UsageError
from edged.flow.folder.days import day_folders
from edged.flow.folder.listing import folder_inside, opened
from edged.flow.folder.names import ClaimedName, parse_claimed, printable
from edged.lib.files import fsync_dir, rename_noreplace
from edged.lib.ids import minted_ms
from edged.types import FrameId, SourceName

_AT_ONCE = 500  # files in one call: it runs where others wait for answers
_SIDECAR_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which failed files."""

    ids: Collection[str] = ()  # none means all
    since_ms: int = 0  # claimed then or later
    until_ms: int = 2**63  # claimed before: what fails again meanwhile is not taken twice

    def __contains__(self, id: FrameId) -> bool:
        return (not self.ids or id in self.ids) and self.since_ms <= minted_ms(id) < self.until_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """What one call did; names as people can read them."""

    moved: list[tuple[str, str]] = field(default_factory=list)  # id, name
    left: list[tuple[str, str, str]] = field(default_factory=list)  # id, name, why


def retry_failed(source: SourceName, section: FolderSection, wanted: Wanted) -> Retried:
    """Move failed files of a source back, oldest first, some hundred at a time: call again until nothing moves.

    Raises:
        OSError: The drop folder cannot be opened.
    """
    retried = Retried()
    root = section.failed or section.path.absolute().parent / "failed" / source
    with opened(section.path.resolve()) as inbox:
        for day in day_folders(root):
            with opened(root / day) as folder:
                for name in sorted(_failed_inputs(folder, wanted, source), key=str):
                    if len(retried.moved) >= _AT_ONCE:
                        break
                    _move(name, folder, inbox, retried)
                if retried.moved:
                    fsync_dir(folder)
        if retried.moved:
            fsync_dir(inbox)
    del retried.left[_AT_ONCE:]  # told of; more of them keep nobody else from being moved
    return retried


def _failed_inputs(folder: int, wanted: Wanted, source: SourceName) -> Iterator[ClaimedName]:
    """Inputs, not their sidecars; of a folder that sources share, only those whose sidecar names this one."""
    with os.scandir(folder) as items:
        for item in items:
            claimed = parse_claimed(item.name)
            if claimed is None or claimed.id not in wanted or item.is_dir(follow_symlinks=False):
                continue
            owner = _owner(item.name, folder)
            if owner == source or (owner is None and not item.name.endswith(".json")):
                yield claimed


def _owner(name: str, folder: int) -> str | None:
    """The source that the sidecar of an input names; None without one."""
    try:
        descriptor = os.open(f"{name}.json", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            told = json.loads(file.read(_SIDECAR_BYTES))
    except (OSError, ValueError):
        return None
    return str(told.get("source")) if isinstance(told, dict) else None


def _move(claimed: ClaimedName, folder: int, inbox: int, retried: Retried) -> None:
    name, (head, _, base) = str(claimed), claimed.name.rpartition("/")
    try:
        with folder_inside(inbox, head) as target:
            rename_noreplace(name, base, source_fd=folder, target_fd=target, ours=True)
    except FileExistsError:
        retried.left.append(
            (claimed.id, printable(claimed.name), "a file of that name waits in the drop folder; try again once it was taken")
        )
    except FileNotFoundError:
        if head:
            retried.left.append((claimed.id, printable(claimed.name), "its folder inside the drop folder is gone; make it again"))
    except OSError as error:
        retried.left.append((claimed.id, printable(claimed.name), os.strerror(error.errno or 0)))
    else:
        retried.moved.append((claimed.id, printable(claimed.name)))
        with contextlib.suppress(OSError):
            os.unlink(f"{name}.json", dir_fd=folder)


def retry_verb(sources: Mapping[str, FolderSection]) -> Callable[[Mapping[str, Any]], dict[str, list[list[str]]]]:
    """Answers `edged retry`, for the daemon and without one; arguments are those of `Wanted`, and `source` for one of them.

    The answer has `moved` (source, id, name) and `left` (likewise, and why).
    """

    def retry(arguments: Mapping[str, Any]) -> dict[str, list[list[str]]]:
        ids, only = arguments.get("ids") or [], arguments.get("source")
        times = [arguments.get(key, default) for key, default in (("since_ms", 0), ("until_ms", 2**63))]
        if not (isinstance(ids, list) and all(isinstance(id, str) for id in ids) and all(type(time) is int for time in times)):
            message = "ids must be a list of ids, since_ms and until_ms whole numbers"
            raise UsageError(message, hint="leave them out to retry everything that failed")
        if only is not None and only not in sources:
            message = f"there is no source {only!r}"
            raise UsageError(message, hint=f"known are {', '.join(sorted(sources))}")
        wanted = Wanted(ids=frozenset(ids), since_ms=times[0], until_ms=times[1])
        told: dict[str, list[list[str]]] = {"moved": [], "left": []}
        for name, section in sources.items():
            if section.after == "keep" or only not in (None, name):
                continue
            try:
                retried = retry_failed(SourceName(name), section, wanted)
            except OSError as error:
                message = f"source {name}: failed files cannot be moved back: {error}"
                raise SourceUnavailable(message, hint="check the folders, and use sudo or be the user of edged") from error
            told["moved"] += [[name, *row] for row in retried.moved]
            told["left"] += [[name, *row] for row in retried.left]
        return told

    return retry
