"""Pictures without text, whose text is empty: blanks, gradients, textures, edges, grids, noise, blobs."""

import cv2
import numpy as np

from scripts.foundry import degrade, grounds
from scripts.foundry.sample import Image, Sample

STEPS = ((0.4, "defocus", 1), (0.2, "motion_blur", 1), (0.4, "noise", 1), (0.3, "uneven", 1), (0.3, "glare", 1), (0.2, "paper", 1),
    (0.2, "smudge", 1), (0.2, "scratches", 1),
         (0.2, "moire", 1), (0.1, "salt_pepper", 1), (0.1, "binarise", 0.5), (0.3, "low_contrast", 1), (0.4, "jpeg", 1))  # fmt: skip


def _grid(rng: np.random.Generator, tall: int, wide: int) -> Image:
    """Rules, meshes and frames."""
    picture = grounds.flat(tall, wide, grounds.colour(rng))
    paint, thick = grounds.contrast(rng, float(picture.mean()), 50), int(rng.integers(1, 4))
    for y in range(int(rng.integers(tall)), tall, int(rng.integers(6, tall + 6))):
        cv2.line(picture, (0, y), (wide, y), paint, thick)
    if rng.random() < 0.5:
        for x in range(int(rng.integers(wide)), wide, int(rng.integers(6, wide + 6))):
            cv2.line(picture, (x, 0), (x, tall), paint, thick)
    return picture


def _shapes(rng: np.random.Generator, tall: int, wide: int) -> Image:
    """Large bodies whose edges cross the picture: no stroke that a reader could take for a character."""
    picture = grounds.scenery(rng, tall, wide)
    for _ in range(int(rng.integers(1, 4))):
        centre = (int(rng.integers(wide)), int(rng.integers(tall)))
        radius = int(rng.uniform(0.7, 3) * tall)
        if rng.random() < 0.5:
            cv2.circle(picture, centre, radius, grounds.colour(rng), -1, cv2.LINE_AA)
        else:
            points = np.array([[centre[0] + rng.normal(0, 2 * radius), centre[1] + rng.normal(0, 2 * radius)] for _ in range(3)], np.int32)
            cv2.fillPoly(picture, [points], grounds.colour(rng), cv2.LINE_AA)
    return picture


def empty(rng: np.random.Generator) -> Sample:
    """One of them at any size."""
    tall = int(np.exp(rng.uniform(np.log(12), np.log(90))))
    wide = int(tall * np.exp(rng.uniform(np.log(0.8), np.log(12))))
    kind = int(rng.integers(6))
    if kind == 0:
        picture = grounds.flat(tall, wide, grounds.colour(rng))
    elif kind == 1:
        picture = grounds.gradient(tall, wide, grounds.colour(rng), grounds.colour(rng), rng)
    elif kind == 2:
        picture = _grid(rng, tall, wide)
    elif kind == 3:
        picture = _shapes(rng, tall, wide)
    else:
        picture = grounds.scenery(rng, tall, wide)
    return Sample(image=degrade.apply(picture, rng, STEPS), text="", kind="empty")
