"""How findings are told: lines with a mark for people, JSON for programs."""

import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Final

from edged.doctor.finding import Finding, Level
from edged.errors import ExitCode
from edged.lib.logs import printable

Findings = Mapping[str, Sequence[Finding]]  # by area, in order

_MARKS: Final = {Level.GOOD: "\N{CHECK MARK}", Level.DOUBT: "!", Level.BAD: "\N{BALLOT X}"}
_ASCII: Final = {Level.GOOD: "+", Level.DOUBT: "!", Level.BAD: "x"}
_WIDTH: Final = 110
_INDENT: Final = 16  # of the text: mark and area stand before it


def lines(area: str, findings: Iterable[Finding], *, encoding: str = "utf-8") -> list[str]:
    """One area: its name once, a mark before each finding, remedies indented below theirs."""
    marks = _MARKS if encoding.lower().replace("-", "") == "utf8" else _ASCII
    told, name = [], area
    for finding in findings:
        told += _wrapped(printable(finding.text), f"{marks[finding.level]} {name}".ljust(_INDENT))
        told += _wrapped(printable(finding.remedy), f"{'':{_INDENT}}-> ") if finding.remedy else []
        name = ""
    return told


def verdict(findings: Findings) -> str:
    """The last line."""
    counts = {level: sum(finding.level is level for found in findings.values() for finding in found) for level in Level}
    if counts[Level.BAD]:
        return f"{counts[Level.BAD]} will fail, {counts[Level.DOUBT]} to look at"
    return f"nothing will fail{f', {counts[Level.DOUBT]} to look at' if counts[Level.DOUBT] else ''}"


def as_json(findings: Findings, code: ExitCode, *, picture: str | None = None) -> str:
    """One object; keys may be added later. *picture* names what it is about, where that is not the box."""
    told = [{"area": area, **asdict(finding)} for area, found in findings.items() for finding in found]
    about = {} if picture is None else {"picture": picture}
    return json.dumps({**about, "exit_code": int(code), "findings": told}, ensure_ascii=False)


def exit_code(findings: Findings) -> ExitCode:
    """0 where nothing will fail, else 1."""
    failing = any(finding.level is Level.BAD for found in findings.values() for finding in found)
    return ExitCode.UNREADABLE if failing else ExitCode.DONE


def _wrapped(text: str, first: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=" " * len(first), break_on_hyphens=False, break_long_words=False
    )
