"""Which frames of a part are read, and when."""

import numpy as np
import pytest

from edged.flow.parts.window import PartWindow
from edged.types import Frame
from tests.doubles.clock import START


class Still:
    """A camera that does nothing by itself."""

    waits = stopped = False
    trouble = ""

    def step(self, seconds: float) -> None: ...


def given(energies: list[float], *, settle: int, shut: bool = False, keep: int = 5) -> list[float]:
    """What is to be read after these frames, sharpest first; a frame's energy stands in its pixel."""
    window = PartWindow(0.0, 10.0, 20.0, keep=keep, pump=Still(), settle=settle)
    for number, energy in enumerate(energies):
        image = np.full((1, 1, 3), energy, np.uint8)
        window.offer(Frame(image=image, number=number, captured_at=START, at=float(number) / 10), lambda energy=energy: energy)  # type: ignore[misc]
    if shut:
        window.shut()
    found = []
    while (frame := window.best()) is not None:
        found.append(float(frame.image[0, 0, 0]))
    return found


@pytest.mark.parametrize(
    ("energies", "read"),
    [
        ([1], []),
        ([1, 2, 3, 4], []),  # it still comes into view
        ([1, 2, 3, 4, 3], []),
        ([1, 5, 2, 6, 3], []),  # one frame that is blurred is no peak
        ([1, 2, 9, 4, 3], [9, 4, 3, 2, 1]),
        ([7, 7, 7], [7, 7, 7]),  # it stands
        ([0, 0], [0, 0]),
        ([5, 4, 4, 9], [9, 5, 4, 4]),  # what was begun goes on
    ],
)
def test_a_part_that_comes_into_view_is_read_when_it_is_there(energies: list[float], read: list[float]) -> None:
    """Two frames in a row that are no sharper than the best say so."""
    assert given(energies, settle=2) == read


def test_a_part_that_somebody_tells_of_is_read_at_once() -> None:
    """It is there already."""
    assert given([1], settle=0) == [1]


def test_a_part_that_is_gone_is_read_whatever_came() -> None:
    """Its frames are all there will be."""
    assert given([1, 2, 3], settle=2, shut=True) == [3, 2, 1]


def test_the_least_sharp_make_room() -> None:
    """So many are kept at most."""
    assert given([3, 1, 2, 5, 4], settle=0, keep=2) == [5, 4]
