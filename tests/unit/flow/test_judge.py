"""How sure a reading is."""

import pytest

from edged.flow.judge import confidence_of, judge
from edged.types import Outcome, ReadLine, Transcript

BOX = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))


def line(text: str, confidence: float) -> ReadLine:
    return ReadLine(transcript=Transcript(text=text, confidence=confidence, characters=()), box=BOX)


def test_a_sure_text_is_ok() -> None:
    """A text over the threshold without doubts is ok, and needs no reason."""
    assert judge([line("A17", 0.9)], [], 0.5) == (Outcome.OK, ())


def test_a_text_at_the_threshold_is_ok() -> None:
    """The threshold itself still passes."""
    assert judge([line("A17", 0.5)], [], 0.5)[0] is Outcome.OK


def test_a_doubtful_text_says_the_number_and_the_limit() -> None:
    """An operator sees what was measured and what was wanted."""
    assert judge([line("A17", 0.31)], [], 0.5) == (Outcome.UNSURE, ("confidence 0.310 < 0.5",))


def test_a_step_s_doubt_is_never_ok() -> None:
    """However sure the recogniser is, a doubt of an earlier step stays."""
    assert judge([line("A17", 1.0)], ["not one text line"], 0.5) == (Outcome.UNSURE, ("not one text line",))


@pytest.mark.parametrize("lines", [[], [line("", 0.0)], [line("  ", 0.99)]])
def test_no_text_is_never_ok(lines: list[ReadLine]) -> None:
    """Nothing, or only spaces, is not a sure text."""
    assert judge(lines, [], 0.0) == (Outcome.UNSURE, ("no text was read",))


def test_the_confidence_of_many_lines_is_their_product() -> None:
    """The whole text is right only if each line is."""
    assert confidence_of([line("A", 0.5), line("B", 0.5)]) == pytest.approx(0.25)
    assert confidence_of([]) == 0
