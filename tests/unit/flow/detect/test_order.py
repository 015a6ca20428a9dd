"""The order of boxes."""

import math
import random

import numpy as np
import pytest

from edged.flow.detect.boxes import Corners
from edged.flow.detect.order import in_reading_order


def box(x: float, y: float, width: float = 60, height: float = 20) -> Corners:
    return np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], np.float32)


def tilted(boxes: list[Corners], degrees: float) -> list[Corners]:
    angle = math.radians(degrees)
    turn = np.array([(math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))], np.float32)
    return [corners @ turn for corners in boxes]


PAGE = [box(10, 10), box(100, 14), box(220, 8), box(12, 50, 250), box(10, 90), box(90, 92, 40), box(300, 88)]


@pytest.mark.parametrize("degrees", [-15, -5, 0, 5, 15])
@pytest.mark.parametrize("seed", range(5))
def test_rows_are_read_one_after_the_other(degrees: float, seed: int) -> None:
    """However the page is tilted, and in whatever order they were found."""
    page = tilted(PAGE, degrees)
    found = list(page)
    random.Random(seed).shuffle(found)
    assert [corners.tolist() for corners in in_reading_order(found)] == [corners.tolist() for corners in page]


def test_a_high_box_stands_in_the_row_of_its_neighbour() -> None:
    """Where it covers half of the lower one."""
    high = box(0, 0, 40, 60)
    assert [b.tolist() for b in in_reading_order([box(50, 5), high])] == [b.tolist() for b in (high, box(50, 5))]


def test_nothing_and_one_have_an_order() -> None:
    assert in_reading_order([]) == []
    assert len(in_reading_order([box(0, 0)])) == 1
