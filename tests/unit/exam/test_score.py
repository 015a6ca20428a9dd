"""What is right, and what the confidences are worth; no picture is read here."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.exam import told
from edged.exam.alignment import Pair, errors, worst
from edged.exam.labelled import Labelled
from edged.exam.rules import Rules
from edged.exam.score import Answer, score, trust
from edged.types import ModelRef


def line(source: str, name: str, text: str) -> Labelled:
    return Labelled(source=source, key=f"{source}/{name}", path=Path(name), text=text)


LINES = [line("a", "1", "LOT A17"), line("a", "2", "\uff2f.\uff2b"), line("b", "1", "O-17"), line("c", "1", "")]
READ = {"a/1": Answer(text="lot a1", confidence=0.9), "a/2": Answer(text="o.k", confidence=0.4), "b/1": Answer(text="017", confidence=0.8)}


def test_each_source_has_its_own_rules() -> None:
    """Case, spaces and width never make a text wrong; separators and O for 0 do, unless the source says not."""
    rules = Rules.model_validate(
        {"alnum": ["b"], "o_is_zero": ["b"], "caseless": ["b"], "apart": ["c"], "groups": {"x": ["b"], "y": ["z"]}}
    )
    plain, ruled = score(LINES, READ, Rules()), score(LINES, READ, rules)
    assert (plain.sources["b"].exact, plain.sources["b"].cer) == (0.0, 0.5)
    assert (ruled.sources["b"].exact, ruled.sources["b"].case) == (1.0, None)
    assert (ruled.sources["a"].exact, ruled.sources["a"].case, ruled.sources["a"].cer) == (0.5, 0.0, 1 / 9)
    assert ruled.means == {"x": (1.0, 0.0), "mean": (0.75, 1 / 18)}  # c is apart, and nobody is in y
    assert Pair("7", "") in ruled.errors
    assert Pair("K", "k") in ruled.errors  # the labels of a keep the case


def test_a_picture_that_was_not_read_is_counted_and_wrong() -> None:
    """Nothing read of an empty label is right, but a picture without an answer is told."""
    found = score(LINES, READ, Rules())
    assert (found.sources["c"].not_read, found.sources["c"].exact) == (1, 1.0)
    assert "1 not read, 1 of them told upside down" in "\n".join(told.table(found, {"c": 1}, 3))
    assert json.loads(told.as_json(found, ModelRef(name="m", precision="fp16", digest="d"), {}, 3))["sources"]["c"]["not_read"] == 1


def test_confidences_that_are_equal_are_one_threshold() -> None:
    """Two thirds are sure and right, one is unsure and wrong: two thirds can be accepted; with one confidence for all, nothing."""
    split = trust([(0.9, True)] * 100 + [(0.1, False)] * 50)
    assert (split.cover_at_1, split.wrong_at_95) == (2 / 3, 1 / 3)
    assert split.ece == pytest.approx(0.1)
    same = trust([(0.9, True)] * 50 + [(0.9, False)] * 50)
    assert (same.cover_at_1, same.wrong_at_95) == (0.0, 0.5)
    assert trust([(0.0, True)]).cover_at_1 == 0.0  # who says nothing cannot be accepted


@given(st.text("ab0", max_size=9), st.text("ab0", max_size=9))
def test_errors_lead_from_one_text_to_the_other_in_as_few_steps_as_possible(want: str, got: str) -> None:
    """The characters of the pairs are those of the texts, and their number is the edit distance."""
    found = errors(want, got)
    row = list(range(len(got) + 1))  # the distance, as score.py computes it
    for i, x in enumerate(want, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(got, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    assert len(found) == row[-1]
    for character in "ab0":
        more = sum(read == character for _, read in found) - sum(true == character for true, _ in found)
        assert got.count(character) - want.count(character) == more


def test_confusions_are_found_where_they_are() -> None:
    """A changed, a lost and an invented character, each in its place; the commonest first."""
    assert errors("BOX17", "B0X177") == [Pair("O", "0"), Pair("", "7")]
    assert errors("12.5", "125") == [Pair(".", "")]
    assert worst([Pair("b", "6"), Pair("O", "0"), Pair("O", "0"), Pair("a", "4")], 2) == [(Pair("O", "0"), 2), (Pair("a", "4"), 1)]
