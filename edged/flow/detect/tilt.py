"""Which way the lines of a page run."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from edged.flow.detect.boxes import Corners, length

_TELLING: Final = 2.0  # times as long as high: this box tells its tilt
_ALIKE: Final = 3.0  # degrees from the middle one
_MOST: Final = 0.7  # of the length of all
_LARGEST: Final = 45.0  # degrees: beyond, it is another way up


def direction(boxes: Sequence[Corners]) -> float:
    """The angle of the texts in radians, clockwise from level: that of the middle one, the long ones count for more."""
    lengths, angles = _lines(boxes)
    ranked = np.argsort(angles)
    middle = np.searchsorted(np.cumsum(lengths[ranked]), lengths.sum() / 2)
    return float(angles[ranked][min(int(middle), len(boxes) - 1)])


def tilt(boxes: Sequence[Corners]) -> float:
    """By how many degrees, clockwise, the lines of a page are tilted; 0 where they do not agree, or there are none that tell."""
    lines = [box for box in boxes if length(box) >= _TELLING]
    if not lines:
        return 0.0
    middle = np.degrees(direction(lines))
    lengths, angles = _lines(lines)
    alike = lengths[np.abs(np.degrees(angles) - middle) <= _ALIKE].sum()
    return float(middle) if abs(middle) < _LARGEST and alike >= _MOST * lengths.sum() else 0.0


def _lines(boxes: Sequence[Corners]) -> "tuple[np.ndarray[tuple[int], np.dtype[np.float32]], np.ndarray[tuple[int], np.dtype[np.float32]]]":
    """How long texts are, and their angles."""
    sides = np.stack([box[1] - box[0] for box in boxes])
    return np.linalg.norm(sides, axis=1), np.arctan2(sides[:, 1], sides[:, 0])
