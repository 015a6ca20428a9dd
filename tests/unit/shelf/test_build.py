"""A model folder from its recipe."""

import dataclasses
import json
from pathlib import Path

import pytest
import yaml

from edged.errors import ModelError
from edged.flow.model_files import load_model
from edged.manifest import FILE_NAME, Golden
from edged.shelf import build as building
from edged.shelf.build import build
from edged.shelf.recipes import CRNN_ZH_EN, RECIPES, Carried, Neck
from tests.doubles.shelf import make_model
from tests.doubles.toy_model import make_toy


def test_a_recipe_without_its_weights_says_so(tmp_path: Path) -> None:
    """Before anything is fetched, and nothing is left behind."""
    neck = Neck(stem="never-trained", front="a")
    with pytest.raises(ModelError, match=r"not the weights: .*never-trained\.npz is not there"):
        build(dataclasses.replace(CRNN_ZH_EN, neck=neck), tmp_path / "shelf", check=lambda _: None)
    with pytest.raises(ModelError, match=r"not the weights: .*never-trained/model\.yaml is not there"):
        build(Carried(name="never-trained"), tmp_path / "shelf", check=lambda _: None)
    assert not (tmp_path / "shelf").exists()


@pytest.fixture
def carried(tmp_path: Path) -> Carried:
    """A model that is carried ready-made."""
    make_toy(tmp_path / "weights", "toy", "A")
    digest = load_model([tmp_path / "weights"], "toy").ref.digest
    (tmp_path / "weights" / "toy.digests.json").write_text(json.dumps({"fp16": digest}))
    return Carried(name="toy", place=tmp_path / "weights")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_carried_model_is_put_on_the_shelf_byte_for_byte(carried: Carried, tmp_path: Path) -> None:
    """Once: a model that stands is only checked, and one of an earlier version or with damage is replaced."""
    shelf = tmp_path / "shelf"

    def check(place: Path) -> None:
        load_model([place], "toy", wait=lambda _: None)

    assert build(carried, shelf, check=check)
    assert contents(shelf / "toy") == contents(tmp_path / "weights" / "toy")
    assert not build(carried, shelf, check=check)
    (shelf / "toy" / "fp16" / "model.bin").write_bytes(b"damaged")
    assert build(carried, shelf, check=check)
    with (shelf / "toy" / "model.yaml").open("a") as file:
        file.write("# before\n")
    assert build(carried, shelf, check=check)
    assert contents(shelf / "toy") == contents(tmp_path / "weights" / "toy")
    assert [path.name for path in shelf.iterdir()] == ["toy"]


def test_carried_files_that_are_not_the_pinned_ones_are_refused(carried: Carried, tmp_path: Path) -> None:
    """Whatever came in between: an editor, a tool that changes the ends of lines, half an export."""
    with (tmp_path / "weights" / "toy" / "fp16" / "model.xml").open("a") as file:
        file.write("<!-- -->")
    with pytest.raises(ModelError, match="toy fp16: the digest of what was made is"):
        build(carried, tmp_path / "shelf", check=lambda _: None)
    assert list((tmp_path / "shelf").iterdir()) == []


def test_every_recipe_has_a_name_of_its_own() -> None:
    """Two of one name would replace each other on the shelf."""
    assert len({recipe.name for recipe in RECIPES}) == len(RECIPES)


def test_a_model_with_other_remembered_lines_is_made_anew(tmp_path: Path) -> None:
    """They are no part of the digest, but whoever learns here would forget what the new ones hold."""
    for name in ("tiny.npz", "tiny.remembered.zip"):
        (tmp_path / name).write_bytes(b"first")
    recipe = dataclasses.replace(CRNN_ZH_EN, neck=Neck(stem="tiny", front="a", folder=tmp_path))
    folder = make_model(tmp_path / "shelf" / recipe.name)
    said = {"provenance": building._provenance(recipe, "none"), "remembered": building.remembered(b"first"), "input": recipe.input}
    golden = [Golden(file=f"golden/{name}", text=text).model_dump(mode="json") for name, text in recipe.golden]
    manifest = yaml.safe_load((folder / FILE_NAME).read_text()) | {key: part.model_dump(mode="json") for key, part in said.items() if part}
    (folder / FILE_NAME).write_text(yaml.safe_dump(manifest | {"golden": golden}))
    assert building._is_made(recipe, folder)
    (tmp_path / "tiny.remembered.zip").write_bytes(b"second")
    assert not building._is_made(recipe, folder)
