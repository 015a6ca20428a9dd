"""What stands so small in the map that its edges are guesses is looked at again, closer, and only there.

A detector that is shown a large frame at a quarter of its size says of text of four pixels that it is text, but not where exactly, and
takes neighbouring lines for one. So the first look tells where to look closer, and a page of large print costs no second one.
"""

from collections.abc import Callable, Sequence
from typing import Final

import cv2
import numpy as np

from edged.flow.detect.boxes import Corners, Hulls

SMALL: Final = 11.0  # pixels of the map, as boxes grow by `boxes.Thresholds.unclip`: lower ones are looked at again
_GAIN: Final = 1.5  # times larger at least, or it is not worth a look
_STEP: Final = 2.0  # times larger, at a time
_SAME: Final = 0.5  # of a box lies in another one: it shows nothing new
LARGEST: Final = 24_000_000  # pixels of a map

Search = Callable[[int, Sequence[Corners]], list[Corners]]


def closer(boxes: Sequence[Corners], scale: float, pixels: int, search: Search) -> list[Corners]:
    """The boxes of a frame, those that stand small at *scale* replaced by what is found where they are.

    Args:
        boxes: In pixels of the frame.
        scale: Pixels of the map for one of the frame, when they were found.
        pixels: Of the frame.
        search: Looks for boxes around others, at one pixel of the map for so many of the frame along a side.
    """
    kept = list(boxes)
    while True:
        by = max(1, round(1 / (_STEP * scale)))
        small = [box for box in kept if height_of(box) * scale < SMALL]
        if not small or 1 / by < _GAIN * scale or pixels > LARGEST * by * by:
            return kept
        large = [box for box in kept if height_of(box) * scale >= SMALL]
        found = search(by, small)
        fresh = [box for box, near in _with_those_near(found, large) if not any(covered(box, one) > _SAME for one in near)]
        missed = [box for box, near in _with_those_near(small, fresh) if not any(covered(one, box) > 0 for one in near)]
        kept, scale = [*large, *fresh, *missed], 1 / by


def height_of(corners: Corners) -> float:
    """The shorter side of a box."""
    return float(min(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[3] - corners[0])))


def _with_those_near(boxes: Sequence[Corners], others: Sequence[Corners]) -> list[tuple[Corners, list[Corners]]]:
    """Each box with those of the others that may share something with it: of a thousand, a few."""
    hulls = Hulls(others)
    return [(box, [others[number] for number in hulls.meeting(box.min(axis=0), box.max(axis=0))]) for box in boxes]


def covered(corners: Corners, other: Corners) -> float:
    """How much of a box lies in the other one, 0..1."""
    if (corners.max(axis=0) <= other.min(axis=0)).any() or (corners.min(axis=0) >= other.max(axis=0)).any():
        return 0.0
    shared, _ = cv2.intersectConvexConvex(corners, other)
    return float(shared) / max(1e-6, float(cv2.contourArea(corners)))
