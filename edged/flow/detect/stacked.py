"""Columns: texts whose characters stand upright, one below the other."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor
from typing import Final

import numpy as np
import numpy.typing as npt

from edged.flow.detect.boxes import Corners
from edged.types import Pixels

_TALL: Final = 1.5  # times the width
_LOWEST, _HIGHEST = 0.6, 1.5  # a character and its gap, in widths of the column
_EMPTY: Final = 0.1  # of the ink that a piece has on average
_COUNTS: Final = 96  # numbers of characters that are tried at most: each costs a look at all of its gaps
_AS_CLEAR: Final = 0.1  # of the mean ink: gaps no worse than this are as good, and more of them are likelier


def standing(boxes: Sequence[Corners]) -> list[Corners]:
    """The boxes, those of tall texts not turned: each begins at the top left of its column."""
    return [np.roll(box, 1, axis=0) if abs(box[1][1] - box[0][1]) > abs(box[1][0] - box[0][0]) else box for box in boxes]


def is_column(width: float, height: float) -> bool:
    """Whether what is so wide and high, as it is read, is a column."""
    return height > _TALL * width


def in_a_row(cut: Pixels) -> Pixels:
    """A column's characters beside one another.

    They are about evenly apart: of all numbers of characters that there is room for, the highest is taken whose worst gap has hardly more
    ink than the best, and pieces without ink are left out.

    Args:
        cut: H x W x 3, a column.
    """
    tall, wide = cut.shape[:2]
    grey = cut.mean(axis=2, dtype=np.float32)
    ink = np.abs(np.diff(grey, axis=1)).mean(axis=1) if wide > 1 else np.zeros(tall, np.float32)
    most = max(1, floor(tall / (_LOWEST * wide)))
    least = max(1, ceil(tall / (_HIGHEST * wide)))
    counts = range(least, most + 1, max(1, -(-(most + 1 - least) // _COUNTS)))
    cuts = [_gaps(ink, count) for count in counts] or [_gaps(ink, 1)]
    costs = [float(ink[gaps].max()) if gaps else float(ink.mean()) for gaps in cuts]
    enough = min(costs) + _AS_CLEAR * float(ink.mean())
    best = max((gaps for gaps, cost in zip(cuts, costs, strict=True) if cost <= enough), key=len)
    little = _EMPTY * float(ink.sum()) / (len(best) + 1)
    pieces = [cut[start:end] for start, end in pairwise((0, *best, tall)) if ink[start:end].sum() > little]
    pieces = pieces or [cut]
    high = max(len(piece) for piece in pieces)
    return np.hstack([np.pad(piece, _centred(high - len(piece)), mode="edge") for piece in pieces])


def _gaps(ink: npt.NDArray[np.float32], count: int) -> list[int]:
    """The rows with the least ink near the borders of so many even pieces."""
    pitch = len(ink) / count
    reach = max(1, round(pitch / 5))
    borders = [round(pitch * border) for border in range(1, count)]
    starts = [max(1, border - reach) for border in borders]
    return [start + _middle_of_least(ink[start : border + reach + 1]) for start, border in zip(starts, borders, strict=True)]


def _middle_of_least(ink: npt.NDArray[np.float32]) -> int:
    least = np.flatnonzero(ink <= ink.min() + 1e-3)
    return int(least[len(least) // 2])


def _centred(missing: int) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    return (missing // 2, missing - missing // 2), (0, 0), (0, 0)
