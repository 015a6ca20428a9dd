"""Colours and lightness."""

from typing import Final

import cv2
import numpy as np

from edged.types import Pixels

_FADED: Final = 0.65  # share of grey; fitted on half of the labelled lines, confirmed on the other
_CLIP: Final = 1.0  # of the histogram, in mean bin heights: stronger ones amplify the noise of paper and metal


def grey(image: Pixels) -> Pixels:
    """Drop the colours."""
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]


def fade(image: Pixels) -> Pixels:
    """Fade the colours to a third: coloured noise misleads, but text may differ in colour alone."""
    return cv2.addWeighted(grey(image), _FADED, image, 1 - _FADED, 0)  # type: ignore[return-value]


def contrast(image: Pixels) -> Pixels:
    """Equalise the lightness locally (CLAHE), in tiles about as wide as the line is high."""
    lab = cv2.cvtColor(image, cv2.COLOR_BGR2LAB)
    tiles = max(1, min(16, round(image.shape[1] / image.shape[0])))
    lab[..., 0] = cv2.createCLAHE(clipLimit=_CLIP, tileGridSize=(tiles, 1)).apply(lab[..., 0])
    return cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)  # type: ignore[return-value]


def invert(image: Pixels) -> Pixels:
    """Turn light text on dark into dark on light; the more frequent side is taken for the ground."""
    lightness = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    threshold, _ = cv2.threshold(lightness, 0, 255, cv2.THRESH_OTSU)
    mostly_dark = np.mean(lightness > threshold) < 0.5
    return np.subtract(255, image, dtype=np.uint8) if mostly_dark else image
