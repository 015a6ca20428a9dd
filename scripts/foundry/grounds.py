"""What lies under the text: colours that can be told apart, paper, painted boards, walls and photograph-like pictures."""

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.foundry.degrade.surface import clouds
from scripts.foundry.draw import Colour, luminance
from scripts.foundry.pixels import u8
from scripts.foundry.sample import Image

SHEETS = 96
SHEET = (360, 1400)


def colour(rng: np.random.Generator, low: float = 0, high: float = 255) -> Colour:
    """Any BGR colour whose brightness lies between the two."""
    for _ in range(20):
        hue, saturation, value = rng.integers(180), int(255 * rng.random() ** 1.5), rng.integers(20, 256)
        pixel = cv2.cvtColor(np.array([[[hue, saturation, value]]], np.uint8), cv2.COLOR_HSV2BGR)[0, 0]
        found = (int(pixel[0]), int(pixel[1]), int(pixel[2]))
        if low <= luminance(found) <= high:
            return found
    level = int((low + high) / 2)
    return (level, level, level)


def paper(rng: np.random.Generator, low: float, high: float) -> Colour:
    """White, grey or yellowed paper, now and then coloured; bright ones more often than dark ones."""
    level = low + (high - low) * float(rng.random()) ** 0.6
    if rng.random() < 0.08:
        return colour(rng, low, high)
    if rng.random() < 0.5:
        return (int(level),) * 3
    tint = rng.uniform(0.82, 1.0, 3) if rng.random() < 0.5 else np.array([rng.uniform(0.7, 0.95), rng.uniform(0.92, 1), 1.0])
    return (int(level * tint[0]), int(level * tint[1]), int(level * tint[2]))


