"""Which way the lines of a page run."""

import cv2
import numpy as np
import pytest

from edged.flow.detect.boxes import Corners, clockwise
from edged.flow.detect.tilt import tilt


def line(degrees: float, *, long: float = 100, high: float = 20, at: tuple[float, float] = (200, 200)) -> Corners:
    return clockwise(cv2.boxPoints((at, (long, high), degrees)))


@pytest.mark.parametrize("degrees", [-30, -5, 0, 12])
def test_lines_that_agree_tell_their_tilt(degrees: float) -> None:
    assert tilt([line(degrees + off, at=(200, 60 * row)) for row, off in enumerate((-1, 0, 1))]) == pytest.approx(degrees, abs=0.01)


def test_a_short_text_says_nothing() -> None:
    assert tilt([line(10, long=30)]) == 0
    assert tilt([line(10, long=30), line(-5)]) == pytest.approx(-5, abs=0.01)


def test_lines_that_do_not_agree_have_no_tilt() -> None:
    """A street: each sign hangs as it hangs."""
    assert tilt([line(10), line(-10), line(25)]) == 0


def test_one_crooked_line_of_many_is_outvoted() -> None:
    assert tilt([*(line(7) for _ in range(5)), line(-20)]) == pytest.approx(7, abs=0.01)


def test_a_page_on_its_side_is_not_tilted() -> None:
    assert tilt([line(90), line(88)]) == 0


def test_no_text_has_no_tilt() -> None:
    assert tilt([]) == 0
    assert np.isfinite(tilt([np.zeros((4, 2), np.float32)]))
