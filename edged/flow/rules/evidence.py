"""What the recogniser saw of a character that it did not choose."""

from math import log

from edged.flow.ctc import SEEN
from edged.flow.rules.fit import Option
from edged.types import Character


def share(character: Character, text: str) -> float:
    """The posterior of *text* where *character* was read; 0 where nothing was seen of it."""
    return max((posterior for other, posterior in character.others if other == text), default=0.0)


def confidence(character: Character, text: str) -> float:
    """How sure *text* is once the character that was read is ruled out, and never surer than that one was.

    The rule says that it is not what was read; what is left of 1 belongs to the others, so p / (1 - p of
    what was read) is the least that Bayes gives *text*. An empty text leaves the character out: for that the
    blank stands. A space that is left out takes nothing from what stays.
    """
    if text == character.text or (character.text == " " and not text):
        return character.confidence
    left = 1 - character.confidence
    return min(character.confidence, share(character, text) / left) if left > 0 else 0.0


def option(character: Character, text: str) -> Option:
    """Reading *character* as *text*, at the price of the evidence against it."""
    cost = log(max(character.confidence, SEEN) / max(share(character, text), SEEN)) if text != character.text else 0.0
    return Option(text, max(cost, 0.0), confidence(character, text))


def replaced(character: Character, text: str) -> Character:
    """The character that a rule puts in the place of another; what was read is its alternative now."""
    if text == character.text:
        return character
    return Character(text=text, confidence=confidence(character, text), alternative=character.text, margin=0.0)
