"""Cut a box out of its picture, level."""

from typing import Final

import numpy as np

from edged.flow.detect.boxes import Corners
from edged.flow.preprocess import level
from edged.types import Pixels

_LEVEL: Final = 0.6  # pixels that corners may be off the axes: then nothing is sampled anew
_MARGIN: Final = 0.08  # of the lower side, around what is cut: boxes stand close to their texts, and recognisers learnt from wider ones


def cut_out(image: Pixels, corners: Corners) -> Pixels:
    """The pixels of a box and a little around it, with its first side on top.

    Args:
        image: H x W x 3.
        corners: Clockwise from the top left of the text; what lies outside the picture repeats its edge.
    """
    corners = _grown(corners)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    axes = np.array(((left, top), (right, top), (right, bottom), (left, bottom)), np.float32)
    tall, wide = image.shape[:2]
    x0, y0 = max(0, round(float(left))), max(0, round(float(top)))
    x1, y1 = min(wide, round(float(right))), min(tall, round(float(bottom)))
    for quarters in range(4):
        if np.abs(np.roll(corners, quarters, axis=0) - axes).max() <= _LEVEL and x1 > x0 and y1 > y0:
            cut = image[y0:y1, x0:x1]
            return np.ascontiguousarray(np.rot90(cut, quarters)) if quarters else cut
    width = max(1, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(1, round(float(np.linalg.norm(corners[3] - corners[0]))))
    return level(image, corners, width, height)


def _grown(corners: Corners) -> Corners:
    """The corners with a margin on each side."""
    along, down = corners[1] - corners[0], corners[3] - corners[0]
    width, height = max(float(np.linalg.norm(along)), 1e-6), max(float(np.linalg.norm(down)), 1e-6)
    margin = _MARGIN * min(width, height)
    across, below = along * np.float32(margin / width), down * np.float32(margin / height)
    grown: Corners = corners + np.stack((-across - below, across - below, across + below, below - across))
    return grown
