"""From a shelf to a loaded model: files are read once, checked, and used from memory.

Nothing is built from a path: what was hashed is what runs, even if the files change a moment later.
"""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from edged.errors import ModelError, ModelUnavailable
from edged.manifest import FILE_NAME, ModelManifest, Precision, digest_of, load_manifest
from edged.types import ModelRef

_TRIES = 20  # while somebody is still copying
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenLine:
    """A picture file whose text the model must read."""

    name: str
    data: bytes = field(repr=False)
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model in memory: complete, and what its manifest says."""

    manifest: ModelManifest = field(repr=False)
    ref: ModelRef
    charset: tuple[str, ...] = field(repr=False)  # by class; "" at the blank
    xml: bytes = field(repr=False)
    weights: bytes = field(repr=False)
    golden: tuple[GoldenLine, ...] = field(repr=False)


def load_model(shelf: Iterable[Path], name: str, precision: str = "auto", *, wait: Callable[[float], object] = time.sleep) -> LoadedModel:
    """Load the model *name* from the first folder of the shelf that has it.

    A model that contradicts its manifest is tried again as long as its files still change.

    Args:
        shelf: Folders of models, looked at in order.
        name: The model's folder.
        precision: `fp16`, `int8`, or `auto` for the best that the model has.
        wait: Called with seconds between two tries.

    Raises:
        ModelError: It is missing, damaged, or lacks the precision; ModelUnavailable where it cannot be read now.
    """
    folder = find_model(shelf, name)
    stamps = _stamps(folder)
    for _ in range(_TRIES):
        try:
            return _load(folder, name, precision)
        except ModelError:
            wait(_PAUSE_SECONDS)
            before, stamps = stamps, _stamps(folder)
            if before == stamps:
                raise
    return _load(folder, name, precision)


def find_model(shelf: Iterable[Path], name: str) -> Path:
    """The folder of the model.

    Raises:
        ModelError: No folder of the shelf has it.
        ModelUnavailable: They cannot be looked at now.
    """
    places = tuple(shelf)
    for place in places:
        try:
            if (place / name / FILE_NAME).is_file():
                return place / name
        except OSError as error:
            msg = f"{place / name}: cannot be looked at: {error.strerror}"
            raise ModelUnavailable(msg, hint="check the disk, and that the user of edged may read it") from error
    looked = " and ".join(str(place / name / FILE_NAME) for place in places)
    msg = f"there is no model {name}: looked for {looked}"
    raise ModelError(msg, hint="run `edged models build`, or `edged models list` for the names there are")


def _load(folder: Path, name: str, precision: str) -> LoadedModel:
    manifest = load_manifest(folder)
    if manifest.name != name:
        msg = f"{folder / FILE_NAME}: the manifest is of the model {manifest.name}, the folder is called {name}"
        raise ModelError(msg, hint="rename the folder to the model's name")
    chosen = _choose(manifest, precision)
    files = manifest.files[chosen]
    xml = _read(folder / files.xml, files.xml_sha256)
    weights = _read(folder / files.bin, files.bin_sha256)
    charset = _read(folder / manifest.charset.file, manifest.charset.sha256)
    golden = tuple(GoldenLine(name=g.file, data=_read(folder / g.file), text=g.text) for g in manifest.golden)
    digest = digest_of(manifest, xml=xml, weights=weights, charset=charset)
    return LoadedModel(
        manifest=manifest,
        ref=ModelRef(name=name, precision=chosen, digest=digest),
        charset=_classes(folder, manifest, charset),
        xml=xml,
        weights=weights,
        golden=golden,
    )


def _choose(manifest: ModelManifest, wanted: str) -> Precision:
    for precision in manifest.files:
        if wanted in (precision, "auto"):
            return precision
    msg = f"the model {manifest.name} has no {wanted} files, only {', '.join(manifest.files)}"
    raise ModelError(msg, hint="set `model.precision` to auto")


def _read(path: Path, expected: str | None = None) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise ModelUnavailable(msg, hint="build the model again: edged models build") from error
    found = hashlib.sha256(content).hexdigest()
    if expected is not None and found != expected:
        msg = f"{path}: SHA-256 is {found}, the manifest says {expected} ({len(content)} bytes read)"
        raise ModelError(msg, hint="the file was changed or is incomplete: build or copy the model again")
    return content


def _classes(folder: Path, manifest: ModelManifest, content: bytes) -> tuple[str, ...]:
    """The charset with the blank in its place. Only LF ends a line: a class may be any other white space."""
    lines = content.decode("utf-8").removesuffix("\n").split("\n")
    blank = manifest.charset.blank
    classes = (*lines[:blank], "", *lines[blank:])
    if len(classes) != manifest.charset.classes or blank > len(lines):
        msg = f"{folder / manifest.charset.file}: {len(lines)} classes and a blank at {blank}, the manifest says {manifest.charset.classes}"
        raise ModelError(msg, hint="build the model again: edged models build")
    return classes


def _stamps(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Size and time of every file: equal twice means nobody is writing."""
    found = ((path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file())
    return tuple((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in found)
