"""What is on the shelf, and whether it is whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edged.errors import ModelError
from edged.manifest import FILE_NAME, AnyManifest, load_any_manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model folder."""

    folder: Path
    manifest: AnyManifest | None
    problem: str = ""
    shadowed: bool = False  # an earlier folder of the shelf has a model of this name


def list_models(shelf: Iterable[Path]) -> Iterator[Entry]:
    """Every model of the shelf, in the order in which it is looked at, unusable ones too."""
    seen: set[str] = set()
    for place in shelf:
        for folder in sorted(path.parent for path in place.glob(f"[!.]*/{FILE_NAME}")):
            shadowed = folder.name in seen
            seen.add(folder.name)
            try:
                yield Entry(folder=folder, manifest=load_any_manifest(folder), shadowed=shadowed)
            except ModelError as error:
                yield Entry(folder=folder, manifest=None, problem=str(error), shadowed=shadowed)
