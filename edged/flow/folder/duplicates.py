"""Inputs with the same bytes: read as if nothing were, marked, or skipped.

An input is remembered as the first of its bytes only after its reading was committed. A power cut may undo a claim, and
the file then comes again under another id: it must not be the duplicate of one that was never read.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from edged.flow.folder.whole import Claim
from edged.flow.memory import Contents
from edged.types import Delivery, FrameId, FrameProblem, Outcome, SourceName

Policy = Literal["read", "mark", "skip"]
_SKIPPED = "duplicate of "  # how the one reason of a skipped input begins; stands in databases


def is_skipped(outcome: Outcome, reasons: Sequence[str]) -> bool:
    """Whether an input was refused for being a duplicate only: its bytes were read, so it is filed as read."""
    return outcome is Outcome.REJECTED and len(reasons) == 1 and reasons[0].startswith(_SKIPPED)


class Duplicates:
    """Knows which input had which bytes first. `judge` belongs to the feed's thread, `concluded` to any."""

    def __init__(self, source: SourceName, contents: Contents, *, policy: Policy, seconds: float) -> None:
        """Compare with inputs of *source* that were claimed within *seconds*."""
        self._source, self._contents = source, contents
        self._policy, self._seconds = policy, seconds
        self._in_work: dict[str, Claim] = {}  # by SHA-256, the first that is not concluded yet

    def change(self, policy: Policy, seconds: float) -> None:
        """Go by this from the next input on."""
        self._policy, self._seconds = policy, seconds

    def judge(self, delivery: Delivery) -> Delivery:
        """The delivery as the reader gets it: marked with the id of its first, and a problem where it is skipped."""
        sha256 = delivery.origin.sha256
        if self._policy == "read" or sha256 is None:
            return delivery
        claim = Claim(delivery.id, delivery.captured_at)
        first = self._first(sha256, claim)
        if first in (None, claim.id):
            self._in_work[sha256] = claim
            return delivery
        origin = replace(delivery.origin, duplicate_of=first)
        if self._policy == "mark":
            return replace(delivery, origin=origin)
        problem = FrameProblem(outcome=Outcome.REJECTED, reason=f"{_SKIPPED}{first}")
        return replace(delivery, origin=origin, data=None, problem=problem)

    def concluded(self, claim: Claim, sha256: str | None, outcome: Outcome) -> None:
        """The reading of an input was committed. One that could not be read is nobody's first: whoever drops it again wants it read."""
        if sha256 is None:
            return
        in_work, at = self._in_work.get(sha256), claim.at.timestamp()
        mine = in_work is not None and in_work.id == claim.id
        wanted = self._policy != "read" and outcome in (Outcome.OK, Outcome.UNSURE) and (mine or in_work is None)
        if wanted and self._contents.first(self._source, sha256, at, self._seconds) is None:
            self._contents.remember(self._source, sha256, claim.id, at)
        if mine:
            del self._in_work[sha256]

    def _first(self, sha256: str, claim: Claim) -> FrameId | None:
        """Who had these bytes first, seen from *claim*: in work, or committed within the window."""
        in_work = self._in_work.get(sha256)
        if in_work is not None and abs((claim.at - in_work.at).total_seconds()) <= self._seconds:
            return in_work.id
        return self._contents.first(self._source, sha256, claim.at.timestamp(), self._seconds)
