"""From a shelf to a loaded model: files are read, checked, and used from memory.

Nothing is built from a path: what was hashed is what runs, even if the files change a moment later.
"""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from edged.errors import ModelError, ModelUnavailable
from edged.manifest import (
    FILE_NAME,
    AnyManifest,
    DetectorManifest,
    GoldenLine,
    GoldenPicture,
    ModelManifest,
    Precision,
    Weights,
    detector_digest_of,
    digest_of,
    load_detector_manifest,
    load_manifest,
)
from edged.types import ModelRef

_TRIES = 20  # while somebody is still copying
_PAUSE_SECONDS = 0.5

_Model = TypeVar("_Model")


class Ir:
    """What OpenVINO builds a model from: in memory until it is let go, then in its files, which must still say the same."""

    def __init__(self, xml: Path, weights: Path, files: Weights) -> None:
        """Read both now.

        Raises:
            ModelError: One is not what the manifest says; ModelUnavailable where it cannot be read.
        """
        self._files = ((xml, files.xml_sha256), (weights, files.bin_sha256))
        self._kept: tuple[bytes, bytes] | None = self._read()

    def read(self) -> tuple[bytes, bytes]:
        """The `xml` and the weights.

        Raises:
            ModelError: They were let go, and their files changed since; ModelUnavailable where these cannot be read.
        """
        return self._kept or self._read()

    def let_go(self) -> None:
        """For who has built it: eleven megabytes that are wanted again only where it fails."""
        self._kept = None

    def _read(self) -> tuple[bytes, bytes]:
        (xml, xml_sha256), (weights, weights_sha256) = self._files
        return _read(xml, xml_sha256), _read(weights, weights_sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model that is complete, and what its manifest says."""

    manifest: ModelManifest = field(repr=False)
    ref: ModelRef
    charset: tuple[str, ...] = field(repr=False)  # by class; "" at the blank
    ir: Ir = field(repr=False)
    golden: tuple[GoldenLine, ...] = field(repr=False)

    @property
    def turned_index(self) -> int | None:
        """The class that says that the line stands upside down; None where the model has none."""
        turned = self.manifest.charset.turned
        return None if turned is None else self.charset.index(turned)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedDetector:
    """A detector that is complete, and what its manifest says."""

    manifest: DetectorManifest = field(repr=False)
    ref: ModelRef
    ir: Ir = field(repr=False)
    golden: tuple[GoldenPicture, ...] = field(repr=False)


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
    return _quiet(find_model(shelf, name), lambda folder: _load(folder, name, precision), wait)


def load_detector(
    shelf: Iterable[Path], name: str, precision: str = "auto", *, wait: Callable[[float], object] = time.sleep
) -> LoadedDetector:
    """Load the detector *name*; everything else as `load_model`."""
    return _quiet(find_model(shelf, name), lambda folder: _load_detector(folder, name, precision), wait)


def _quiet(folder: Path, load: Callable[[Path], _Model], wait: Callable[[float], object]) -> _Model:
    """Load from *folder*; on an error again as long as its files still change."""
    stamps = _stamps(folder)
    for _ in range(_TRIES):
        try:
            return load(folder)
        except ModelError:
            wait(_PAUSE_SECONDS)
            before, stamps = stamps, _stamps(folder)
            if before == stamps:
                raise
    return load(folder)


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
    chosen, ir = _ir(folder, manifest, name, precision)
    charset = _read(folder / manifest.charset.file, manifest.charset.sha256)
    golden = tuple(GoldenLine(name=g.file, data=_read(folder / g.file), text=g.text) for g in manifest.golden)
    xml, weights = ir.read()
    digest = digest_of(manifest, xml=xml, weights=weights, charset=charset)
    return LoadedModel(
        manifest=manifest,
        ref=ModelRef(name=name, precision=chosen, digest=digest),
        charset=_classes(folder, manifest, charset),
        ir=ir,
        golden=golden,
    )


def _load_detector(folder: Path, name: str, precision: str) -> LoadedDetector:
    manifest = load_detector_manifest(folder)
    chosen, ir = _ir(folder, manifest, name, precision)
    golden = tuple(GoldenPicture(name=g.file, data=_read(folder / g.file), boxes=g.boxes) for g in manifest.golden)
    xml, weights = ir.read()
    digest = detector_digest_of(manifest, xml=xml, weights=weights)
    return LoadedDetector(manifest=manifest, ref=ModelRef(name=name, precision=chosen, digest=digest), ir=ir, golden=golden)


def _ir(folder: Path, manifest: AnyManifest, name: str, precision: str) -> tuple[Precision, Ir]:
    """The precision that is meant, and its files."""
    if manifest.name != name:
        msg = f"{folder / FILE_NAME}: the manifest is of the model {manifest.name}, the folder is called {name}"
        raise ModelError(msg, hint="rename the folder to the model's name")
    chosen = _choose(manifest, precision)
    files = manifest.files[chosen]
    return chosen, Ir(folder / files.xml, folder / files.bin, files)


def _choose(manifest: AnyManifest, wanted: str) -> Precision:
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
    turned = manifest.charset.turned
    if turned is not None and lines.count(turned) != 1:
        msg = (
            f"{folder / FILE_NAME}: charset.turned is {turned!r}, which is {lines.count(turned)} of the {len(lines)} classes, expected one"
        )
        raise ModelError(msg, hint="name the class that says upside down, or leave the key out: build the model again")
    return classes


def _stamps(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Size and time of every file: equal twice means nobody is writing."""
    found = ((path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file())
    return tuple((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in found)
