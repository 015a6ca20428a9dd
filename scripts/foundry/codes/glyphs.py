"""Lines of glyphs as coverage masks: each glyph is drawn once per face and size and then only placed."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

Mask: TypeAlias = NDArray[np.uint8]
"""How much of each pixel is ink, 0 to 255."""

_HERSHEY = {
    "hershey-simplex": cv2.FONT_HERSHEY_SIMPLEX,
    "hershey-plain": cv2.FONT_HERSHEY_PLAIN,
    "hershey-duplex": cv2.FONT_HERSHEY_DUPLEX,
}
_REACH = 1.45
"""The height of a glyph's cell in parts of the font size: room for ascenders and descenders."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph in its cell; `advance` is the width it takes in the line, `left` where its ink starts."""

    mask: Mask
    advance: float
    left: int


@lru_cache(maxsize=512)
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    path, _, index = face.rpartition("#")
    return ImageFont.truetype(path, size, index=int(index), layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=12_000)
def glyph(face: str, size: int, character: str, weight: int = 0) -> Glyph:
    """One character; `weight` thickens the strokes of a stroked face (names that begin with `hershey-`) in pixels."""
    height = round(size * _REACH)
    if face in _HERSHEY:
        return _stroked(face, size, character, height, max(1, weight))
    font = _font(face, size)
    left, _, right, _ = font.getbbox(character, anchor="ls")
    ink = Pillow.new("L", (max(1, int(right - left) + 2), height))
    ImageDraw.Draw(ink).text((1 - left, round(size * 1.05)), character, fill=255, font=font, anchor="ls")
    return Glyph(np.asarray(ink), float(font.getlength(character)), int(left) - 1)


def _stroked(face: str, size: int, character: str, height: int, weight: int) -> Glyph:
    kind = _HERSHEY[face]
    (_, unit), _ = cv2.getTextSize("0", kind, 1.0, 1)
    scale = size * 0.72 / unit
    (width, _), _ = cv2.getTextSize(character, kind, scale, 1)
    ink = np.zeros((height, width + 2 * weight + 2), np.uint8)
    cv2.putText(ink, character, (weight + 1, round(size * 1.05)), kind, scale, 255, weight, cv2.LINE_AA)
    return Glyph(ink, float(width), -weight - 1)


def line(text: str, face: str, size: int, *, tracking: float = 0.0, weight: int = 0, steps: NDArray[np.float64] | None = None) -> Mask:
    """The ink of a line, cut to its width; `tracking` widens each step by parts of the size, `steps` moves each glyph down by pixels."""
    glyphs = [glyph(face, size, character, weight) for character in text]
    room = size // 2
    total = sum(each.advance for each in glyphs) + max(0.0, tracking) * size * len(glyphs)
    out = np.zeros((round(size * _REACH), int(total) + 2 * room + size), np.uint8)
    at = float(room)
    for place, each in enumerate(glyphs):
        x = max(0, round(at) + each.left)
        shifted = each.mask if steps is None else np.roll(each.mask, round(float(steps[place])), axis=0)
        width = min(shifted.shape[1], out.shape[1] - x)
        if width > 0:
            np.maximum(out[:, x : x + width], shifted[:, :width], out=out[:, x : x + width])
        at += each.advance + tracking * size
    return out


def trim(mask: Mask) -> Mask:
    """The mask cut to its ink."""
    x, y, width, height = cv2.boundingRect(mask)
    return mask[y : y + height, x : x + width] if width and height else mask


def scaled(mask: Mask, height: int, stretch: float = 1.0) -> Mask:
    """The mask at a height, its width also stretched."""
    ratio = height / mask.shape[0]
    size = (max(1, round(mask.shape[1] * ratio * stretch)), max(1, height))
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR), np.uint8)


def sheared(mask: Mask, slope: float) -> Mask:
    """The mask in italics: its top moved right by `slope` times its height."""
    height, width = mask.shape
    more = abs(slope) * height
    matrix = np.array([[1, -slope, slope * height if slope > 0 else 0.0], [0, 1, 0]], np.float64)
    if slope < 0:
        matrix[0, 2] = 0.0
    return np.asarray(cv2.warpAffine(mask, matrix, (int(width + more), height), flags=cv2.INTER_LINEAR), np.uint8)


def framed(mask: Mask, left: float, top: float, right: float, bottom: float) -> Mask:
    """The mask with margins in pixels; a negative margin cuts."""
    x0, y0, x1, y1 = (round(v) for v in (left, top, right, bottom))
    kept = mask[max(0, -y0) : mask.shape[0] - max(0, -y1), max(0, -x0) : mask.shape[1] - max(0, -x1)]
    return np.pad(kept, ((max(0, y0), max(0, y1)), (max(0, x0), max(0, x1))))
