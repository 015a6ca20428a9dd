"""Does a picture look like one text line? Cheap, and never sure that it is one.

Two signs that it is not, measured on labelled lines and on whole pictures (ARCHITECTURE.md has the
figures): several rows of strokes with clear gaps between them; and, in a large picture that is not wide,
many specks, or more rows when looked at closely: what is small beside the height of the picture cannot be
characters of its one line.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edged.types import Pixels

Grey = npt.NDArray[np.uint8]

_HEIGHT: Final = 96  # pixels in which rows are counted
_MIN_HEIGHT: Final = 48  # two rows in less can hardly be read by anybody
_ROW: Final = 0.5  # of the strongest: here is a row of text
_GAP: Final = 0.1  # of the strongest: here is none
_LARGE: Final = 128
_WIDE: Final = 2.2  # times the height: three characters or more
_CLOSE_HEIGHT: Final = 512  # pixels in which the rows of a page are counted
_SPECKS_HEIGHT: Final = 64
_SPECK: Final = 0.003  # of the picture's area
_MAX_SPECKS: Final = 3
_MIN_ASPECT: Final = 0.2


def doubt(image: Pixels) -> str:
    """Say why this is not one text line; empty where nothing speaks against it."""
    height, width = image.shape[:2]
    lightness: Grey = cv2.cvtColor(_at_height(image, _CLOSE_HEIGHT), cv2.COLOR_BGR2GRAY)  # type: ignore[assignment]
    narrow = width < _MIN_ASPECT * height
    large = height >= _LARGE and width < _WIDE * height
    crowded = large and (specks(lightness) > _MAX_SPECKS or rows(lightness) > 2)
    if narrow or crowded or rows(_at_height(lightness, _HEIGHT)) > 1:
        return f"not one text line ({width} x {height} pixels); crop it to one line"
    return ""


def rows(lightness: Grey) -> int:
    """Count rows of upright strokes that are clearly apart."""
    tall, wide = lightness.shape
    if tall < _MIN_HEIGHT or wide == 1:
        return 1
    edges = cv2.absdiff(lightness[:, 1:], lightness[:, :-1])
    strokes = np.convolve(cv2.reduce(edges, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel(), (0.25, 0.5, 0.25), "same")
    strongest = _percentile_95(strokes)
    marks = np.where(strokes > _ROW * strongest, 1, np.where(strokes < _GAP * strongest, -1, 0))
    marks = marks[marks != 0]
    return int(np.count_nonzero(np.diff(marks, prepend=-1) > 0))


def _percentile_95(values: npt.NDArray[np.float64]) -> float:
    """As np.percentile computes it, in a fifth of the time: every picture waits for this."""
    ranked = np.sort(values)
    whole, part = divmod(0.95 * (len(values) - 1), 1)
    below, above = ranked[int(whole)], ranked[min(int(whole) + 1, len(values) - 1)]
    return float(below + part * (above - below))


def specks(lightness: Grey) -> int:
    """Count tiny connected areas of light or dark."""
    small = _at_height(lightness, _SPECKS_HEIGHT)
    _, light = cv2.threshold(small, 0, 1, cv2.THRESH_OTSU)
    return _tiny(light) + _tiny(1 - light)  # type: ignore[arg-type]


def _tiny(mask: Grey) -> int:
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    return int(np.count_nonzero(stats[1:, cv2.CC_STAT_AREA] < _SPECK * mask.size))


def _at_height(image: npt.NDArray[np.uint8], height: int) -> npt.NDArray[np.uint8]:
    tall, wide = image.shape[:2]
    if tall <= height:
        return image
    return cv2.resize(image, (max(1, round(wide * height / tall)), height), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
