"""Letters as masks. The door to Pillow, which is asked for letters only: no file of anybody is opened with it.

OpenCV's own letters are strokes, and ASCII; its FreeType module is not in the headless wheels. Without Pillow or a font
each other character is drawn as its number, such as U+4E2D: ugly, but nothing is left out or guessed.
"""

import math
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from edged.annotate.fonts import FONTS, first_of
from edged.lib.logs import printable

Mask = npt.NDArray[np.uint8]  # H x W, 255 where a letter covers the pixel

_NOBODY: Final = "\uffff"  # no font draws it: what it looks like is what is missing
_FACE: Final = cv2.FONT_HERSHEY_SIMPLEX
_CAPITALS: Final = 0.72  # of the size of a letter: as high as the capitals of most fonts
_TAIL: Final = 0.28  # of the size: below the line
_NUMBERS: Final = "characters beyond ASCII are drawn as numbers such as U+4E2D"


class Lettering(Protocol):
    """Draws one line of text. Any thread may ask."""

    def width(self, text: str, size: int) -> int:
        """Pixels across, for letters of *size* pixels."""

    def mask(self, text: str, size: int) -> Mask:
        """The line as a mask, `height(size)` high and `width(text, size)` wide."""


class Choice(NamedTuple):
    """What draws here, and what somebody should know about it."""

    lettering: Lettering
    lacks: str = ""  # what cannot be drawn, and the remedy; empty where all is well


def height(size: int) -> int:
    """The height of a line of letters of *size* pixels."""
    return math.ceil(size * (1 + _TAIL))


def lettering(fonts: Iterable[Path] = FONTS) -> Choice:
    """The best that is installed."""
    try:
        from PIL import ImageFont
    except ImportError:
        return Choice(Strokes(), f"{_NUMBERS}: Pillow is not installed; pip install 'edged[annotate]'")
    font = first_of(fonts)
    if font is None:
        return Choice(Strokes(), f"{_NUMBERS}: no font for them is installed; apt-get install fonts-wqy-microhei")
    try:
        ImageFont.truetype(font, 16)
    except OSError as error:
        return Choice(Strokes(), f"{_NUMBERS}: the font {font} cannot be used ({error}); apt-get install --reinstall fonts-wqy-microhei")
    return Choice(Font(font))


class Strokes:
    """OpenCV's own letters."""

    def width(self, text: str, size: int) -> int:
        """See `Lettering`."""
        (wide, _), _ = cv2.getTextSize(numbered(text), _FACE, *_stroke(size))
        return wide + 2

    def mask(self, text: str, size: int) -> Mask:
        """See `Lettering`."""
        mask = np.zeros((height(size), self.width(text, size)), np.uint8)
        scale, thick = _stroke(size)
        cv2.putText(mask, numbered(text), (1, size), _FACE, scale, 255, thick, cv2.LINE_AA)
        return mask


class Font:
    """A font file, drawn by FreeType through Pillow."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened = lru_cache(maxsize=8)(self._open)
        self._has = lru_cache(maxsize=4096)(self._draws)

    def width(self, text: str, size: int) -> int:
        """See `Lettering`."""
        length: float = self._opened(size).getlength(self._drawable(text))
        return math.ceil(length) + 1

    def mask(self, text: str, size: int) -> Mask:
        """See `Lettering`."""
        from PIL import Image, ImageDraw

        image = Image.new("L", (self.width(text, size), height(size)))
        ImageDraw.Draw(image).text((0, size), self._drawable(text), fill=255, font=self._opened(size), anchor="ls")
        return np.array(image)

    def _drawable(self, text: str) -> str:
        """What is not in the font as its number."""
        return _spelled(text, self._has)

    def _draws(self, character: str) -> bool:
        return character.isspace() or self._shape(character) != self._shape(_NOBODY)

    def _shape(self, character: str) -> bytes:
        return bytes(self._opened(32).getmask(character))

    def _open(self, size: int) -> Any:
        from PIL import ImageFont

        # BASIC: the other layout engine is a library that may or may not be there, and labels must not differ by it.
        return ImageFont.truetype(self._path, size, layout_engine=ImageFont.Layout.BASIC)


def numbered(text: str) -> str:
    """ASCII as it is, each other character as its number."""
    return _spelled(text, lambda one: " " <= one <= "~")


def _spelled(text: str, has: Callable[[str], bool]) -> str:
    """What cannot be drawn as its number, apart from what follows."""
    spelled = "".join(one if has(one) else f"\0U+{ord(one):04X}\0" for one in printable(text))
    return spelled.strip("\0").replace("\0\0", " ").replace("\0", " ")


def _stroke(size: int) -> tuple[float, int]:
    """The scale and the thickness of strokes for letters of that size."""
    thick = max(1, round(size / 12))
    return cv2.getFontScaleFromHeight(_FACE, max(6, round(size * _CAPITALS)), thick), thick
