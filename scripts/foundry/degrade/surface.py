"""Paper, ink and dirt. They know no polarity: "ink" is what is darker, so an inverted line spreads where a dark one thins."""

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.foundry.pixels import u8
from scripts.foundry.sample import Image

Field = NDArray[np.float32]


def clouds(rng: np.random.Generator, height: int, width: int, cell: float) -> Field:
    """Smooth noise of about 0 to 1 whose patches are `cell` pixels wide."""
    small = rng.random((max(2, int(height / cell) + 2), max(2, int(width / cell) + 2)), np.float32)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _blend(image: Image, other: Image, weight: Field) -> Image:
    wide = weight if image.ndim == 2 else weight[..., None]
    return u8(image * (1 - wide) + other * wide)


def _kernel(image: Image, strength: float) -> NDArray[np.uint8]:
    side = max(2, round(0.045 * image.shape[0] * strength) + 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def ink_spread(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Ink that runs into the paper, more here than there."""
    fat = np.asarray(cv2.erode(image, _kernel(image, strength)), np.uint8)
    cell = max(3.0, image.shape[0] / 3)
    return _blend(image, fat, np.clip(clouds(rng, image.shape[0], image.shape[1], cell) * (0.4 + 0.8 * strength), 0, 1))


def ink_thin(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Strokes eaten away, more here than there."""
    thin = np.asarray(cv2.dilate(image, _kernel(image, 0.7 * strength)), np.uint8)
    cell = max(3.0, image.shape[0] / 3)
    return _blend(image, thin, np.clip(clouds(rng, image.shape[0], image.shape[1], cell) * (0.3 + 0.5 * strength), 0, 0.75))


def dropout(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Specks where the ink did not take; never a whole stroke."""
    height, width = image.shape[:2]
    ground = np.asarray(cv2.dilate(image, np.ones((5, 5), np.uint8), iterations=max(1, height // 24)), np.uint8)
    holes = clouds(rng, height, width, max(1.5, height / 22)) > 0.92 - 0.2 * strength
    return _blend(image, ground, 0.85 * cv2.GaussianBlur(holes.astype(np.float32), (0, 0), 0.6))


def thermal_fade(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Thermal print gone pale in vertical or horizontal bands, with dead heater lines."""
    height, width = image.shape[:2]
    upright = rng.random() < 0.5
    bands = clouds(rng, 2, width, height * float(rng.uniform(0.2, 2)))[:1] if upright else clouds(rng, height, 2, height / 3)[:, :1]
    fade = np.broadcast_to(np.clip(bands, 0, 1) * np.float32(0.75 * strength), (height, width)).copy()
    if rng.random() < 0.3:
        fade[int(rng.integers(height))] = 0.8
    paper = np.full_like(image, int(np.percentile(image, 90)))
    return _blend(image, paper, fade)


def paper(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Fibres and stains of paper."""
    height, width = image.shape[:2]
    fine = cv2.GaussianBlur(rng.standard_normal((height, width), np.float32), (0, 0), float(rng.uniform(0.5, 1.2)))
    broad = clouds(rng, height, width, max(8.0, height / 2)) - 0.5
    field = (26 * strength * fine + 40 * strength * broad).astype(np.float32)
    return u8(image + (field if image.ndim == 2 else field[..., None]))


def bleed_through(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """The back of the page, faint and mirrored."""
    back = cv2.GaussianBlur(cv2.flip(image, 1), (0, 0), 1 + 0.03 * image.shape[0])
    back = np.roll(back, (int(rng.integers(-image.shape[0] // 2, image.shape[0] // 2)), int(rng.integers(image.shape[1]))), (0, 1))
    ground = float(np.percentile(image, 85))
    faint = ground - (ground - back.astype(np.float32)) * (0.1 + 0.2 * strength)
    return u8(np.minimum(image, faint))


def smudge(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Dirty patches, darker or lighter than what they lie on."""
    height, width = image.shape[:2]
    patch = np.clip((clouds(rng, height, width, max(4.0, height * float(rng.uniform(0.3, 1)))) - 0.62) * 3, 0, 1)
    colour = np.full_like(image, int(rng.integers(30, 220)))
    return _blend(image, colour, (0.65 * strength * patch).astype(np.float32))


def salt_pepper(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Single black and white dots."""
    chance = rng.random(image.shape[:2], np.float32)
    share = 0.03 * strength
    dirty = image.copy()
    dirty[chance < share] = int(rng.integers(0, 60))
    dirty[chance > 1 - share] = int(rng.integers(200, 256))
    return dirty


def scratches(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """A few thin straight scratches or creases."""
    height, width = image.shape[:2]
    marked = image.copy()
    for _ in range(1 + int(4 * strength)):
        start, end = rng.uniform(-0.2, 1.2, 2), rng.uniform(-0.2, 1.2, 2)
        points = [(int(x * width), int(y * height)) for x, y in (start, end)]
        level = int(rng.integers(256))
        cv2.line(marked, points[0], points[1], (level, level, level), 1, cv2.LINE_AA)
    return np.asarray(cv2.addWeighted(image, 0.35, marked, 0.65, 0), np.uint8)


def binarise(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Black and white alone, by a threshold that strays from the best by the strength."""
    grey = image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    best, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    level = best + float(rng.uniform(-1, 1)) * 0.16 * strength * float(np.ptp(grey))
    flat = np.asarray(cv2.threshold(grey, level, 255, cv2.THRESH_BINARY)[1], np.uint8)
    return flat if image.ndim == 2 else np.asarray(cv2.cvtColor(flat, cv2.COLOR_GRAY2BGR), np.uint8)
