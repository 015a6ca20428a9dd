"""Whose pictures are asked for. Pure."""

from edged.config.evidence import Which
from edged.flow.folder.duplicates import is_skipped
from edged.types import Outcome, Reading


def wanted(reading: Reading, which: Which) -> bool:
    """Whether its picture is among *which*: failed are those that were not read or are not what was expected, unsure has these, too."""
    if which == "none" or is_skipped(reading.outcome, reading.reasons):  # the first one with these bytes has its own
        return False
    failed = reading.outcome in (Outcome.FAILED, Outcome.REJECTED) or reading.verdict == "fail"
    return which == "all" or failed or (which == "unsure" and reading.outcome is Outcome.UNSURE)
