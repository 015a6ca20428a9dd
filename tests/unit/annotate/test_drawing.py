"""The whole drawing."""

from typing import Any

import cv2
import numpy as np
import pytest

from edged.annotate import ENDINGS, Mark, State, annotated, encoded, lettering
from edged.annotate.canvas import COLOURS
from edged.annotate.footer import wrapped
from edged.annotate.lettering import Strokes
from edged.types import Box, Outcome
from tests.doubles.readings import reading

LETTERS = lettering().lettering


def mark(left: float, top: float, right: float, bottom: float, state: State = State.OK) -> Mark:
    box: Box = (left, top), (right, top), (right, bottom), (left, bottom)
    return Mark(box=box, state=state, text="批号 A17", confidence=0.93)


def has(image: Any, state: State) -> bool:
    return bool((image == COLOURS[state]).all(axis=2).any())


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_a_box_has_the_colour_of_its_state_on_any_ground(ground: int) -> None:
    """And white beside it, where the ground is not."""
    image = np.full((480, 640, 3), ground, np.uint8)
    for state in State:
        drawn = annotated(image, reading(), [mark(100, 200, 300, 240, state)], LETTERS)
        assert tuple(drawn[220, 100]) == COLOURS[state]
        assert drawn[220, 90:110].min(axis=1).max() > 180
    assert (image == ground).all(), "the picture itself stays as it is"


@pytest.mark.parametrize(("tall", "wide"), [(32, 100), (1, 1), (900, 30), (8, 2000), (480, 640), (3000, 4000)])
def test_any_size_of_picture_has_letters_that_can_be_read(tall: int, wide: int) -> None:
    """A small one is enlarged, and what finds no room stands in the strip below."""
    image = np.full((tall, wide, 3), 200, np.uint8)
    drawn = annotated(image, reading(outcome=Outcome.UNSURE, reasons=("glare 9 > 3",)), [mark(0, 0, wide, tall)], LETTERS)
    scale = max(1, min(16, -(-640 // max(tall, wide))))
    assert drawn.shape[1] == max(480, wide * scale)
    assert drawn.shape[0] >= tall * scale + 3 * 14
    assert has(drawn[tall * scale :], State.UNSURE)
    assert has(drawn[tall * scale :], State.OK)


def test_letters_of_a_high_picture_fit_across_it() -> None:
    """The colour of the outcome ends before the strip does."""
    drawn = annotated(np.zeros((9000, 60, 3), np.uint8), reading(outcome=Outcome.REJECTED), [], LETTERS)
    strip = drawn[9000:]
    assert has(strip, State.NOT_READ)
    assert not (strip[:, -4:] == COLOURS[State.NOT_READ]).all(axis=2).any()


def test_what_finds_no_room_is_told_below_with_the_number_at_its_box() -> None:
    """The strip grows with the texts, and only with those."""
    image = np.full((400, 640, 3), 255, np.uint8)
    crowded = [mark(0, top, 640, top + 20) for top in range(0, 400, 20)]
    alone = annotated(image, reading(), [mark(100, 200, 300, 240)], LETTERS)
    drawn = annotated(image, reading(), crowded, LETTERS)
    assert alone.shape[0] < 460
    assert drawn.shape[0] > alone.shape[0] + 60


@pytest.mark.parametrize("letters", [LETTERS, Strokes()])
def test_a_long_reason_is_broken_into_lines_that_fit(letters: Any) -> None:
    """At spaces, and within a text that has none."""
    for text in ("one two three " * 9, "没有空格的很长的中文原因" * 6, "x" * 200, ""):
        lines = list(wrapped(text, 300, letters, 16))
        assert all(letters.width(line, 16) <= 300 for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_bytes_are_those_of_the_ending(ending: str) -> None:
    """Colours and size come back."""
    image = np.full((40, 60, 3), (50, 125, 20), np.uint8)
    back = cv2.imdecode(np.frombuffer(encoded(image, ending), np.uint8), cv2.IMREAD_COLOR)
    assert back is not None
    assert np.abs(back.astype(int) - image).max() <= 3
