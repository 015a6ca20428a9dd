"""YAML as the operator typed it, with the line of every key.

YAML 1.2's core types and nothing else: true, false, null, decimal numbers. `12:30`, `007`, `NO`, `1_000`
and dates stay text. There is no constructor: nothing can be built but mappings, lists and scalars.
"""

import math
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from yaml import MappingNode, Node, ScalarNode, SequenceNode
from yaml.composer import Composer, ComposerError
from yaml.error import MarkedYAMLError
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

KeyPath = tuple[str | int, ...]

MAX_DEPTH = 32  # the deepest key of the configuration stands at 4
MAX_EXPANDED = 512 * 1024  # characters once aliases are written out; a file's own limit is half of it

_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]{0,17})(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_HALF = re.compile(r"[\ud800-\udfff]")  # of a surrogate pair: no character alone
_CONSTANTS: dict[str, bool | None] = {"": None, "~": None}
for _word, _value in (("true", True), ("false", False), ("null", None)):
    _CONSTANTS |= {_word: _value, _word.capitalize(): _value, _word.upper(): _value}

# The parser's words, and what an operator can do about it.
_SYNTAX = (
    ("'\\t'", "a tab; indent with spaces"),
    ("cannot start any token", "a character that cannot start a value; put the value in quotes"),
    ("mapping values are not allowed", "a colon that is not expected here; check the indentation, put texts with a colon in quotes"),
    ("could not find expected ':'", "a key without its colon"),
    ("expected <block end>", "the indentation does not match the lines above"),
    ("another document", "a second document begins here; one file is one document"),
    ("expected ',' or", "a bracket that is never closed, or a comma that is missing"),
    ("end of stream", "a quote that is never closed"),
    ("nested more than", f"more than {MAX_DEPTH} sections inside one another"),
    ("undefined alias", "an alias (*name) whose anchor (&name) does not stand above it"),
)


class Place(NamedTuple):
    """Where something stands; places sort as the files do."""

    file: int  # 0 is the main file, its layers follow
    line: int  # from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, where it stands, and what to do."""

    place: Place
    path: KeyPath
    message: str
    covers: KeyPath | None = None  # other findings at or below it only repeat this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the file says, before anyone asked whether it is right."""

    data: Any
    places: dict[KeyPath, Place]
    findings: tuple[Finding, ...]

    def place(self, path: KeyPath) -> Place:
        """Where this key stands, or the nearest section above it that is in the file."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(0, 1))

    def finding(self, path: KeyPath, message: str, covers: KeyPath | None = None) -> Finding:
        """What is wrong with this key, where it stands."""
        return Finding(place=self.place(path), path=path, message=message, covers=covers)


class SyntaxFinding(Exception):
    """The text is not YAML: nothing behind this line can be understood."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class _Composer(Reader, Scanner, Parser, Composer, BaseResolver):
    """Text to nodes, no deeper than MAX_DEPTH; remembers which nodes carry a tag."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self.tagged: set[int] = set()
        self._depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it out
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ComposerError(None, None, f"nested more than {MAX_DEPTH} deep", event.start_mark)
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        if getattr(event, "tag", None) is not None:
            self.tagged.add(id(node))
        return node


class _Converter:
    """Nodes to plain data; every key's place and every problem is kept."""

    def __init__(self, tagged: set[int], file: int) -> None:
        self.places: dict[KeyPath, Place] = {}
        self.findings: list[Finding] = []
        self._tagged, self._file = tagged, file
        self._left = MAX_EXPANDED

    def value(self, node: Node, path: KeyPath) -> Any:
        self._left -= 8 + (len(node.value) if isinstance(node, ScalarNode) else 0)
        if self._left < 0 or len(path) > MAX_DEPTH:
            raise SyntaxFinding(_line(node), "aliases that grow without bound; write the values out")
        if id(node) in self._tagged:
            self._find(node, path, "tags such as !this are not used here; write the value alone")
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self._item(item, (*path, at)) for at, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path)

    def _item(self, node: Node, path: KeyPath) -> Any:
        self.places[path] = self._place(node)
        return self.value(node, path)

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._find(key_node, path, "a list or section stands as a key; keys are plain names")
                continue
            key = key_node.value
            here = (*path, key)
            if _HALF.search(key):
                self._find(key_node, path, "a key holds half of a surrogate pair, which is no character")
                continue
            if key in found:
                self._find(key_node, here, f"stands twice, first on line {self.places[here].line}; keep one of the two")
                continue
            if key == "<<" and key_node.style is None:
                self._find(key_node, here, "merge keys are not part of YAML 1.2; write the keys out", covers=here)
            self.places[here] = self._place(key_node)
            found[key] = self.value(value_node, here)
        return found

    def _scalar(self, node: ScalarNode, path: KeyPath) -> str | float | bool | None:
        text: str = node.value
        if _HALF.search(text):
            self._find(node, path, "holds half of a surrogate pair, which is no character", covers=path)
            return ""
        if node.style is not None:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        return text

    def _find(self, node: Node, path: KeyPath, message: str, covers: KeyPath | None = None) -> None:
        self.findings.append(Finding(place=self._place(node), path=path, message=message, covers=covers))

    def _place(self, node: Node) -> Place:
        return Place(self._file, _line(node))


def parse(text: str, file: int = 0) -> Document:
    """Read one YAML document, the text of the file with this number.

    Raises:
        SyntaxFinding: It is not YAML, or it is out of all proportion.
    """
    try:
        composer = _Composer(text)
        root = composer.get_single_node()
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SyntaxFinding(line, f"control character U+{ord(text[error.position]):04X}; remove it") from error
    except MarkedYAMLError as error:
        message = _said(error)
        # What is never closed is best looked for where it was opened.
        mark = (error.context_mark if "never closed" in message else None) or error.problem_mark
        raise SyntaxFinding(mark.line + 1 if mark else 1, message) from error
    if root is None:
        return Document(data=None, places={}, findings=())
    converter = _Converter(composer.tagged, file)
    data = converter.value(root, ())
    return Document(data=data, places=converter.places, findings=tuple(converter.findings))


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _said(error: MarkedYAMLError) -> str:
    problem = error.problem or "not YAML"
    for theirs, ours in _SYNTAX:
        if theirs in problem:
            return ours
    return f"not YAML: {problem}"


def sections(value: object) -> list[tuple[str, dict[str, Any]]]:
    """The sections of a section, by name; nothing of what is none."""
    return [(name, section) for name, section in value.items() if isinstance(section, dict)] if isinstance(value, dict) else []
