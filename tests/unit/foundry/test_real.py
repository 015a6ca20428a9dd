"""The real training pictures: which are held out, and that their wear is a function of the generator."""

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("PIL", reason="the foundry's renderer draws with Pillow")
pytest.importorskip("fontTools", reason="the foundry's renderer checks glyphs with fontTools")

from scripts.foundry import real


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> real.Real:
    """A folder of forty little pictures in the layout of the training data."""
    root = tmp_path / "train" / "markers"
    (root / "images").mkdir(parents=True)
    rows = []
    for number in range(40):
        picture = np.full((20, 40, 3), number, np.uint8)
        picture[5:15, 10:30] = 255
        cv2.imwrite(str(root / "images" / f"{number}.png"), picture)
        rows.append(f"images/{number}.png\tX{number // 2}")
    (root / "labels.tsv").write_text("\n".join(rows) + "\n", encoding="utf8")
    monkeypatch.setattr(real, "SHARED", tmp_path)
    return real.Real("markers")


def test_a_text_stands_on_one_side_of_the_split_only(folder: real.Real) -> None:
    """Photographs of the same marker never stand on both sides."""
    train, held = folder.split()
    assert len(train) + len(held) == 40
    assert not {each.text for each in train} & {each.text for each in held}


def test_the_source_draws_only_from_the_training_side(folder: real.Real) -> None:
    """Held-out texts are never drawn, and the same generator gives the same picture."""
    train, _ = folder.split()
    source = folder.source()
    for seed in range(30):
        first, second = source(np.random.default_rng(seed)), source(np.random.default_rng(seed))
        assert first.text in {each.text for each in train}
        assert first.kind == "real_markers"
        assert np.array_equal(first.image, second.image)


def test_a_folder_that_is_not_there_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the path and the variable to set."""
    monkeypatch.setattr(real, "SHARED", tmp_path)
    with pytest.raises(FileNotFoundError, match="EDGED_SHARED"):
        real.Real("nowhere").split()
