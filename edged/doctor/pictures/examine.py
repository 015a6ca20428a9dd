"""All looks at one picture, in the order in which it is read, and the verdict."""

from collections.abc import Iterator
from typing import Final

from edged.doctor.finding import Finding, Level
from edged.doctor.pictures import file, layout, quality, reading, trials
from edged.doctor.pictures.sight import Look, Sight
from edged.doctor.table import Findings
from edged.types import Outcome

LOOKS: Final[tuple[tuple[str, Look], ...]] = (
    ("file", file.look),
    ("layout", layout.look),
    ("quality", quality.look),
    ("reading", reading.look),
    ("trials", trials.look),
)


def examine(sight: Sight) -> Iterator[tuple[str, list[Finding]]]:
    """Each area with its findings; an area that has nothing to say is left out."""
    for area, look in LOOKS:
        found = list(look(sight))
        if found:
            yield area, found


def verdict(sight: Sight, findings: Findings) -> str:
    """The last line."""
    marked = sum(finding.level is not Level.GOOD for found in findings.values() for finding in found)
    look_at = f", {marked} to look at" if marked else ""
    says = {Outcome.OK: "is read, and sure", Outcome.UNSURE: "is read, but not sure"}.get(sight.reading.outcome, "is not read")
    return f"{sight.reading.origin.name} {says}{look_at}"