def waves(height: int, width: int, rng: np.random.Generator, tint: Colour) -> Image:
    """The fine waved lines of a cheque or a ticket."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    period, swing = float(rng.uniform(3, 9)), float(rng.uniform(4, 22))
    field = np.sin(2 * np.pi * (y + swing * 0.3 * np.sin(2 * np.pi * x / float(rng.uniform(30, 120)))) / period)
    return u8(np.array(tint, np.float32) + (swing * (field - 0.4))[..., None])


def contrast(rng: np.random.Generator, ground: float, least: float = 70) -> Colour:
    """An ink that stands off a ground of that brightness by at least so much."""
    darker, brighter = ground - least, 255 - (ground + least)
    if darker >= 0 and (brighter < 0 or rng.random() < darker / (darker + brighter + 1e-6)):
        return colour(rng, 0, darker)
    return colour(rng, min(255, ground + least), 255)


def flat(height: int, width: int, tint: Colour) -> Image:
    """One colour."""
    return np.full((height, width, 3), tint, np.uint8)


def gradient(height: int, width: int, first: Colour, second: Colour, rng: np.random.Generator) -> Image:
    """One colour running into another, along or across the line."""
    t = np.linspace(0, 1, width if rng.random() < 0.6 else height, dtype=np.float32)
    field = t[None, :, None] if len(t) == width else t[:, None, None]
    mixed = np.array(first, np.float32) * (1 - field) + np.array(second, np.float32) * field
    return np.ascontiguousarray(np.broadcast_to(mixed, (height, width, 3)).astype(np.uint8))


def _photo(rng: np.random.Generator) -> Image:
    """Patches of colour, soft or hard, with streaks and grain: no photograph, but as restless as one."""
    height, width = SHEET
    picture = np.dstack([clouds(rng, height, width, 300) for _ in range(3)]) * 150 + np.array(colour(rng), np.float32) * 0.5
    canvas = u8(picture)
    for _ in range(int(rng.integers(4, 40))):
        centre = rng.uniform(0, 1, 2) * (width, height)
        points = (centre + rng.normal(0, 90, (int(rng.integers(3, 7)), 2)) * rng.uniform(0.3, 1.6, 2)).astype(np.int32)
        cv2.fillPoly(canvas, [points], colour(rng))
    for _ in range(int(rng.integers(0, 20))):
        ends = rng.integers(0, width, 4)
        cv2.line(canvas, (int(ends[0]), int(ends[1] % height)), (int(ends[2]), int(ends[3] % height)), colour(rng), int(rng.integers(1, 9)))
    soft = cv2.GaussianBlur(canvas, (0, 0), float(rng.uniform(0.8, 14)))
    fine = rng.standard_normal((height, width, 1), np.float32) * float(rng.uniform(0, 12))
    return u8(soft + fine)


def _wall(rng: np.random.Generator) -> Image:
    """Bricks, tiles, planks, corrugated or brushed metal, cloth."""
    height, width = SHEET
    base = np.array(colour(rng, 40, 230), np.float32)
    field: NDArray[Any] = np.zeros((height, width), np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    kind = int(rng.integers(5))
    if kind == 0:  # bricks or tiles
        tall, wide = int(rng.integers(14, 70)), int(rng.integers(24, 160))
        row = (y // tall).astype(int)
        shifted = x + (row % 2) * (wide // 2) * int(rng.integers(2))
        field = rng.normal(0, 14, (400, 400)).astype(np.float32)[row % 400, (shifted // wide).astype(int) % 400]
        field[(y % tall < 2) | (shifted % wide < 2)] += float(rng.choice([-45, 45]))
    elif kind == 1:  # corrugated
        field = 24 * np.sin((x if rng.random() < 0.5 else y) * float(rng.uniform(0.1, 0.8)))
    elif kind == 2:  # brushed along one way
        streaks = cv2.blur(rng.normal(0, 100, (height, width)).astype(np.float32), (61, 1) if rng.random() < 0.5 else (1, 61))
        field = np.asarray(streaks, np.float32)
    elif kind == 3:  # planks with grain
        grain = cv2.resize(rng.normal(0, 16, (height, 24)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        field = np.asarray(grain, np.float32) + np.where(y % int(rng.integers(40, 120)) < 2, -40, 0)
    else:  # cloth or mesh
        period = float(rng.uniform(3, 9))
        field = 14 * np.sin(2 * np.pi * x / period) * np.sin(2 * np.pi * y / period)
    field = (
        field + 40 * (clouds(rng, height, width, 150) - 0.5) + rng.standard_normal((height, width), np.float32) * float(rng.uniform(0, 7))
    )
    return u8(base + field[..., None])


@cache
def _sheet(number: int) -> Image:
    """One of a fixed set of large grounds, drawn when first wanted; the same on every machine."""
    rng = np.random.default_rng([20771, number])
    return _photo(rng) if number % 2 else _wall(rng)


def scenery(rng: np.random.Generator, height: int, width: int) -> Image:
    """A piece of one of the large grounds, at another size, turned and toned differently each time."""
    sheet = _sheet(int(rng.integers(SHEETS)))
    scale = float(rng.uniform(0.5, 1.6))
    tall, wide = min(SHEET[0], max(4, int(height * scale))), min(SHEET[1], max(4, int(width * scale)))
    top, left = int(rng.integers(SHEET[0] - tall + 1)), int(rng.integers(SHEET[1] - wide + 1))
    piece = sheet[top : top + tall, left : left + wide][:: int(rng.choice([-1, 1])), :: int(rng.choice([-1, 1]))]
    piece = np.asarray(cv2.resize(piece, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    span, level = float(rng.uniform(0.25, 1)), float(rng.uniform(0, 1)) * 255
    return np.asarray(cv2.addWeighted(piece, span, np.full_like(piece, level), 1 - span, 0), np.uint8)


def board(rng: np.random.Generator, height: int, width: int, *, plain: float, restless: float) -> Image:
    """A flat ground, a restless one, or else one colour running into another, by their chances."""
    kind = float(rng.random())
    if kind < plain:
        return flat(height, width, colour(rng))
    if kind < plain + restless:
        return scenery(rng, height, width)
    return gradient(height, width, colour(rng), colour(rng), rng)


def calm(ground: Image, mask: Image, ink: Colour, least: float) -> Image:
    """Where the ground under and beside the ink is as bright as the ink, it is pushed away from it."""
    bright = luminance(ink)
    grey = cv2.cvtColor(ground, cv2.COLOR_BGR2GRAY).astype(np.float32)
    way = 1.0 if float(grey.mean()) > bright else -1.0
    lacking = np.clip(least - way * (grey - bright), 0, None)
    near = cv2.blur(mask, (max(3, mask.shape[0] // 3),) * 2) > 0
    return u8(ground + (way * lacking * near)[..., None])
