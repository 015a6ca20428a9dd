"""What else a crop holds: a piece of the next line, a rule, an underline, a box, a cell's edge."""

import cv2
import numpy as np

from scripts.foundry import draw
from scripts.foundry.fonts import Face
from scripts.foundry.sample import Image

Box = tuple[int, int, int, int]
OTHER = ("的一是不了在人有", "mgplkhdb", "0123456789", "ABEHKMNRST", "口日目国圆", "THEANDFOR")


def neighbours(mask: Image, box: Box, rng: np.random.Generator, face: Face, size: int) -> Image:
    """The line above or below, far enough that the crop shows no more of it than its edge."""
    if rng.random() > 0.2:
        return mask
    top, bottom, left, right = box
    words = OTHER[int(rng.integers(len(OTHER)))]
    if not face.has(words):
        return mask
    strip = draw.ink(words, face, size)
    times = -(-(right - left) // (strip.shape[1] + size // 3)) + 1
    strip = np.tile(np.pad(strip, ((0, 0), (0, size // 3))), (1, times))
    gap = int(rng.uniform(0.16, 0.4) * size) + 1
    full = mask.copy()
    width = min(strip.shape[1], full.shape[1] - left)
    if rng.random() < 0.5:
        rows = min(strip.shape[0], max(0, top - gap))
        if rows:
            full[top - gap - rows : top - gap, left : left + width] |= strip[-rows:, :width]
    else:
        rows = min(strip.shape[0], max(0, full.shape[0] - bottom - gap))
        if rows:
            full[bottom + gap : bottom + gap + rows, left : left + width] |= strip[:rows, :width]
    return full


def rules(mask: Image, box: Box, rng: np.random.Generator) -> Image:
    """An underline, the edges of a cell, or a whole box round the line."""
    if rng.random() > 0.14:
        return mask
    top, bottom, left, right = box
    tall = bottom - top
    thick, gap = max(1, round(tall * float(rng.uniform(0.02, 0.07)))), round(tall * float(rng.uniform(0.08, 0.3))) + 1
    level = int(rng.integers(120, 256))
    full = mask.copy()
    kind = int(rng.integers(4))
    if kind == 0:  # underline
        cv2.line(full, (left, bottom + gap), (right, bottom + gap), (level,), thick)
    elif kind == 1:  # box
        cv2.rectangle(full, (left - gap, top - gap), (right + gap, bottom + gap), (level,), thick)
    elif kind == 2:  # rules above and below
        for y in (top - gap, bottom + gap):
            cv2.line(full, (0, y), (full.shape[1], y), (level,), thick)
    else:  # a cell's upright edge, well apart so that it is no character
        side = left - tall // 3 - gap if rng.random() < 0.5 else right + tall // 3 + gap
        cv2.line(full, (side, 0), (side, full.shape[0]), (level,), thick)
    return full
