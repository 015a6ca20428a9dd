"""From the text of a pattern to its tree."""

from dataclasses import dataclass
from typing import NoReturn

MAX_LENGTH = 500  # of a pattern as typed
MAX_REPEATS = 256
_MAX_DEPTH = 32
_ESCAPES = {"d": (("0", "9"),), "w": (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")), "s": (("\t", "\r"), (" ", " "))}
_SPECIAL = "()[]{}|?*+^$"


class PatternError(ValueError):
    """The pattern is not one of ours; the message says where and what to write instead."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """The characters that may stand in one place."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def __contains__(self, character: str) -> bool:
        return any(low <= character <= high for low, high in self.ranges) is not self.negated


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences."""

    branches: "tuple[tuple[Node, ...], ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A node, several times."""

    node: "Node"
    least: int
    most: int | None  # None: without end


Node = Symbols | Choice | Repeat


def parse(text: str) -> Choice:
    """The tree of a pattern.

    Raises:
        PatternError: It is not one of ours.
    """
    return _Parser(text).whole()


class _Parser:
    """Recursive descent over the pattern's text."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0

    def whole(self) -> Choice:
        if len(self._text) > MAX_LENGTH:
            message = f"a pattern has at most {MAX_LENGTH} characters, this one has {len(self._text)}"
            raise PatternError(message)
        found = self._choice()
        if self._at < len(self._text):  # only a parenthesis ends a choice early
            self._refuse("a ) without its (; a literal one is \\)")
        return found

    def _choice(self) -> Choice:
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        return Choice(tuple(branches))

    def _sequence(self) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while self._next not in ("", "|", ")"):
            nodes.append(self._repeated(self._atom()))
        return tuple(nodes)

    def _repeated(self, node: Node) -> Node:
        begin = self._at
        if self._take("?"):
            node = Repeat(node, 0, 1)
        elif self._take("*"):
            node = Repeat(node, 0, None)
        elif self._take("+"):
            node = Repeat(node, 1, None)
        elif self._take("{"):
            node = Repeat(node, *self._bounds(begin))
        if self._at > begin and self._next and self._next in "?*+{":
            self._refuse("a repeat behind a repeat; put the first into a group, lazy and possessive ones do not exist here")
        return node

    def _bounds(self, begin: int) -> tuple[int, int | None]:
        inside, closed, _ = self._text[self._at :].partition("}")
        least, comma, most = inside.partition(",")
        if not closed or not _number(least) or not (_number(most) or not most):
            self._refuse("expected {2}, {2,5} or {2,} here; a literal brace is \\{", begin)
        self._at += len(inside) + 1
        bounds = int(least), (int(most) if most else None if comma else int(least))
        if max(bounds[0], bounds[1] or 0) > MAX_REPEATS:
            self._refuse(f"a repeat counts to {MAX_REPEATS} at most", begin)
        if bounds[1] is not None and bounds[1] < bounds[0]:
            self._refuse("a repeat whose end is below its beginning", begin)
        return bounds

    def _atom(self) -> Node:
        begin, character = self._at, self._next
        self._at += 1
        if character == "(":
            return self._group(begin)
        if character == "[":
            return self._class(begin)
        if character == "\\":
            return self._escape(begin)
        if character == ".":
            return Symbols((), negated=True)
        if character in "^$":
            self._refuse(f"a pattern always means the whole text; remove the {character}, a literal one is \\{character}", begin)
        if character in _SPECIAL:
            self._refuse(f"{character} has nothing before it to belong to; a literal one is \\{character}", begin)
        return Symbols(((character, character),))

    def _group(self, begin: int) -> Choice:
        if self._take("?") and not self._take(":"):
            self._refuse("groups are (…) and (?:…) alone; there are no look-arounds, names and flags", begin)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._refuse(f"groups nest at most {_MAX_DEPTH} deep", begin)
        found = self._choice()
        self._depth -= 1
        if not self._take(")"):
            self._refuse("a ( without its ); a literal one is \\(", begin)
        return found

    def _class(self, begin: int) -> Symbols:
        negated = self._take("^")
        ranges: list[tuple[str, str]] = []
        while not self._take("]"):
            low = self._member(begin)
            if len(low) > 1 or not (self._next == "-" and self._text[self._at + 1 : self._at + 2] not in ("", "]")):
                ranges += low
                continue
            start = self._at
            self._take("-")
            high = self._member(begin)
            if len(high) > 1 or high[0][0] != high[0][1] or low[0][0] != low[0][1] or high[0][0] < low[0][0]:
                self._refuse("a range goes from a lower to a higher character; a literal hyphen is \\-", start)
            ranges.append((low[0][0], high[0][0]))
        if not ranges:
            self._refuse("an empty class; a literal bracket is \\[", begin)
        return Symbols(tuple(ranges), negated)

    def _member(self, begin: int) -> tuple[tuple[str, str], ...]:
        """One character of a class, or the ranges of an escape."""
        at, character = self._at, self._next
        if not character:
            self._refuse("a [ without its ]; a literal one is \\[", begin)
        if character == "[":
            self._refuse("a [ inside a class; a literal one is \\[")
        self._at += 1
        if character != "\\":
            return ((character, character),)
        found = self._escape(at)
        if found.negated:
            self._refuse("\\D, \\W and \\S stand outside of classes only; a class can be [^…]", at)
        return found.ranges

    def _escape(self, begin: int) -> Symbols:
        character = self._next
        self._at += 1
        if character.lower() in _ESCAPES and character:
            return Symbols(_ESCAPES[character.lower()], negated=character.isupper())
        if not character or character.isalnum():
            self._refuse(f"\\{character} is none of \\d, \\w, \\s, \\D, \\W, \\S; a literal backslash is \\\\", begin)
        return Symbols(((character, character),))

    @property
    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> bool:
        found = self._next == character
        self._at += found
        return found

    def _refuse(self, why: str, at: int | None = None) -> NoReturn:
        message = f"at character {(self._at if at is None else at) + 1}: {why}"
        raise PatternError(message)


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4
