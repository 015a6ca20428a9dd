"""The cheapest way to read a transcript as a pattern: Viterbi over characters and states of the automaton.

Each character has its options: itself for nothing, and each character it may have been at the price of the
evidence against it, ln(p of what was read / p of the other). Two results whose prices differ by less than a
factor of two in evidence are a tie, and a tie decides nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log

from edged.lib.pattern import Pattern

TIE = log(2)
_MAX_WORK = 100_000  # characters times edges: a second at most, for a line and a pattern that nobody would write


@dataclass(frozen=True, slots=True)
class Option:
    """One reading of one character; an empty text leaves it out."""

    text: str
    cost: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Fit:
    """A text that meets the pattern, with the option taken for each character."""

    text: str
    cost: float
    _last: Option | None = None
    _before: "Fit | None" = None

    def then(self, option: Option) -> "Fit":
        """This fit, one character further."""
        return Fit(self.text + option.text, self.cost + option.cost, option, self)

    @property
    def options(self) -> list[Option]:
        """What was taken, in the order of the characters."""
        taken, here = [], self
        while here._last is not None and here._before is not None:
            taken.append(here._last)
            here = here._before
        return taken[::-1]


def fits(pattern: Pattern, characters: Sequence[Sequence[Option]]) -> list[Fit]:
    """The two cheapest texts that meet the pattern, cheapest first; fewer where there are none, or too much to search.

    Two are enough in each state: what is behind the second best there is behind it at the end, too.
    """
    if len(characters) * sum(map(len, pattern.follow)) > _MAX_WORK:
        return []
    reached: dict[int, list[Fit]] = {0: [Fit("", 0.0)]}
    for options in characters:
        arrived: dict[int, list[Fit]] = {}
        for state, option, after in _steps(pattern, reached, options):
            arrived.setdefault(after, []).extend(fit.then(option) for fit in reached[state])
        if not arrived:
            return []
        reached = {state: _two_best(found) for state, found in arrived.items()}
    return _two_best(fit for state, found in reached.items() if state in pattern.accepting for fit in found)


def _steps(pattern: Pattern, states: Iterable[int], options: Sequence[Option]) -> Iterator[tuple[int, Option, int]]:
    for state in states:
        for option in options:
            for after in pattern.step(state, option.text):
                yield state, option, after


def _two_best(found: Iterable[Fit]) -> list[Fit]:
    """The cheapest fit of each text, the two cheapest of these; equal ones in the order of their texts."""
    best: dict[str, Fit] = {}
    for fit in found:
        if fit.text not in best or fit.cost < best[fit.text].cost:
            best[fit.text] = fit
    return sorted(best.values(), key=lambda fit: (fit.cost, fit.text))[:2]
