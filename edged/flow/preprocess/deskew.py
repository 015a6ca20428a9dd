"""Straighten a tilted line by its projection profile.

Upright strokes mark the rows of a text. Seen along the right angle they fall into few rows, and the
profile over the rows is sharpest there.
"""

import math
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edged.types import Pixels

MAX_DEGREES: Final = 15
_MIN_DEGREES: Final = 2  # less does no harm to the model
_MIN_ASPECT: Final = 1.5  # one or two characters have no direction
_MIN_POINTS: Final = 20
_GAIN: Final = 1.2  # how much sharper than untilted; below it slanted type would be turned as well
_TRIM: Final = 0.5  # share of the empty wedges above and below that is cut away after turning
_HEIGHT: Final = 32  # pixels, enough to find the angle
_WIDTH: Final = 640


def deskew(image: Pixels) -> Pixels:
    """Turn a line that is clearly tilted; leave every other as it is."""
    degrees = tilt_of(image)
    return _turned(image, degrees) if degrees else image


def tilt_of(image: Pixels) -> int:
    """How far the text falls to the right, in whole degrees; 0 where that is not clear."""
    tall, wide = image.shape[:2]
    if wide < _MIN_ASPECT * tall:
        return 0
    scale = min(1.0, _HEIGHT / tall, _WIDTH / wide)
    size = (max(8, round(wide * scale)), max(8, round(tall * scale)))
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), size, interpolation=cv2.INTER_AREA)
    strokes = np.abs(cv2.Sobel(small, cv2.CV_32F, 1, 0))
    rows, columns = np.nonzero(strokes > strokes.mean() + strokes.std())
    if len(rows) < _MIN_POINTS:
        return 0
    angles = range(-MAX_DEGREES, MAX_DEGREES + 1)
    sharpness = [_sharpness(rows, columns - size[0] / 2, strokes[rows, columns], angle) for angle in angles]
    best = int(np.argmax(sharpness))
    clear = sharpness[best] > _GAIN * sharpness[MAX_DEGREES]
    return angles[best] if clear and abs(angles[best]) >= _MIN_DEGREES else 0


def _sharpness(rows: npt.NDArray[np.intp], columns: npt.NDArray[np.float64], weights: npt.NDArray[np.float32], degrees: int) -> float:
    level = np.rint(rows - math.tan(math.radians(degrees)) * columns).astype(np.intp)
    profile = np.bincount(level - level.min(), weights)
    return float(np.dot(profile, profile))


def _turned(image: Pixels, degrees: int) -> Pixels:
    tall, wide = image.shape[:2]
    turn = cv2.getRotationMatrix2D(((wide - 1) / 2, (tall - 1) / 2), degrees, 1)
    turned = cv2.warpAffine(image, turn, (wide, tall), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    wedge = wide * abs(math.sin(math.radians(degrees)))
    keep = max(round(0.4 * tall), round(tall - _TRIM * wedge))
    top = (tall - keep) // 2
    return turned[top : top + keep]  # type: ignore[return-value]
