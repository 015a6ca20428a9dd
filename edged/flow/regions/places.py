"""From a place as it was typed to its corners in pixels of a frame."""

from typing import Final

import cv2
import numpy as np

from edged.config import FieldSection
from edged.config.places import Length, is_per_cent, numbers
from edged.types import Box, Point

_OUTSIDE: Final = 0.05  # of its area: more of a place beyond the frame may be more than its margin


def corners(field: FieldSection, width: int, height: int) -> Box:
    """The corners of a field's place in a frame of that size, clockwise from the top left of the text."""
    if field.quad is not None:
        first, second, third, fourth = (_point(point, width, height) for point in field.quad)
        return first, second, third, fourth
    assert field.box is not None  # a field of layout regions has one of the two
    left, top = _point(field.box[:2], width, height)
    wide, tall = _point(field.box[2:], width, height)
    return (left, top), (left + wide, top), (left + wide, top + tall), (left, top + tall)


def is_outside(place: Box, width: int, height: int) -> bool:
    """Whether a good part of the place lies beyond a frame of that size."""
    frame = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
    quad = np.array(place, np.float32)
    inside, _ = cv2.intersectConvexConvex(quad, frame)
    return inside < (1 - _OUTSIDE) * cv2.contourArea(quad)


def spoken(field: FieldSection) -> str:
    """The place as somebody typed it: `box [10, 20, 200, 40]`."""
    key, value = ("quad", field.quad) if field.quad is not None else ("box", field.box)
    return f"{key} {_list(value)}"


def _point(lengths: tuple[Length, ...], width: int, height: int) -> Point:
    x, y = numbers(lengths)
    return (x * width / 100, y * height / 100) if is_per_cent(lengths) else (x, y)


def _list(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_list(one) for one in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
