"""Planes looked at in tiles, with a detector that sees light as text."""

import itertools

import numpy as np
import pytest

from edged.flow.detect.boxes import SURE, Map, Thresholds, boxes_of
from edged.flow.detect.fit import SHARED, Size
from edged.flow.detect.tiles import Tile, joined, spans, tiles, touched
from edged.types import Pixels

SIZE: Size = (160, 240)


def plane(*boxes: tuple[int, int, int, int], height: int = 400, width: int = 600) -> Pixels:
    """Black, with light boxes: left, top, right, bottom."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for left, top, right, bottom in boxes:
        pixels[top:bottom, left:right] = SURE
    return pixels


def look(pixels: Pixels) -> Map:
    """Light is text, but not at the edge: there is nothing beside it to tell."""
    assert pixels.shape[:2] == SIZE
    seen = pixels[:, :, 0].copy()
    seen[:8] = seen[-8:] = seen[:, :8] = seen[:, -8:] = 0
    return seen


def found(pixels: Pixels, chosen: list[Tile]) -> Map:
    def window(tile: Tile) -> Pixels:
        y, x = tile.down.start, tile.across.start
        return pixels[y : y + SIZE[0], x : x + SIZE[1]]

    return joined(pixels.shape[:2], chosen, window, look)  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [1, 239, 240, 241, 400, 600, 5000])
def test_tiles_cover_a_side_and_share_enough(length: int) -> None:
    """Evenly, as few as can be, and what counts of each meets what counts of the next."""
    placed = spans(length, 240)
    assert placed[0].first == 0
    assert placed[-1].end == length
    for one, other in itertools.pairwise(placed):
        assert one.start + 240 - other.start >= SHARED
        assert one.end > other.first
    assert all(span.start + 240 <= length for span in placed) or len(placed) == 1
    assert len(placed) == 1 or (len(placed) - 1) * (240 - SHARED) < length - SHARED


def test_a_text_across_a_seam_is_one_box() -> None:
    """Wherever it lies and in whatever direction the seam runs: neither cut nor found twice."""
    boxes = ((100, 100, 500, 124), (300, 170, 324, 380), (20, 20, 60, 40))
    pixels = plane(*boxes)
    cut = boxes_of(found(pixels, tiles((400, 600), SIZE)), Thresholds(unclip=0))
    assert sorted(tuple(np.rint((*box.min(axis=0), *box.max(axis=0))).astype(int)) for box in cut) == sorted(boxes)


def test_only_the_tiles_around_boxes_are_looked_at() -> None:
    """All of a box is in them; elsewhere there is no text."""
    pixels = plane((20, 20, 60, 40), (540, 340, 580, 360))
    every = tiles((400, 600), SIZE)
    around = [np.array([(20, 20), (60, 20), (60, 40), (20, 40)], np.float32)]
    chosen = touched(every, around)
    assert [(tile.down.start, tile.across.start) for tile in chosen] == [(0, 0)]
    likely = found(pixels, chosen)
    assert likely[30, 40] == SURE
    assert not likely[300:].any()
    assert touched(every, []) == []
