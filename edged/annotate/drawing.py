"""A picture with its reading drawn into it."""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from edged.annotate.canvas import COLOURS, DARK, Chip, bordered, draw_chips, outline, size_of
from edged.annotate.footer import Row, footer
from edged.annotate.lettering import Lettering
from edged.annotate.marks import Mark
from edged.annotate.places import Rect, hull, room_beside, room_inside
from edged.types import Box, Pixels, Reading

_LEAST: Final = 640  # pixels of the longer side: smaller pictures are enlarged, so that letters find room
_MOST: Final = 16  # times
_NARROW: Final = 480  # pixels across: the strip below needs them, a picture that is narrower gets a margin
_LETTERS: Final = 40  # the side of a square of the picture's area, in letters: they follow the picture
_ACROSS: Final = 24  # letters at least that stand side by side, however high the picture is
_SMALL, _LARGE = 14, 96  # pixels of a letter


def annotated(image: Pixels, reading: Reading, marks: Sequence[Mark], lettering: Lettering, caption: str = "") -> Pixels:
    """A copy of a picture with boxes and labels, and below it a strip with the reasons and with what found no room.

    No label covers another one, another box, or leaves the picture.

    Args:
        image: The upright picture, H x W x 3, BGR; it stays as it is.
        reading: What was read in it.
        marks: What is drawn, in the order of their numbers; see `marks_of`.
        lettering: Draws the letters.
        caption: What else is told, below the picture; may be empty.

    Returns:
        H x W x 3, BGR; small pictures are enlarged.
    """
    canvas, scale = _canvas(image)
    tall, wide = canvas.shape[:2]
    size = _between(_SMALL, min(math.sqrt(tall * wide) / _LETTERS, wide / _ACROSS), _LARGE)
    boxes = [_scaled(mark.box, scale) for mark in marks]
    for mark, box in zip(marks, boxes, strict=True):
        outline(canvas, box, COLOURS[mark.state], max(2, size // 10))
    left_over = _label(canvas, boxes, marks, lettering, _beside(boxes, size))
    return np.vstack((canvas, footer(reading, left_over, canvas.shape[1], lettering, size, caption=caption)))


def _canvas(image: Pixels) -> tuple[Pixels, int]:
    """A copy, large enough for letters, and how many times as large it is."""
    tall, wide = image.shape[:2]
    scale = min(_MOST, math.ceil(_LEAST / max(tall, wide)))
    copy = image.copy() if scale == 1 else np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
    missing = _NARROW - copy.shape[1]
    if missing <= 0:
        return copy, scale
    margin = np.full((copy.shape[0], missing, 3), DARK, np.uint8)
    return np.hstack((copy, margin)), scale


def _label(canvas: Pixels, boxes: Sequence[Box], marks: Sequence[Mark], lettering: Lettering, size: int) -> list[Row]:
    """Draw what finds room; the rest is returned, and only its number stands at its box."""
    picture = Rect(0, 0, canvas.shape[1], canvas.shape[0])
    hulls = [hull(box) for box in boxes]
    labels: list[Rect] = []
    left_over: list[Row] = []
    for number, mark in enumerate(marks):
        own, letters = hulls[number], size
        count = [Chip(str(number + 1), DARK)] if len(marks) > 1 else []
        row = [*count, Chip(mark.label, COLOURS[mark.state])]
        others = [*hulls[:number], *hulls[number + 1 :], *labels]
        place = room_beside(own, size_of(row, lettering, size), picture, others, max(3, size // 4))
        if place is None:
            left_over.append(row)
            if not count:  # the only one: below the picture it needs no number
                break
            row, letters = count, max(_SMALL - 2, size * 3 // 4)
            asked = size_of(row, lettering, letters)
            place = room_beside(own, asked, picture, others, 1, sides=True) or room_inside(own, asked, picture, labels)
        if place is not None:
            draw_chips(canvas, (place.left, place.top), row, lettering, letters)
            bordered(canvas, place)
            labels.append(place)
    return left_over


def _beside(boxes: Sequence[Box], size: int) -> int:
    """The letters of labels: not much larger than what is read, where that is small."""
    heights = sorted(math.dist(box[0], box[3]) for box in boxes)
    return _between(_SMALL, heights[len(heights) // 2] * 0.9, size) if heights else size


def _scaled(box: Box, scale: int) -> Box:
    (a, b), (c, d), (e, f), (g, h) = ((x * scale, y * scale) for x, y in box)
    return (a, b), (c, d), (e, f), (g, h)


def _between(least: int, wanted: float, most: int) -> int:
    return min(most, max(least, round(wanted)))
