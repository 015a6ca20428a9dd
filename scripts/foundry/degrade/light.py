"""Light, contrast and colour."""

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.foundry.pixels import u8
from scripts.foundry.sample import Image

Field = NDArray[np.float32]


def _apply(image: Image, factor: Field, offset: Field | float = 0.0) -> Image:
    """Scale each pixel by its own factor, whatever the number of channels."""
    wide = factor if image.ndim == 2 else factor[..., None]
    aside = offset if isinstance(offset, float) or image.ndim == 2 else offset[..., None]
    return u8(image * wide + aside)


def _ramp(shape: tuple[int, ...], rng: np.random.Generator) -> Field:
    """A slope from 0 to 1 in any direction."""
    height, width = shape[:2]
    angle = float(rng.uniform(0, 2 * np.pi))
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None] * np.float32(np.sin(angle))
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None] * np.float32(np.cos(angle))
    slope: Field = x + y
    return np.asarray((slope - slope.min()) / max(float(np.ptp(slope)), 1e-6), np.float32)


def low_contrast(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """All greys squeezed towards one level, down to a fifth of the span."""
    span = 1 - 0.8 * strength * float(rng.uniform(0.5, 1))
    level = float(rng.uniform(0.25, 0.8)) * 255 * (1 - span)
    return u8(image * np.float32(span) + np.float32(level))


def gamma(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Too dark or too bright."""
    power = float(np.exp(rng.uniform(-0.9, 0.9) * strength))
    table = (255 * (np.arange(256) / 255) ** power).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table), np.uint8)


def uneven(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Light that falls off to one side."""
    return _apply(image, np.float32(1) - np.float32(0.7 * strength) * _ramp(image.shape, rng))


def shadow(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """The soft edge of a shadow across the line."""
    edge, place = float(rng.uniform(2, 30)), float(rng.uniform(0.2, 0.8))
    dark = 1 / (1 + np.exp(-(_ramp(image.shape, rng) - place) * edge))
    return _apply(image, (1 - 0.6 * strength * dark).astype(np.float32))


def glare(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """A bright patch that pales the text under it, but leaves it readable."""
    height, width = image.shape[:2]
    centre = rng.uniform(0, 1, 2) * (height, width)
    radius = np.array([rng.uniform(0.3, 1), rng.uniform(0.4, 2)]) * height
    y = ((np.arange(height, dtype=np.float32) - centre[0]) / radius[0])[:, None]
    x = ((np.arange(width, dtype=np.float32) - centre[1]) / radius[1])[None]
    spot = (0.75 * strength * np.exp(-(x * x + y * y))).astype(np.float32)
    return _apply(image, 1 - spot, 255 * spot)


def colour_cast(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """The tint of a lamp or of a wrong white balance."""
    if image.ndim == 2:
        return image
    gains = (1 + rng.uniform(-0.35, 0.2, 3) * strength).astype(np.float32)
    return u8(image * gains)


def grey(image: Image, rng: np.random.Generator, strength: float) -> Image:  # noqa: ARG001
    """Without colour, by the strength."""
    if image.ndim == 2:
        return image
    plain = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.addWeighted(image, 1 - strength, plain, strength, 0), np.uint8)


def invert(image: Image, rng: np.random.Generator, strength: float) -> Image:  # noqa: ARG001
    """The other polarity; there is no half of it."""
    return np.asarray(255 - image, np.uint8)


def posterise(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Few levels, as a cheap screen or a GIF has them."""
    levels = max(4, int(24 - 20 * strength * rng.uniform(0.5, 1)))
    table = (np.round(np.arange(256) / 255 * (levels - 1)) * 255 / (levels - 1)).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table), np.uint8)
