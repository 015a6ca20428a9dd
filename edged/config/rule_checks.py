"""What no single key of `rules` and `fields` can tell, and the dictionaries that stand in files of their own.

A dictionary is part of the configuration: it is read with it, refused with it, and in its digest.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from edged.config.document import Document, Finding, KeyPath, sections
from edged.config.words import dotted, quoted, quoted_path
from edged.lib.files import NotRegularError, read_regular
from edged.lib.pattern import Pattern, PatternError, compile_pattern

Dictionaries = Mapping[Path, tuple[str, ...]]  # the texts of each file

MAX_DICTIONARY_BYTES = 2**20  # tens of thousands of texts


class RuleChecks:
    """Looks at one document; *dictionaries* has the texts of each file once `findings` was asked."""

    def __init__(self, document: Document, folder: Path, kept: Dictionaries | None = None) -> None:
        """Files whose texts are *kept* are not read."""
        self.dictionaries: dict[Path, tuple[str, ...]] = {}
        self._document, self._find = document, document.finding
        self._folder, self._kept = folder, kept or {}

    def findings(self) -> list[Finding]:
        """Everything that is wrong, in no order."""
        return [finding for name, source in sections(self._document.data.get("sources")) for finding in self._source(name, source)]

    def _source(self, name: str, source: dict[str, Any]) -> Iterator[Finding]:
        at: KeyPath = ("sources", name)
        fields, placed = sections(source.get("fields")), source.get("layout") == "regions"
        for index, (field, section) in enumerate(fields):
            here = (*at, "fields", field)
            if index and not placed:
                yield self._find(here, f"a second field, and layout whole has one line; it is {dotted((*at, 'fields', fields[0][0]))}")
            if len(fields) > 1 and section.get("model") is not None:
                yield self._find((*here, "model"), f"one model reads all fields of a source; move it to {dotted((*at, 'model'))}")
            yield from self._rules(here, section)
        if fields and source.get("layout") == "detect":
            message = "stands beside layout detect, whose lines have no names; remove it, or set layout to whole"
            yield self._find((*at, "fields"), message)
        rules = source.get("rules")
        if isinstance(rules, dict):
            if fields and any(rules.get(key) for key in ("pattern", "dictionary", "dictionary_file")):
                where = dotted((*at, "fields", fields[0][0]))
                field = "fields, and with layout regions each line is one" if placed else "a field that is the whole line"
                yield self._find((*at, "rules"), f"stands beside {field}; move its keys to {where}")
            yield from self._rules((*at, "rules"), rules)

    def _rules(self, at: KeyPath, section: dict[str, Any]) -> Iterator[Finding]:
        texts, file = section.get("dictionary"), section.get("dictionary_file")
        pattern = _pattern(section.get("pattern"))
        if isinstance(texts, list) and texts:
            if file is not None:
                yield self._find((*at, "dictionary_file"), "stands beside dictionary; keep one of the two")
            for index, text in enumerate(texts):
                if isinstance(text, str) and pattern is not None and not pattern.matches(text):
                    yield self._find((*at, "dictionary", index), f"found {quoted(text)}, which does not meet the pattern beside it")
        if isinstance(file, str) and file and not file.startswith("~"):
            yield from self._file((*at, "dictionary_file"), Path(os.path.normpath(self._folder / file)), pattern)

    def _file(self, at: KeyPath, path: Path, pattern: Pattern | None) -> Iterator[Finding]:
        shown = quoted_path(path)
        try:
            lines = self._kept.get(path) or self._lines(path)
        except OSError as error:
            yield self._find(at, f"{shown} cannot be read: {error.strerror}; the user of the daemon must be allowed to")
            return
        except UnicodeError:
            yield self._find(at, f"{shown} is not UTF-8; save it as UTF-8")
            return
        except ValueError as error:
            yield self._find(at, f"{shown} {error}")
            return
        self.dictionaries[path] = tuple(line for line in lines if line)
        for number, line in enumerate(lines, start=1):
            if line and pattern is not None and not pattern.matches(line):
                yield self._find(at, f"{shown} has {quoted(line)} on line {number}, which does not meet the pattern beside it")
                return

    @staticmethod
    def _lines(path: Path) -> Sequence[str]:
        """Each line without the white space around it.

        Raises:
            OSError: It cannot be read.
            ValueError: It is no list of texts.
        """
        try:
            raw = read_regular(path, MAX_DICTIONARY_BYTES)
        except NotRegularError as error:
            message = f"{error}, expected a text file"
            raise ValueError(message) from error
        lines = [line.strip() for line in raw.decode("utf-8-sig").splitlines()]
        if not any(lines):
            message = "has no text in it; write one text per line"
            raise ValueError(message)
        return lines


def _pattern(value: object) -> Pattern | None:
    """The pattern where there is a good one; a bad one is told by its own key."""
    try:
        return compile_pattern(value) if isinstance(value, str) and value else None
    except PatternError:
        return None
