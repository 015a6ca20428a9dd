"""How sure a reading is."""

from typing import Any, Literal

import pytest

from edged.flow.judge import confidence_of, fields_of, judge
from edged.types import FieldState, Outcome, ReadLine, Transcript

BOX = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))


def line(text: str, confidence: float, **more: Any) -> ReadLine:
    return ReadLine(transcript=Transcript(text=text, confidence=confidence, characters=()), box=BOX, raw=text, **more)


def test_a_sure_text_is_ok() -> None:
    """A text over the threshold without doubts is ok, and needs no reason."""
    assert judge([line("A17", 0.9)], 0.5) == (Outcome.OK, ())


def test_a_text_at_the_threshold_is_ok() -> None:
    """The threshold itself still passes."""
    assert judge([line("A17", 0.5)], 0.5)[0] is Outcome.OK


def test_a_doubtful_text_says_the_number_and_the_limit() -> None:
    """An operator sees what was measured and what was wanted."""
    assert judge([line("A17", 0.31)], 0.5) == (Outcome.UNSURE, ("confidence 0.310 < 0.5",))


def test_a_step_s_doubt_is_never_ok() -> None:
    """However sure the recogniser is, a doubt of an earlier step stays."""
    assert judge([line("A17", 1.0, doubts=("not one text line",))], 0.5) == (Outcome.UNSURE, ("not one text line",))


@pytest.mark.parametrize("lines", [[], [line("", 0.0)], [line("  ", 0.99)]])
def test_no_text_is_never_ok(lines: list[ReadLine]) -> None:
    """Nothing, or only spaces, is not a sure text."""
    assert judge(lines, 0.0) == (Outcome.UNSURE, ("no text was read",))


def test_the_confidence_of_many_lines_is_their_product() -> None:
    """The whole text is right only if each line is."""
    assert confidence_of([line("A", 0.5), line("B", 0.5)]) == pytest.approx(0.25)
    assert confidence_of([]) == 0


def test_a_doubt_names_its_field() -> None:
    """Of several fields an operator must see which one is meant."""
    assert judge([line("A1X", 0.9, field="lot", doubts=("is odd",))], 0.5) == (Outcome.UNSURE, ("field lot: is odd",))


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (line("A17", 0.5, field="lot"), FieldState.READ),
        (line("A17", 0.49, field="lot"), FieldState.CONFUSED),
        (line("A1X", 0.9, field="lot", doubts=("does not meet its pattern",)), FieldState.CONFUSED),
        (line(" ", 0.9, field="lot"), FieldState.NOT_READ),
        (line("A17", 0.9), FieldState.NOT_READ),
    ],
)
def test_the_state_of_a_field_is_that_of_its_line(given: ReadLine, state: FieldState) -> None:
    """Read and sure, there but not to be trusted, or not there: a line of no field says nothing of one."""
    (field,) = fields_of(["lot"], [given], 0.5, None)
    assert field.state is state
    assert (field.name, field.frames, field.agreement, field.expected, field.verdict) == ("lot", 1, 1.0, None, None)


def test_a_field_without_a_line_is_told_all_the_same() -> None:
    """Where nothing could be read, each field says so, and looks at the whole picture where there is one."""
    fields = fields_of(["lot", "date"], [], 0.5, BOX)
    assert [(field.name, field.state, field.text, field.confidence, field.box) for field in fields] == [
        ("lot", FieldState.NOT_READ, "", 0.0, BOX),
        ("date", FieldState.NOT_READ, "", 0.0, BOX),
    ]


@pytest.mark.parametrize(("empty", "expected"), [("ok", (Outcome.OK, ())), ("unsure", (Outcome.UNSURE, ("no text was found",)))])
def test_no_line_is_what_is_configured_where_lines_are_looked_for(empty: Literal["ok", "unsure"], expected: object) -> None:
    """There may be nothing to find; a line that is there and says nothing is another matter."""
    assert judge([], 0.5, empty=empty) == expected
    assert judge([line("", 0.0)], 0.0, empty=empty) == (Outcome.UNSURE, ("no text was read",))


def test_each_of_several_lines_must_be_sure() -> None:
    """Many sure lines make a sure page, and one weak line among them does not; the reason counts the weak ones."""
    assert judge([line("A17", 0.9)] * 20, 0.8) == (Outcome.OK, ())
    found = judge([line("A17", 0.9), line("B", 0.4), line("C", 0.3)], 0.8)
    assert found == (Outcome.UNSURE, ("confidence 0.300 < 0.8 in 2 of 3 lines",))
