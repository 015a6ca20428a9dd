"""From what was typed to corners."""

import json
from typing import Any

import numpy as np
import pytest

from edged.config import FieldSection
from edged.flow.regions.cut import cut
from edged.flow.regions.places import corners, is_outside, spoken


def field(**keys: Any) -> FieldSection:
    return FieldSection.model_validate_json(json.dumps(keys))


def upright(left: float, top: float, right: float, bottom: float) -> Any:
    return (left, top), (right, top), (right, bottom), (left, bottom)


def pattern(wide: int = 60, tall: int = 40) -> Any:
    """Pixels that each say where they are."""
    x, y = np.meshgrid(np.arange(wide), np.arange(tall))
    return np.stack((4 * x, 6 * y, np.zeros_like(x)), axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"box": [10, 20, 30, 5]}, upright(10, 20, 40, 25)),
        ({"box": ["10%", "20%", "50%", "2.5 %"]}, upright(20, 20, 120, 22.5)),
        ({"quad": [[1, 2], [30, 4], [31, 9], [2, 8]]}, ((1, 2), (30, 4), (31, 9), (2, 8))),
        ({"quad": [["0%", "0%"], ["100%", "0%"], ["100%", "50%"], ["0%", "50%"]]}, upright(0, 0, 200, 50)),
    ],
)
def test_a_place_has_corners_in_pixels(place: dict[str, Any], expected: Any) -> None:
    """Per cent are of the frame's width for x and of its height for y."""
    assert corners(field(**place), 200, 100) == expected


def test_a_place_is_told_as_it_was_typed() -> None:
    """So that it can be found in the file."""
    assert spoken(field(box=[10, 20, 30.5, 5])) == "box [10, 20, 30.5, 5]"
    assert spoken(field(quad=[["0%", "0%"], ["9%", "0%"], ["9%", "5%"], ["0%", "5%"]])) == "quad [[0%, 0%], [9%, 0%], [9%, 5%], [0%, 5%]]"


@pytest.mark.parametrize(
    ("place", "outside"),
    [
        (upright(0, 0, 60, 40), False),
        (upright(50, 0, 60.4, 40), False),
        (upright(50, 0, 62, 40), True),
        (upright(-9, 3, 30, 9), True),
        (upright(100, 100, 120, 110), True),
        (((30, -9), (60, 20), (30, 50), (0, 20)), True),
    ],
)
def test_a_place_beyond_the_frame_is_outside(place: Any, outside: bool) -> None:
    """A sliver is not missed; more of it may be the text."""
    assert is_outside(place, 60, 40) is outside


def test_an_upright_place_is_copied() -> None:
    """Not a pixel changes."""
    assert np.array_equal(cut(pattern(), upright(10, 20, 40, 25)), pattern()[20:25, 10:40])


def test_a_quadrilateral_is_seen_from_the_front() -> None:
    """The first corner becomes the top left: one that stands on its head is turned, one that stands on its side is laid down."""
    head = cut(pattern(), ((40, 25), (10, 25), (10, 20), (40, 20)))
    assert np.array_equal(head, pattern()[20:25, 10:40][::-1, ::-1])
    side = cut(pattern(), ((10, 30), (10, 10), (16, 10), (16, 30)))
    assert np.array_equal(side, np.rot90(pattern()[10:30, 10:16], -1))


def test_perspective_is_undone() -> None:
    """What was level on the part is level again: along each row of the cut, the frame is walked along a straight line."""
    seen = cut(pattern(), ((10, 10), (50, 4), (50, 36), (10, 30)))
    assert seen.shape == (32, 40, 3)
    middle = seen[:, 20].astype(float)
    assert abs(middle[16, 1] / 6 - 20) < 0.7  # the row in the middle stays in the middle
    assert np.all(np.diff(middle[:, 1]) > 0)
    assert seen[16, 0, 0] < 4 * 12
    assert seen[16, -1, 0] > 4 * 48


def test_half_a_pixel_counts() -> None:
    """Corners between pixels are met to a fraction of a pixel."""
    moved = cut(pattern(), upright(10.5, 20, 40.5, 25))
    assert np.allclose(moved[:, :, 0].astype(float), pattern()[20:25, 10:40, 0] + 2.0, atol=0.6)


def test_what_sticks_out_repeats_the_border() -> None:
    """No black edge that a model might take for ink."""
    assert np.array_equal(cut(pattern(), upright(-1, 0, 10, 5))[:, 0], pattern()[:5, 0])
