import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.flow.ctc import decode_greedy
from edged.types import Posteriors

CHARSET = ("", "a", "b", "c", " ")


def steps(*rows: dict[int, float], kept: int = 3) -> Posteriors:
    """The strongest classes of steps with the given shares; what is left of 1 is spread over the other classes."""
    table = np.zeros((len(rows), len(CHARSET)), np.float32)
    for line, row in zip(table, rows, strict=True):
        rest = [index for index in range(len(CHARSET)) if index not in row]
        line[rest] = (1 - sum(row.values())) / len(rest)
        for index, value in row.items():
            line[index] = value
    classes = np.argsort(-table, axis=1, kind="stable")[:, :kept].astype(np.int32)
    return Posteriors(classes=classes, shares=np.take_along_axis(table, classes, axis=1))


def sure(*classes: int) -> Posteriors:
    return steps(*({index: 0.96} for index in classes))


@pytest.mark.parametrize(
    ("classes", "text"),
    [
        ((1, 1, 2), "ab"),
        ((1, 0, 1), "aa"),
        ((0, 0, 1, 0, 0), "a"),
        ((1, 4, 2), "a b"),
        ((0, 0), ""),
        ((4, 1, 4), " a "),
        ((1, 2, 1), "aba"),
    ],
)
def test_repeats_merge_and_blanks_separate(classes: tuple[int, ...], text: str) -> None:
    """Equal neighbours are one character; a blank between them makes two; white space is kept."""
    assert decode_greedy(sure(*classes), charset=CHARSET, blank=0).text == text


def test_a_character_is_described_at_its_strongest_step() -> None:
    """Confidence, runner-up and margin come from the strongest step of the run."""
    posteriors = steps({1: 0.6, 2: 0.3}, {1: 0.8, 3: 0.15}, {1: 0.7, 2: 0.2})
    (character,) = decode_greedy(posteriors, charset=CHARSET, blank=0).characters
    assert character.text == "a"
    assert character.alternative == "c"
    assert character.confidence == pytest.approx(0.8)
    assert character.margin == pytest.approx(0.65)


def test_a_blank_as_runner_up_is_no_alternative() -> None:
    """Where the model hesitates between a character and nothing, the alternative is empty and the margin is not."""
    (character,) = decode_greedy(steps({1: 0.7, 0: 0.25}), charset=CHARSET, blank=0).characters
    assert character.alternative == ""
    assert character.margin == pytest.approx(0.45)


def test_what_else_was_seen_is_told_likeliest_first() -> None:
    """A rule looks for other characters among all that the model hesitated about; what is next to nothing is left out."""
    (character,) = decode_greedy(steps({1: 0.7, 0: 0.2, 3: 0.0995, 2: 0.0003}, kept=4), charset=CHARSET, blank=0).characters
    assert [text for text, _ in character.others] == ["", "c"]
    assert [share for _, share in character.others] == pytest.approx([0.2, 0.0995])


def test_a_text_is_as_sure_as_its_weakest_character() -> None:
    """One doubtful character makes the text doubtful."""
    transcript = decode_greedy(steps({1: 0.99}, {0: 0.99}, {2: 0.41}, {3: 0.97}), charset=CHARSET, blank=0)
    assert transcript.text == "abc"
    assert transcript.confidence == pytest.approx(0.41)


@pytest.mark.parametrize("posteriors", [sure(0, 0, 0), sure()], ids=["blanks", "no steps"])
def test_no_text_has_no_confidence(posteriors: Posteriors) -> None:
    """Nothing read is never sure, however sure the blanks are."""
    transcript = decode_greedy(posteriors, charset=CHARSET, blank=0)
    assert (transcript.text, transcript.confidence, transcript.characters) == ("", 0.0, ())


def test_the_blank_may_stand_anywhere() -> None:
    """The manifest says which class is the blank."""
    assert decode_greedy(sure(0, 4, 0, 1), charset=("x", "y", "z", "w", ""), blank=4).text == "xxy"


def test_rounding_never_leaves_zero_to_one() -> None:
    """A softmax that sums to a little more than 1 still gives confidences within 0..1."""
    (character,) = decode_greedy(steps({1: 1.0000002, 0: 0.0}), charset=CHARSET, blank=0).characters
    assert character.confidence == 1.0


@given(st.lists(st.integers(0, 4), max_size=30))
def test_it_is_the_textbook_collapse(path: list[int]) -> None:
    """For any path the text is what removing repeats and then blanks gives, and one character each is described."""
    merged = [c for i, c in enumerate(path) if i == 0 or path[i - 1] != c]
    transcript = decode_greedy(sure(*path), charset=CHARSET, blank=0)
    assert transcript.text == "".join(CHARSET[c] for c in merged if c)
    assert len(transcript.characters) == sum(1 for c in merged if c)
