"""What stands upside down is told; the class that says so is never a text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.errors import FrameRejected
from edged.flow.ctc import decode_greedy
from edged.flow.upright import UPSIDE_DOWN, upright
from edged.types import Posteriors, Transcript

CHARSET = ("", "a", "b", "↻")
BLANK, A, B, TURNED = range(4)


def of(*rows: tuple[float, ...], kept: int = 4) -> Posteriors:
    table = np.array(rows, np.float32).reshape(-1, 4)
    classes = np.argsort(-table, axis=1, kind="stable")[:, :kept].astype(np.int32)
    return Posteriors(classes=classes, shares=np.take_along_axis(table, classes, axis=1))


def read(posteriors: Posteriors) -> Transcript:
    return decode_greedy(upright(posteriors, blank=BLANK, turned=TURNED), charset=CHARSET, blank=BLANK)


def step(turned: float, *, a: float = 0.0, b: float = 0.0) -> tuple[float, ...]:
    """A step of a graph that says *turned* everywhere, and shares the rest."""
    return ((1 - turned) * (1 - a - b), (1 - turned) * a, (1 - turned) * b, turned)


@pytest.mark.parametrize("rows", [[step(0.9, a=1)] * 3, [step(0.9), step(0.1), step(0.9, a=1)]], ids=["all", "with blanks"])
def test_a_line_that_is_only_upside_down_is_rejected(rows: list[tuple[float, ...]]) -> None:
    """Whoever reads the reason knows what to do."""
    with pytest.raises(FrameRejected) as caught:
        read(of(*rows))
    assert caught.value.reason.startswith(UPSIDE_DOWN)
    assert "turn the picture by 180 degrees" in caught.value.reason


def test_an_upright_line_is_read_and_its_class_is_nowhere() -> None:
    """Neither alternative nor what else was seen names it, although it was seen at each step."""
    transcript = read(of(step(0.2, a=0.9, b=0.1), step(0.2), step(0.2, b=0.7, a=0.3)))
    assert transcript.text == "ab"
    assert [character.alternative for character in transcript.characters] == ["b", "a"]
    assert {text for character in transcript.characters for text, _ in character.others} <= {"a", "b", ""}
    assert transcript.confidence == pytest.approx(0.8 * 0.7)


def test_a_doubt_of_which_way_it_stands_is_a_doubt_of_every_character() -> None:
    """Where a long line was cut, and one piece stands upside down and the other does not, nothing is sure."""
    transcript = read(of(step(0.9), step(0.9, b=1), step(0.0, a=1), step(0.0)))
    assert transcript.text in ("ba", "a")
    assert transcript.confidence <= 0.1 + 1e-6


def test_what_is_less_likely_than_not_is_no_ground_to_reject() -> None:
    """A class that outweighs only weak characters leaves them to be read, as weak as they are."""
    transcript = read(of(step(0.4, a=0.5, b=0.4), step(0.4)))
    assert transcript.text == "a"
    assert transcript.confidence == pytest.approx(0.3)


def test_a_step_keeps_the_rest_where_the_class_was_not_seen() -> None:
    """Rows that lack it lose their weakest class instead, so that all are of one length."""
    posteriors = upright(of(step(0.0, a=0.8, b=0.15), step(0.3, a=0.9), kept=3), blank=BLANK, turned=TURNED)
    assert posteriors.classes.tolist() == [[A, B], [A, BLANK]]
    assert posteriors.shares[0] == pytest.approx([0.7, 0.15])
    assert posteriors.shares[1] == pytest.approx([0.63, 0.07])


def test_a_model_without_such_a_class_is_left_alone() -> None:
    """Nothing is copied, nothing is changed."""
    posteriors = of(step(0.9))
    assert upright(posteriors, blank=BLANK, turned=None) is posteriors


def test_no_steps_are_no_text() -> None:
    """An empty line stands no way."""
    assert read(of()).text == ""


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), max_size=12))
def test_the_class_is_never_published(rows: list[list[float]]) -> None:
    """Whatever the model says: rejected, or a text in which nothing names it."""
    posteriors = of(*(tuple(share / sum(row) for share in row) for row in rows))
    try:
        transcript = read(posteriors)
    except FrameRejected:
        assert set(posteriors.classes[:, 0].tolist()) <= {BLANK, TURNED}
        return
    assert "↻" not in repr(transcript)
