"""From the tree of a pattern to its automaton."""

from collections.abc import Sequence
from dataclasses import dataclass

from edged.lib.pattern.parse import Choice, Node, PatternError, Repeat, Symbols, parse

_MAX_POSITIONS = 256  # characters that the longest way through it has, repeats written out
_MAX_EDGES = 2_000  # bounds the work on a long line, whatever somebody writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A compiled pattern. State 0 is the beginning, every other state a place for one character."""

    text: str
    symbols: tuple[Symbols, ...]  # of each state; that of the beginning is never asked
    follow: tuple[tuple[int, ...], ...]  # states that may come after each state
    accepting: frozenset[int]  # states that may be the last

    def step(self, state: int, text: str) -> Sequence[int]:
        """The states after reading *text* in *state*; an empty text stays."""
        states: Sequence[int] = (state,)
        for character in text:
            states = list(dict.fromkeys(after for one in states for after in self.follow[one] if character in self.symbols[after]))
        return states

    def matches(self, text: str) -> bool:
        """Whether the whole text is as the pattern says."""
        states: Sequence[int] = (0,)
        for character in text:
            states = list(dict.fromkeys(after for state in states for after in self.step(state, character)))
        return not self.accepting.isdisjoint(states)


def compile_pattern(text: str) -> Pattern:
    """Compile a pattern.

    Raises:
        PatternError: It is not one of ours, or larger than any text line.
    """
    builder = _Builder()
    whole = builder.choice(parse(text))
    return Pattern(
        text=text,
        symbols=tuple(builder.symbols),
        follow=(whole.first, *(tuple(sorted(after)) for after in builder.follow[1:])),
        accepting=frozenset(whole.last + ((0,) if whole.nullable else ())),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of the automaton: where it may begin and end, and whether it may be left out."""

    first: tuple[int, ...]
    last: tuple[int, ...]
    nullable: bool


_NOTHING = _Part((), (), nullable=True)


class _Builder:
    """Turns the parsed pattern into states and the edges between them."""

    def __init__(self) -> None:
        self.symbols: list[Symbols] = [Symbols(())]
        self.follow: list[set[int]] = [set()]
        self._edges = 0

    def choice(self, choice: Choice) -> _Part:
        parts = [self._sequence(branch) for branch in choice.branches]
        return _Part(
            tuple(state for part in parts for state in part.first),
            tuple(state for part in parts for state in part.last),
            any(part.nullable for part in parts),
        )

    def _sequence(self, nodes: Sequence[Node]) -> _Part:
        whole = _NOTHING
        for node in nodes:
            whole = self._join(whole, self._part(node))
        return whole

    def _part(self, node: Node) -> _Part:
        if isinstance(node, Choice):
            return self.choice(node)
        if isinstance(node, Repeat):
            return self._repeat(node)
        self._check(len(self.symbols) <= _MAX_POSITIONS)
        self.symbols.append(node)
        self.follow.append(set())
        state = (len(self.symbols) - 1,)
        return _Part(state, state, nullable=False)

    def _repeat(self, repeat: Repeat) -> _Part:
        """`x{2,4}` as `xx(x(x)?)?`: an edge more for each repeat, where `xxx?x?` would have one for each pair."""
        if repeat.most == 0:
            return _NOTHING
        tail = _NOTHING
        if repeat.most is None:
            tail = self._part(repeat.node)
            self._connect(tail.last, tail.first)
            tail = _Part(tail.first, tail.last, nullable=tail.nullable or not repeat.least)
        else:
            for _ in range(repeat.most - repeat.least):
                part = self._part(repeat.node)
                if not part.first:
                    return _NOTHING
                tail = self._join(part, tail)
                tail = _Part(tail.first, tail.last, nullable=True)
        for _ in range(repeat.least - (repeat.most is None)):
            part = self._part(repeat.node)
            if not part.first:
                return _NOTHING
            tail = self._join(part, tail)
        return tail

    def _join(self, one: _Part, other: _Part) -> _Part:
        self._connect(one.last, other.first)
        return _Part(
            one.first + (other.first if one.nullable else ()),
            other.last + (one.last if other.nullable else ()),
            one.nullable and other.nullable,
        )

    def _connect(self, before: Sequence[int], after: Sequence[int]) -> None:
        self._edges += len(before) * len(after)
        self._check(self._edges <= _MAX_EDGES)
        for state in before:
            self.follow[state].update(after)

    def _check(self, fits: bool) -> None:
        if not fits:
            message = (
                f"the pattern is too large: with its repeats written out it has more than {_MAX_POSITIONS} places or {_MAX_EDGES} ways"
            )
            raise PatternError(message)
