"""Bends and tilts. The edge pixels are repeated outwards, so that a mask with a zero edge stays one."""

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.foundry.sample import Image


def _warp(image: Image, matrix: NDArray[np.float64]) -> Image:
    height, width = image.shape[:2]
    warped = cv2.warpPerspective(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return warped.astype(np.uint8, copy=False)


def tilt(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Turn by up to 5 degrees; a long line by less, as a detector's box follows it."""
    height, width = image.shape[:2]
    most = 5 * strength * min(1.0, 5 * height / width)
    return _warp(image, np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-most, most)), 1), [0, 0, 1]]))


def slant(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Shear along the line, as a sideways camera or an italic does."""
    shear = float(rng.uniform(-0.35, 0.35)) * strength
    return _warp(image, np.array([[1, shear, -shear * image.shape[0] / 2], [0, 1, 0], [0, 0, 1]], np.float64))


def perspective(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """One end of the line nearer than the other."""
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    reach = np.array([min(0.05 * width, 0.6 * height), 0.16 * height], np.float32) * strength
    moved = corners + rng.uniform(-1, 1, (4, 2)).astype(np.float32) * reach
    return _warp(image, np.asarray(cv2.getPerspectiveTransform(corners, moved), np.float64))


def curve(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """The line bent up or down, as on a bottle or a page near its fold."""
    height, width = image.shape[:2]
    x = np.arange(width, dtype=np.float32)
    turns, phase = float(rng.uniform(0.3, 0.8)), float(rng.uniform(0, 2 * np.pi))
    lift = 0.14 * height * strength * np.sin(2 * np.pi * turns * x / width + phase).astype(np.float32)
    ys = np.arange(height, dtype=np.float32)[:, None] + (lift - lift.mean())[None]
    xs = np.broadcast_to(x, (height, width)).copy()
    return cv2.remap(image, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)
