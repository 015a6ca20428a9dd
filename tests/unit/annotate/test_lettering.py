"""Letters as masks."""

import sys
from pathlib import Path

import numpy as np
import pytest

from edged.annotate.fonts import FONTS, first_of
from edged.annotate.lettering import Font, Lettering, Strokes, height, lettering, numbered

FONT = first_of()
needs_font = pytest.mark.skipif(FONT is None, reason="no font with Chinese is installed here")


def both() -> list[Lettering]:
    return [Strokes(), *([Font(FONT)] if FONT else [])]


@pytest.mark.parametrize("letters", both())
@pytest.mark.parametrize("text", ["", "LOT A17-042", "中文 gjpq", "\n\x00"])
@pytest.mark.parametrize("size", [10, 14, 96])
def test_a_mask_has_the_size_that_was_told(letters: Lettering, text: str, size: int) -> None:
    """Whoever makes room for a text can rely on it; nothing is written beyond."""
    mask = letters.mask(text, size)
    assert mask.shape == (height(size), letters.width(text, size))
    assert (mask.max() > 100) == bool(text)


@needs_font
def test_chinese_comes_out() -> None:
    """Each character has a shape of its own."""
    assert FONT
    letters = Font(FONT)
    zhong, guo = letters.mask("中", 32), letters.mask("国", 32)
    assert zhong.shape == guo.shape
    assert np.count_nonzero(zhong != guo) > 100
    assert letters.width("中", 32) < letters.width("U+4E2D", 32)


@needs_font
def test_what_the_font_does_not_have_is_drawn_as_its_number() -> None:
    """An empty box could be anything."""
    assert FONT
    letters = Font(FONT)
    assert np.array_equal(letters.mask("\U0001f9c0", 32), letters.mask("U+1F9C0", 32))


def test_strokes_know_ascii_and_number_the_rest() -> None:
    """Nothing is left out, and a line end forges nothing."""
    assert numbered("a中文b\n") == "a U+4E2D U+6587 b\\n"


def test_without_a_font_or_pillow_it_is_said_and_strokes_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words name the remedy."""
    letters, lacks = lettering([tmp_path / "none.ttf"])
    assert isinstance(letters, Strokes)
    assert "U+4E2D" in lacks
    assert "apt-get install fonts-wqy-microhei" in lacks
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    assert "cannot be used" in lettering([tmp_path / "broken.ttf"]).lacks
    monkeypatch.setitem(sys.modules, "PIL", None)
    letters, lacks = lettering()
    assert isinstance(letters, Strokes)
    assert "pip install 'edged[annotate]'" in lacks


def test_the_small_font_that_is_installed_comes_first() -> None:
    """As the set-ups name it."""
    scripts = Path(__file__).resolve().parents[3] / "scripts"
    assert all(str(FONTS[0]) in (scripts / name).read_text(encoding="utf-8") for name in ("install.sh", "setup.sh"))
