"""From a text to an ink mask, and from a mask to a line picture cut as a detector cuts it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from scripts.foundry import degrade
from scripts.foundry.fonts import Face
from scripts.foundry.sample import Image

Colour = tuple[int, int, int]
WIDEST = 3000  # pixels; a longer line is a bug of its text source


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The bounds of the crop in shares of the text height: how far outside of the ink each edge may lie (negative cuts into it)."""

    near: float = -0.04
    far: float = 0.35


def ink(text: str, face: Face, size: int, *, tracking: float = 0.0, aliased: bool = False) -> Image:
    """The mask of a line, 255 where there is ink, cut to it; tracking is the extra space between characters in ems."""
    font = face.font(size)
    mode = "1" if aliased else "L"
    pad = size // 2
    step = round(tracking * size)
    advances = [font.getlength(char) for char in text] if step else [font.getlength(text)]
    width = int(sum(advances)) + step * len(text) + 2 * pad
    canvas = Pillow.new(mode, (min(width, WIDEST), 2 * size + 2 * pad))
    pen = ImageDraw.Draw(canvas)
    if step:
        x = float(pad)
        for char, advance in zip(text, advances, strict=True):
            pen.text((x, pad), char, font=font, fill=255)
            x += advance + step
    else:
        pen.text((pad, pad), text, font=font, fill=255)
    box = canvas.getbbox()
    if box is None:
        raise ValueError(f"{face.path.name} draws no ink for {text!r}: check the glyphs before drawing")
    return np.asarray(canvas.crop(box).convert("L"), np.uint8)


def hand(text: str, face: Face, size: int, rng: np.random.Generator, *, tracking: float, unsteady: float) -> Image:
    """The line written character by character, each a little higher, lower, larger or smaller than the last."""
    canvas = Pillow.new("L", (int(1.3 * size * len(text) * (1 + max(0.0, tracking))) + 2 * size, 3 * size))
    pen, x = ImageDraw.Draw(canvas), float(size // 2)
    drift = np.cumsum(rng.normal(0, 0.25 * unsteady, len(text)))
    for char, high, wide in zip(text, drift + rng.normal(0, 0.4 * unsteady, len(text)), rng.normal(1, unsteady, len(text)), strict=True):
        font = face.font(max(8, round(size * min(1.25, max(0.8, wide)))))
        pen.text((x, 2 * size + float(np.clip(high, -0.3, 0.3)) * size), char, font=font, fill=255, anchor="ls")
        x += font.getlength(char) + tracking * size
    box = canvas.getbbox()
    if box is None:
        raise ValueError(f"{face.path.name} draws no ink for {text!r}: check the glyphs before drawing")
    return np.asarray(canvas.crop(box), np.uint8)


def pad(mask: Image, margin: int) -> Image:
    """Room around the mask for bends, blurs and neighbours."""
    return np.asarray(cv2.copyMakeBorder(mask, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(0,)), np.uint8)


def embolden(mask: Image, pixels: int) -> Image:
    """Strokes fatter by that many pixels."""
    if pixels < 1:
        return mask
    return np.asarray(cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (pixels + 1, pixels + 1))), np.uint8)


def stretch(mask: Image, factor: float) -> Image:
    """The line made narrower or wider."""
    return np.asarray(cv2.resize(mask, (max(1, round(mask.shape[1] * factor)), mask.shape[0]), interpolation=cv2.INTER_AREA), np.uint8)


def bounds(mask: Image) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of the ink."""
    rows, columns = np.flatnonzero((mask > 60).any(axis=1)), np.flatnonzero((mask > 60).any(axis=0))
    if not len(rows):
        return 0, mask.shape[0], 0, mask.shape[1]
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def compose(mask: Image, colour: Colour, ground: Image, opacity: float = 1.0) -> Image:
    """Ink of one colour on a ground of the same size."""
    weight = (mask.astype(np.float32) * (opacity / 255))[..., None]
    return np.asarray(ground * (1 - weight) + np.array(colour, np.float32) * weight, np.uint8)


def crop(image: Image, box: tuple[int, int, int, int], rng: np.random.Generator, cut: Cut) -> Image:
    """The crop of a detector: each edge a little off; usually tight, now and then into the ink by some percent."""
    top, bottom, left, right = box
    height = bottom - top
    edges = cut.near + (cut.far - cut.near) * rng.random(4) ** 1.5
    upper, lower, before, after = np.round(edges * height).astype(int)
    before, after = max(before, 0), max(after, 0)  # a first or last character cut away would be missed by any reader
    rows = slice(max(0, top - upper), min(image.shape[0], bottom + lower))
    return image[rows, max(0, left - before) : min(image.shape[1], right + after)]


def turn(mask: Image, degrees: float) -> Image:
    """The mask turned on a canvas that grows with it."""
    height, width = mask.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    sine, cosine = abs(matrix[0, 1]), abs(matrix[0, 0])
    wide, tall = int(width * cosine + height * sine), int(width * sine + height * cosine)
    matrix[:, 2] += ((wide - width) / 2, (tall - height) / 2)
    return np.asarray(cv2.warpAffine(mask, matrix, (wide, tall)), np.uint8)


def bend(mask: Image, rng: np.random.Generator, recipe: degrade.Recipe) -> Image:
    """The shapes of the recipe, applied to the padded mask before it meets its ground."""
    return degrade.apply(mask, rng, recipe)


def to_height(image: Image, height: int, rng: np.random.Generator) -> Image:
    """The picture at another height, by area when smaller and by an ordinary filter when larger."""
    if height == image.shape[0]:
        return image
    width = max(1, round(image.shape[1] * height / image.shape[0]))
    ways = (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR) if height < image.shape[0] else (cv2.INTER_LINEAR, cv2.INTER_CUBIC)
    return np.asarray(cv2.resize(image, (width, height), interpolation=ways[int(rng.integers(len(ways)))]), np.uint8)


def luminance(colour: Colour | NDArray[np.float64]) -> float:
    """How bright a BGR colour looks, 0 to 255."""
    return float(0.114 * colour[0] + 0.587 * colour[1] + 0.299 * colour[2])
