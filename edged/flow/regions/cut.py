"""A quadrilateral of a frame, seen from the front."""

import math

from edged.flow.preprocess import level
from edged.types import Box, Pixels


def cut(frame: Pixels, place: Box) -> Pixels:
    """Cut a place out, as wide and as high as its longer sides, at the scale of the frame.

    What stands upright on whole pixels is copied as it is. Beyond the frame its border is repeated.

    Args:
        frame: H x W x 3.
        place: Convex corners, clockwise from the top left of what is seen; 0, 0 is the corner of the frame's first pixel.
    """
    upright = _upright(frame, place)
    if upright is not None:
        return upright
    first, second, third, fourth = place
    width = max(1, round(max(math.dist(first, second), math.dist(fourth, third))))
    height = max(1, round(max(math.dist(first, fourth), math.dist(second, third))))
    return level(frame, place, width, height)


def _upright(frame: Pixels, place: Box) -> Pixels | None:
    (left, top), (right, bottom) = place[0], place[2]
    on_pixels = all(float(one).is_integer() for one in (left, top, right, bottom))
    if not on_pixels or place != ((left, top), (right, top), (right, bottom), (left, bottom)):
        return None
    tall, wide = frame.shape[:2]
    if not 0 <= left < right <= wide or not 0 <= top < bottom <= tall:  # it may stand on its head
        return None
    return frame[int(top) : int(bottom), int(left) : int(right)]
