"""A true label is one that can be read: how much of the ink's detail is left in a degraded picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.foundry import degrade
from scripts.foundry.sample import Image

Box = tuple[int, int, int, int]
LEAST_LIKENESS = {True: 0.52, False: 0.6}  # hanzi (False) have more strokes to lose than ASCII
LEAST_STEP = 12.0  # grey levels between strokes and gaps; less than this JPEG and the eye lose
TRIES = (1.0, 0.6, 0.3)


def _detail(grey: NDArray[np.float32], height: int) -> NDArray[np.float32]:
    """What varies at the scale of strokes: finer is grain, coarser is light."""
    fine = cv2.GaussianBlur(grey, (0, 0), 0.3 + 0.012 * height)
    return np.asarray(fine - cv2.GaussianBlur(grey, (0, 0), 0.11 * height + 0.5), np.float32)


def likeness(picture: Image, ink: Image, box: Box) -> tuple[float, float]:
    """The correlation of the picture's detail with that of the ink (0 to 1), and the picture's step in grey levels at the strokes."""
    top, bottom, left, right = box
    here = slice(top, bottom), slice(left, right)
    seen = cv2.cvtColor(picture[here], cv2.COLOR_BGR2GRAY).astype(np.float32)
    true = ink[here].astype(np.float32) / np.float32(255)
    height = bottom - top
    one, other = _detail(seen, height), _detail(true, height)
    one -= one.mean()
    other -= other.mean()
    spread = float(np.sqrt((one * one).mean() * (other * other).mean()))
    shared = float((one * other).mean())
    return abs(shared) / max(spread, 1e-6), abs(shared) / max(float((other * other).mean()), 1e-6)


def worn(picture: Image, ink: Image, box: Box, rng: np.random.Generator, recipe: degrade.Recipe, *, text: str) -> Image:
    """The picture through the recipe, or through a milder one where the text would be lost; a third are hardly touched at all."""
    often, severe, least = (0.3 if rng.random() < 0.33 else 1.0), float(rng.uniform(0.4, 1)), LEAST_LIKENESS[text.isascii()]
    for hardness in TRIES:
        done = degrade.apply(picture, rng, [(chance * often, name, most * hardness * severe) for chance, name, most in recipe])
        alike, step = likeness(done, ink, box)
        if alike >= least and step >= LEAST_STEP:
            return done
    return picture
