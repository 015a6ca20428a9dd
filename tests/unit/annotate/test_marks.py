"""What of a reading is drawn."""

from dataclasses import replace
from typing import Any

from edged.annotate import State, marks_of
from edged.types import Box, FieldState, ReadField, ReadLine, Transcript
from tests.doubles.readings import reading


def box(top: float) -> Box:
    return (0, top), (100, top), (100, top + 20), (0, top + 20)


def line(text: str, confidence: float, top: float = 0, **more: Any) -> ReadLine:
    return ReadLine(transcript=Transcript(text=text, confidence=confidence, characters=()), raw=text, box=box(top), **more)


def test_states_are_those_of_the_outcome() -> None:
    """Sure, below the threshold, doubted, and without a text."""
    lines = (line("A", 0.9), line("B", 0.7), line("C", 0.9, doubts=("glare 9 > 3",)), line(" ", 0.9))
    marks = marks_of(reading(lines=lines), 0.8)
    assert [mark.state for mark in marks] == [State.OK, State.UNSURE, State.UNSURE, State.NOT_READ]
    assert [mark.label for mark in marks] == ["A  0.90", "B  0.70?", "C  0.90?", "not read"]


def test_a_field_that_was_not_read_is_shown_at_its_place() -> None:
    """Once, whether the layout or the model did not see it."""
    field = ReadField(
        name="lot",
        text="",
        raw="",
        confidence=0.0,
        state=FieldState.NOT_READ,
        box=box(30),
        frames=1,
        agreement=1.0,
        characters=(),
        rules=(),
    )
    (mark,) = marks_of(reading(lines=(), fields=(field,)), 0.8)
    assert (mark.box, mark.label, mark.state) == (box(30), "lot:  not read", State.NOT_READ)
    (mark,) = marks_of(reading(lines=(line("", 0.0, field="lot"),), fields=(replace(field, box=box(0)),)), 0.8)
    assert (mark.box, mark.label) == (box(0), "lot:  not read")


def test_places_that_showed_no_text_are_shown_and_a_turned_line_only_once() -> None:
    """A line that stands upside down begins at another corner of the same box."""
    turned = line("A", 0.9)
    upside_down = replace(turned, box=(*turned.box[2:], *turned.box[:2]))
    marks = marks_of(reading(lines=(upside_down,)), 0.8, looked=(box(0), box(40)))
    assert [(mark.box[0], mark.state) for mark in marks] == [((100, 20), State.OK), ((0, 40), State.NOT_READ)]
