"""Work folders of earlier configurations: what was claimed into them must not be forgotten."""

import json
from collections.abc import Collection
from pathlib import Path

from edged.errors import OutboxError
from edged.flow.folder.names import parse_claimed, printable
from edged.lib.files import atomic_write


def former_work(memory: Path, used: Collection[Path]) -> tuple[Path, ...]:
    """Remember the work folders in use, before anything is claimed; return others that still hold claimed files.

    A folder that no source uses any more is forgotten once it is empty or gone.

    Args:
        memory: The file that remembers.
        used: One work folder of this instance per source.

    Raises:
        OutboxError: It cannot be read or written.
    """
    try:
        known = _known(memory)
        former = tuple(folder for folder in known if folder not in used and _holds_claimed(folder))
        now = sorted({*used, *former})
        if now != known:
            atomic_write(memory, json.dumps([str(folder) for folder in now], indent=2).encode(), mode=0o640)
    except (OSError, ValueError) as error:
        message = f"{memory} cannot be read or written: {error}"
        raise OutboxError(message, hint="check the disk and who may write there; if its content is damaged, remove it") from error
    return former


def remedy(folder: Path) -> str:
    """What to do about one of them."""
    what = f"no source uses the work folder {printable(str(folder))} any more, and it holds claimed files"
    return f"{what}; move them back into a drop folder, they are read again, and restart edged"


def _known(memory: Path) -> list[Path]:
    try:
        return [Path(folder) for folder in json.loads(memory.read_bytes())]
    except FileNotFoundError:
        return []


def _holds_claimed(folder: Path) -> bool:
    try:
        return any(parse_claimed(path.name) for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # nobody can tell
        return True
