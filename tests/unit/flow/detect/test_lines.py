"""Boxes cut out of frames."""

import cv2
import numpy as np
import pytest

from edged.flow.detect.boxes import Corners, clockwise
from edged.flow.detect.lines import lines_of
from edged.types import Pixels


def frame() -> Pixels:
    """Grey, 200 x 300."""
    return np.full((200, 300, 3), 128, np.uint8)


def patch(image: Pixels, degrees: float) -> Corners:
    """Draw a tilted rectangle 100 x 30, dark in its left half and light in its right one; its corners."""
    for shift, value in ((-25, 0), (25, 255)):
        angle = np.radians(degrees)
        centre = (150 + shift * np.cos(angle), 100 + shift * np.sin(angle))
        cv2.fillPoly(image, [np.rint(cv2.boxPoints((centre, (50, 30), degrees))).astype(np.int32)], (value,) * 3)
    return clockwise(cv2.boxPoints(((150, 100), (100, 30), degrees)))


@pytest.mark.parametrize("degrees", [-30, -7, 0, 7, 30, 90])
def test_a_line_is_cut_out_level(degrees: float) -> None:
    """Dark first, as it stands in the picture, with a little around it."""
    image = frame()
    (line,) = lines_of(image, [patch(image, degrees)], lambda cut: cut)
    tall, wide = line.image.shape[:2]
    around = 0.08 * 30
    assert (tall, wide) == (pytest.approx(30 + 2 * around, abs=2), pytest.approx(100 + 2 * around, abs=2))
    assert line.image[7:-7, 7 : wide // 2 - 5].max() < 64
    assert line.image[7:-7, wide // 2 + 5 : -7].min() > 192


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_level_box_is_cut_out_pixel_by_pixel_wherever_its_text_begins(quarters: int) -> None:
    """Nothing is sampled anew: turned, it has the pixels it had."""
    image = np.random.default_rng(1).integers(0, 256, (60, 200, 3), np.uint8)
    corners = np.array([(20, 10), (50, 10), (50, 35), (20, 35)], np.float32)
    (line,) = lines_of(image, [np.roll(corners, -quarters, axis=0)], lambda cut: cut)
    assert (line.image == np.rot90(image[8:37, 18:52], quarters)).all()
    assert line.box[quarters * -1 % 4] == (20.0, 10.0)


def test_a_box_beyond_the_frame_is_cut_and_told_within() -> None:
    """Boxes grow, and the frame ends."""
    corners = np.array([(-20, -10), (320, -10), (320, 40), (-20, 40)], np.float32)
    (line,) = lines_of(frame(), [corners], lambda cut: cut)
    assert line.box == ((0.0, 0.0), (300.0, 0.0), (300.0, 40.0), (0.0, 40.0))
    assert line.image.shape[1] == 300


@pytest.mark.parametrize("corners", [[(50, 50), (50.2, 50), (50.2, 50.2), (50, 50.2)], [(400, 400), (410, 400), (410, 405), (400, 405)]])
def test_a_box_without_pixels_has_one(corners: list[tuple[float, float]]) -> None:
    """Whatever a detector says, there is something to read."""
    (line,) = lines_of(frame(), [np.array(corners, np.float32)], lambda cut: cut)
    assert min(line.image.shape) >= 1


def test_a_page_of_many_lines_shows_that_it_goes_on() -> None:
    """Each line may take milliseconds, a page may have a thousand."""
    image, beats = frame(), list[int]()
    corners = patch(image, 0)
    lines_of(image, [corners] * 5, lambda cut: cut, beat=lambda: beats.append(1))
    assert len(beats) == 5
