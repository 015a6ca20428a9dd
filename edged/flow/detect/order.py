"""The order in which boxes are read: row by row, each from left to right, however the page is tilted."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from edged.flow.detect.boxes import Corners
from edged.flow.detect.tilt import direction

_SHARED: Final = 0.5  # of the lower one's height: side by side, in one row


def in_reading_order(boxes: Sequence[Corners]) -> list[Corners]:
    """The same boxes in the order in which they are read."""
    if len(boxes) < 2:
        return list(boxes)
    level = _levelled(boxes)
    tops, bottoms = level[:, :, 1].min(axis=1), level[:, :, 1].max(axis=1)
    lefts = level[:, :, 0].min(axis=1)
    rows: list[list[int]] = []
    for index in np.argsort((tops + bottoms) / 2, kind="stable"):
        row = next((row for row in reversed(rows[-3:]) if _beside(tops, bottoms, lefts, row, int(index))), None)
        if row is None:
            rows.append([int(index)])
        else:
            row.append(int(index))
    return [boxes[index] for row in rows for index in sorted(row, key=lambda one: float(lefts[one]))]


def _levelled(boxes: Sequence[Corners]) -> "np.ndarray[tuple[int, int, int], np.dtype[np.float32]]":
    """The corners, turned so that the text runs level."""
    angle = direction(boxes)
    turn = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))), np.float32)
    return np.stack(boxes) @ turn


def _beside(
    tops: "np.ndarray[tuple[int], np.dtype[np.float32]]",
    bottoms: "np.ndarray[tuple[int], np.dtype[np.float32]]",
    lefts: "np.ndarray[tuple[int], np.dtype[np.float32]]",
    row: Sequence[int],
    index: int,
) -> bool:
    """Whether a box stands in a row: beside the one of the row that is nearest to it."""
    near = min(row, key=lambda one: abs(float(lefts[one] - lefts[index])))
    shared = min(bottoms[near], bottoms[index]) - max(tops[near], tops[index])
    return bool(shared >= _SHARED * min(bottoms[near] - tops[near], bottoms[index] - tops[index]))
