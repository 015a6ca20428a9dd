"""A model folder from its recipe."""

import dataclasses
from pathlib import Path

import pytest

from edged.errors import ModelError
from edged.shelf.build import build
from edged.shelf.recipes import CRNN_ZH_EN, Neck


def test_a_recipe_without_its_weights_says_so(tmp_path: Path) -> None:
    """Before anything is fetched, and nothing is left behind."""
    neck = Neck(stem="never-trained", convolved="a", skip="b")
    with pytest.raises(ModelError, match=r"not the weights: .*never-trained\.npz is not there"):
        build(dataclasses.replace(CRNN_ZH_EN, neck=neck), tmp_path / "shelf", check=lambda _: None)
    assert not (tmp_path / "shelf").exists()
