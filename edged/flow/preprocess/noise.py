"""Noise, and the hard decision between ink and ground."""

from typing import Final

import cv2

from edged.types import Pixels

_STRENGTH: Final = 5.0
_PATCH: Final = 5
_SEARCH: Final = 15
_OFFSET: Final = 10  # how much darker than its surroundings ink must be
_MIN_WINDOW: Final = 11


def denoise(image: Pixels) -> Pixels:
    """Average similar patches (non-local means)."""
    return cv2.fastNlMeansDenoisingColored(image, None, _STRENGTH, _STRENGTH, _PATCH, _SEARCH)  # type: ignore[return-value]


def binarise(image: Pixels) -> Pixels:
    """Make each pixel black or white by the mean around it; the window is as large as a line is high."""
    lightness = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    window = max(_MIN_WINDOW, image.shape[0]) | 1
    ink = cv2.adaptiveThreshold(lightness, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, window, _OFFSET)
    return cv2.cvtColor(ink, cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]
