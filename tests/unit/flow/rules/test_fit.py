"""The cheapest way to read characters as a pattern, against trying all ways."""

import re
from itertools import product
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.flow.rules.fit import Option, fits
from edged.lib.pattern import compile_pattern

PATTERNS = [r"[A-Z]\d{2}", r"\d+", r"(A|AI|1)*", r"\w?\d{1,3}[A-Z]*", r".*", r"(I|1)(I|1|O)?0*", r"A*1*O*", "A1 ?O"]
COSTS = st.floats(0.01, 9.0)


@st.composite
def transcripts(draw: st.DrawFn) -> list[list[Option]]:
    """A few characters, each with itself for nothing and others at a price; a space may be left out."""
    characters = []
    for read in draw(st.text("AIO10 ", max_size=5)):
        others = draw(st.lists(st.sampled_from(sorted(set("AIO10") - {read})), max_size=3, unique=True))
        options = [Option(read, 0.0, 0.9), *(Option(other, draw(COSTS), 0.1) for other in others)]
        if read == " ":
            options.append(Option("", draw(COSTS), 0.9))
        characters.append(options)
    return characters


@given(st.sampled_from(PATTERNS), transcripts())
def test_it_finds_the_two_best_of_all_ways(pattern: str, characters: list[list[Option]]) -> None:
    """The two cheapest different texts are those that trying every combination finds, at their prices."""
    prices: dict[str, float] = {}
    for taken in product(*characters):
        text = "".join(option.text for option in taken)
        if re.fullmatch(pattern, text, re.ASCII | re.DOTALL):
            prices[text] = min(prices.get(text, 99.0), sum(option.cost for option in taken))
    found = fits(compile_pattern(pattern), characters)
    best = sorted(prices.values())[:2]
    assert len(found) == len(best)
    assert len({fit.text for fit in found}) == len(found)
    for fit, price in zip(found, best, strict=True):
        assert isclose(fit.cost, price, abs_tol=1e-9)
        assert isclose(prices[fit.text], price, abs_tol=1e-9)
        assert "".join(option.text for option in fit.options) == fit.text
        assert isclose(sum(option.cost for option in fit.options), price, abs_tol=1e-9)
        assert all(option in options for option, options in zip(fit.options, characters, strict=True))


def test_many_ways_to_one_text_are_one() -> None:
    """A pattern that is ambiguous in itself makes no text ambiguous."""
    (only,) = fits(compile_pattern("(a|a)*a*"), [[Option("a", 0.0, 0.9)]] * 40)
    assert only.text == "a" * 40


def test_a_search_without_end_is_not_begun() -> None:
    """A huge pattern on an endless line is not met; the line goes on uncorrected."""
    pattern = compile_pattern(f"({'|'.join(['[A0]'] * 40)})*")
    characters = [[Option("x", 0.0, 0.9), Option("A", 1.0, 0.1)]]
    assert [fit.text for fit in fits(pattern, characters * 3)] == ["AAA"]
    assert fits(pattern, characters * 1000) == []


@pytest.mark.parametrize("prices", [(2.0, 1.0), (1.0, 2.0)])
def test_of_many_ways_to_one_text_the_cheapest_counts(prices: tuple[float, float]) -> None:
    """Which of two spaces is left out changes nothing but the price."""
    spaces = [[Option(" ", 0.0, 0.9), Option("", price, 0.9)] for price in prices]
    assert [(fit.text, fit.cost) for fit in fits(compile_pattern(" "), spaces)] == [(" ", 1.0)]


@pytest.mark.parametrize("characters", [[], [[Option("x", 0.0, 0.9)]]])
def test_what_cannot_be_met_is_not_met(characters: list[list[Option]]) -> None:
    """There is no nearest miss."""
    assert fits(compile_pattern(r"\d"), characters) == []
