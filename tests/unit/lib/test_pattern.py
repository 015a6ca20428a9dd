"""Patterns: the same texts as Python's regular expressions take, without their traps."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edged.lib.pattern import MAX_LENGTH, PatternError, compile_pattern

ATOMS = [
    "a",
    "b",
    "1",
    "-",
    ".",
    r"\.",
    r"\d",
    r"\w",
    r"\s",
    r"\D",
    r"\W",
    r"\S",
    "[ab]",
    "[^a]",
    "[a-c1-]",
    r"[\d.]",
    r"[^\w-]",
    "批",
    "(?:)",
]
TEXTS = st.text("ab1-. 批_", max_size=6)


def refusal(pattern: str) -> str:
    """Why it is no pattern; nothing where it is one."""
    try:
        compile_pattern(pattern)
    except PatternError as error:
        return str(error)
    return ""


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeat = st.sampled_from(["?", "*", "+", "{2}", "{0,2}", "{1,3}", "{1,}", "{0}", "{0,0}"])
    return st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda branches: f"({'|'.join(branches)})"),
        st.tuples(inner, repeat).map(lambda pair: f"({pair[0]}){pair[1]}"),
        st.tuples(st.sampled_from(ATOMS[:-1]), repeat).map("".join),
    )


@settings(max_examples=300)
@example("(a?)+", "").via("a repeat of what may be empty")
@example("(a?){2}b", "ab").via("a repeat of what may be empty, counted")
@given(st.recursive(st.sampled_from(ATOMS), _combined, max_leaves=8), TEXTS)
def test_it_takes_what_python_takes(pattern: str, text: str) -> None:
    """Every pattern of ours means to Python's own engine what it means to us, of the whole text and in ASCII."""
    why = refusal(pattern)
    assert not why or "too large" in why
    if not why:
        assert compile_pattern(pattern).matches(text) == bool(re.fullmatch(pattern, text, re.ASCII | re.DOTALL))


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("[A-Z", "at character 1: a [ without its ]"),
        ("(a", "at character 1: a ( without its )"),
        ("a)", "at character 2: a ) without its ("),
        ("[]", "at character 1: an empty class"),
        ("[z-a]", "at character 3: a range goes from a lower to a higher"),
        (r"[a-\d]", "at character 3: a range goes"),
        (r"[\D]", r"at character 2: \D, \W and \S stand outside"),
        ("[[a]", "at character 2: a [ inside a class"),
        ("^a", "at character 1: a pattern always means the whole text; remove the ^"),
        ("*a", "at character 1: * has nothing before it"),
        ("a|+", "at character 3: + has nothing before it"),
        ("a}", "at character 2: } has nothing before it"),
        ("a*?", "at character 3: a repeat behind a repeat"),
        ("a{2}{3}", "at character 5: a repeat behind a repeat"),
        ("a{,3}", "at character 2: expected {2}, {2,5} or {2,}"),
        ("a{2", "at character 2: expected {2}"),
        ("a{3,2}", "at character 2: a repeat whose end is below"),
        ("a{257}", "at character 2: a repeat counts to 256"),
        ("(?=a)", "at character 1: groups are"),
        ("(?i)a", "at character 1: groups are"),
        (r"(a)\1", r"at character 4: \1 is none of"),
        (r"\b", r"at character 1: \b is none of"),
        ("a\\", r"at character 2: \ is none of"),
        ("(" * 33 + ")" * 33, "at character 33: groups nest"),
        ("a" * (MAX_LENGTH + 1), f"a pattern has at most {MAX_LENGTH} characters"),
        ("(a{200}){200}", "the pattern is too large"),
        (f"({'|'.join('abcdefghijkl')})*" * 8, "the pattern is too large"),
    ],
)
def test_what_is_no_pattern_says_where_and_why(pattern: str, says: str) -> None:
    """An operator is told the character and what to write instead."""
    assert refusal(pattern).startswith(says)


@given(st.text(r"ab[]()|{}*+?.^$\d0,-", max_size=12))
def test_no_text_brings_the_parser_down(text: str) -> None:
    """Whatever stands in the configuration is a pattern, or refused in words; what is taken, Python takes, too."""
    if not refusal(text):
        re.compile(text)


def test_nothing_backtracks() -> None:
    """What keeps Python's engine busy for ever is one pass over the text."""
    assert not compile_pattern("(a*)*(a|aa)*b").matches("a" * 2000)


def test_digits_are_those_of_ascii() -> None:
    """A subscriber who asks for a digit wants none of another script."""
    assert not compile_pattern(r"\d").matches("\N{FULLWIDTH DIGIT ONE}")
    assert not compile_pattern(r"\w").matches("é")
    assert compile_pattern("[一-鿿]").matches("皖")
