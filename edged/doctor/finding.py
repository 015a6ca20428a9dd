"""The words of a finding."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from edged.doctor.case import Case


class Level(StrEnum):
    """From best to worst."""

    GOOD = "good"
    DOUBT = "doubt"  # it works, but somebody should look
    BAD = "bad"  # it will fail


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was tried."""

    level: Level
    text: str  # what was tried and what was found
    remedy: str = ""  # what to do; empty where it is good


Check = Callable[[Case], Iterable[Finding]]
"""Tries one part and tells each thing it found. What it raises as OSError or EdgedError is told as bad."""


def good(text: str) -> Finding:
    """All is well."""
    return Finding(level=Level.GOOD, text=text)


def doubt(text: str, remedy: str) -> Finding:
    """It works, but somebody should look."""
    return Finding(level=Level.DOUBT, text=text, remedy=remedy)


def bad(text: str, remedy: str) -> Finding:
    """It will fail."""
    return Finding(level=Level.BAD, text=text, remedy=remedy)
