"""From a probability map to boxes of text, by Liao et al., Real-time Scene Text Detection with Differentiable Binarization, 2020.

The map says of each pixel how likely it lies in the shrunken core of a text. What is likely is cut into regions, each becomes the
smallest rectangle around it, and the rectangle grows back by area x ratio / perimeter: the offset by which the training shrank
its polygons (Vatti clipping; of a rectangle that is a rectangle again, so nothing but OpenCV is needed).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Map = npt.NDArray[np.uint8]  # H x W, 0..255: bytes, for a large frame has a large map
Corners = npt.NDArray[np.float32]  # 4 x 2, x and y, clockwise from the top left of the text

SURE: Final = 255  # of a map: it is text
MAX_BOXES: Final = 1000  # in one picture; each costs an inference
_MIN_SIDE: Final = 3.0  # pixels of the map, before it grows: less is noise
_TALL: Final = 1.5  # times the width: the text is turned


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What counts as text."""

    pixel: float = 0.35  # likelier pixels are text
    box: float = 0.5  # mean over the rectangle; less likely ones are dropped
    unclip: float = 1.2  # ratio by which rectangles grow


def boxes_of(likely: Map, thresholds: Thresholds) -> list[Corners]:
    """The rectangles of text in the map, in pixels of the map, in no order; no more than MAX_BOXES, the largest."""
    mask = (likely > SURE * thresholds.pixel).view(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = sorted(contours, key=cv2.contourArea, reverse=True)[: 2 * MAX_BOXES]  # some are no text
    found = (_box(likely, contour, thresholds) for contour in largest)
    return list(islice((box for box in found if box is not None), MAX_BOXES))


def _box(likely: Map, contour: cv2.typing.MatLike, thresholds: Thresholds) -> Corners | None:
    centre, (width, height), angle = cv2.minAreaRect(contour)
    if min(width, height) < _MIN_SIDE:
        return None
    if _score(likely, cv2.boxPoints((centre, (width, height), angle))) < thresholds.box:
        return None
    width, height = width + 1, height + 1  # from the middles of the outermost pixels to their edges
    offset = width * height * thresholds.unclip / (2 * (width + height))
    return clockwise(cv2.boxPoints(((centre[0] + 0.5, centre[1] + 0.5), (width + 2 * offset, height + 2 * offset), angle)))


def _score(likely: Map, corners: cv2.typing.MatLike) -> float:
    """The mean of the map in the rectangle, 0..1."""
    tall, wide = likely.shape
    left, top = np.clip(np.floor(corners.min(axis=0)), 0, (wide - 1, tall - 1)).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(axis=0)), 0, (wide - 1, tall - 1)).astype(int)
    inside = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(inside, [(corners - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(likely[top : bottom + 1, left : right + 1], inside)[0]) / SURE


def clockwise(corners: cv2.typing.MatLike) -> Corners:
    """The corners of a rectangle from the top left of its text: text runs along the longer side, to the right; a tall one runs down."""
    ring = np.asarray(corners, np.float32)
    centre = ring.mean(axis=0)
    ring = ring[np.argsort([math.atan2(y - centre[1], x - centre[0]) for x, y in ring])]  # y points down: rising angles run clockwise
    # Of the four beginnings the one whose first side points most to the right.
    sides = np.roll(ring, -1, axis=0) - ring
    directions = sides[:, 0] / np.maximum(np.linalg.norm(sides, axis=1), 1e-6)
    ring = np.roll(ring, -int(np.argmax(directions)), axis=0)
    width, height = np.linalg.norm(ring[1] - ring[0]), np.linalg.norm(ring[3] - ring[0])
    return np.roll(ring, -1, axis=0) if height > _TALL * width else ring


class Hulls:
    """The upright rectangles around boxes: which of them meet another one, without a look at each pair of boxes."""

    def __init__(self, boxes: Sequence[Corners]) -> None:
        self._lows = np.array([box.min(axis=0) for box in boxes]).reshape(-1, 2)
        self._highs = np.array([box.max(axis=0) for box in boxes]).reshape(-1, 2)

    def meeting(self, low: npt.ArrayLike, high: npt.ArrayLike) -> list[int]:
        """The numbers of those that share something with what lies between two points, x and y."""
        meets = ((self._lows < high) & (self._highs > low)).all(axis=1)
        return [int(number) for number in np.flatnonzero(meets)]


def length(box: Corners) -> float:
    """Of its text, in heights of the text."""
    return side(box) / max(float(np.linalg.norm(box[3] - box[0])), 1e-6)


def side(box: Corners) -> float:
    """How long its text is, in pixels."""
    return float(np.linalg.norm(box[1] - box[0]))


def is_across(box: Corners) -> bool:
    """Whether its text runs up or down the picture."""
    along, down = box[1] - box[0]
    return bool(abs(down) > abs(along))
