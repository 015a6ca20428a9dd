"""Characters that stand alone."""

import pytest

from edged.flow.alone import doubted_alone
from edged.types import Corrected, Transcript


def corrected(text: str, confidence: float, doubt: str | None = None) -> Corrected:
    return Corrected(transcript=Transcript(text=text, confidence=confidence, characters=()), raw=text, doubt=doubt)


@pytest.mark.parametrize(
    ("text", "confidence", "unsure_below", "doubted"),
    [
        ("1", 0.97, 0.8, True),
        (" 1 ", 0.97, 0.8, True),
        ("1", 0.98, 0.8, False),
        ("12", 0.85, 0.8, False),
        ("", 0.0, 0.8, False),
        ("1", 0.1, 0.0, False),  # who wants everything, gets it
    ],
)
def test_one_character_must_be_surer_than_a_word(text: str, confidence: float, unsure_below: float, *, doubted: bool) -> None:
    """0.978 where a text is unsure below 0.8."""
    assert (doubted_alone(corrected(text, confidence), unsure_below).doubt is not None) is doubted


def test_a_doubt_that_stands_is_kept() -> None:
    """The rules know more."""
    assert doubted_alone(corrected("1", 0.5, "not in the dictionary"), 0.8).doubt == "not in the dictionary"
