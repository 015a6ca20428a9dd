"""A true label is one that can be read: how much of the ink's detail is left in a degraded picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.foundry import degrade
from scripts.foundry.sample import Image

Box = tuple[int, int, int, int]
LEAST_LIKENESS = {True: 0.58, False: 0.65}  # hanzi (False) have more strokes to lose than ASCII
LEAST_STEP = 12.0  # grey levels between strokes and gaps; less than this JPEG and the eye lose
WEAKEST = 0.5  # of the likeness of the whole line: what the worst stretch of half a character must keep, so that no point is lost
TRIES = (1.0, 0.6, 0.3)


def _detail(grey: NDArray[np.float32], height: int) -> NDArray[np.float32]:
    """What varies at the scale of strokes: finer is grain, coarser is light."""
    fine = cv2.GaussianBlur(grey, (0, 0), 0.3 + 0.012 * height)
    return np.asarray(fine - cv2.GaussianBlur(grey, (0, 0), 0.11 * height + 0.5), np.float32)


def measure(picture: Image, ink: Image, box: Box) -> tuple[float, float, float]:
    """Correlation of the picture's detail with that of the ink, over the line and over its worst stretch, and the step at the strokes."""
    top, bottom, left, right = box
    here = slice(top, bottom), slice(left, right)
    seen = cv2.cvtColor(picture[here], cv2.COLOR_BGR2GRAY).astype(np.float32)
    true = ink[here].astype(np.float32) / np.float32(255)
    height = bottom - top
    one, other = _detail(seen, height), _detail(true, height)
    shared, spread, truth = (product.sum(axis=0) for product in (one * other, one * one, other * other))
    sign = np.sign(shared.sum())
    window = np.ones(max(3, height // 2), np.float32)
    near, near_spread, near_truth = (np.convolve(columns, window, "same") for columns in (shared * sign, spread, truth))
    local = near / np.sqrt(np.maximum(near_spread * near_truth, 1e-9))
    inked = near_truth > 0.1 * near_truth.mean()
    whole = abs(float(shared.sum())) / max(float(np.sqrt(spread.sum() * truth.sum())), 1e-6)
    return whole, float(local[inked].min(initial=1.0)), abs(float(shared.sum())) / max(float(truth.sum()), 1e-6)


def likeness(picture: Image, ink: Image, box: Box) -> tuple[float, float]:
    """The correlation over the line (0 to 1) and the step in grey levels."""
    alike, _, step = measure(picture, ink, box)
    return alike, step


def worn(picture: Image, ink: Image, box: Box, rng: np.random.Generator, recipe: degrade.Recipe, *, text: str) -> Image:
    """The picture through the recipe, or through a milder one where the text would be lost; a third are hardly touched at all."""
    often, severe, least = (0.3 if rng.random() < 0.33 else 1.0), float(rng.uniform(0.4, 1)), LEAST_LIKENESS[text.isascii()]
    for hardness in TRIES:
        done = degrade.apply(picture, rng, [(chance * often, name, most * hardness * severe) for chance, name, most in recipe])
        alike, weakest, step = measure(done, ink, box)
        if alike >= least and weakest >= WEAKEST * least and step >= LEAST_STEP:
            return done
    return picture
