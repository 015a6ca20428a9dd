"""What is larger than a detector's size is looked at in tiles that overlap, and the maps of the tiles become one.

The maps are joined, not the boxes: where two tiles overlap, each pixel is as likely text as the tile says that sees more of it. A text
across a seam is one region of the joined map, so nothing is cut and nothing is found twice.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from edged.flow.detect.boxes import Corners, Hulls, Map
from edged.flow.detect.fit import SHARED, Size
from edged.types import Pixels

_EDGE: Final = 16  # pixels: so near the edge of a tile, it sees too little beside them


class Span(NamedTuple):
    """One tile along one side, in pixels of the plane."""

    start: int  # of the tile
    first: int  # from where on its map counts
    end: int


class Tile(NamedTuple):
    """One tile."""

    down: Span
    across: Span


def spans(length: int, tile: int) -> list[Span]:
    """How tiles lie along a side: as few as can be, evenly."""
    if length <= tile:
        return [Span(0, 0, length)]
    count = math.ceil((length - SHARED) / (tile - SHARED))
    last = length - tile
    starts = [round(number * last / (count - 1)) for number in range(count)]
    return [Span(start, start + _EDGE * (start > 0), start + tile - _EDGE * (start < last)) for start in starts]


def tiles(plane: Size, size: Size) -> list[Tile]:
    """All tiles of a plane, row by row."""
    return [Tile(*pair) for pair in itertools.product(spans(plane[0], size[0]), spans(plane[1], size[1]))]


def touched(found: Sequence[Tile], boxes: Sequence[Corners]) -> list[Tile]:
    """The tiles in which one of the boxes lies; boxes in pixels of the plane."""
    hulls = Hulls(boxes)
    return [tile for tile in found if hulls.meeting((tile.across.first, tile.down.first), (tile.across.end, tile.down.end))]


def joined(plane: Size, chosen: Sequence[Tile], window: Callable[[Tile], Pixels], look: Callable[[Pixels], Map]) -> Map:
    """The map of a plane from those of its tiles; where no tile was chosen there is no text.

    Args:
        plane: Height and width.
        chosen: Which of its tiles to look at.
        window: The pixels of a tile; fewer where the plane is smaller.
        look: How likely each of them is text.
    """
    likely = np.zeros(plane, np.uint8)
    for tile in chosen:
        (y, top, bottom), (x, left, right) = tile
        seen = look(window(tile))
        part = likely[top:bottom, left:right]
        np.maximum(part, seen[top - y : bottom - y, left - x : right - x], out=part)
    return likely
