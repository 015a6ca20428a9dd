"""Inputs with the same bytes: read as if nothing were, marked, or skipped."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from edged.flow.memory import Contents
from edged.lib.clock import Clock
from edged.types import Delivery, FrameId, FrameProblem, Outcome, SourceName

Policy = Literal["read", "mark", "skip"]
_SKIPPED = "duplicate of "  # how the one reason of a skipped input begins; stands in databases


def is_skipped(outcome: Outcome, reasons: Sequence[str]) -> bool:
    """Whether an input was refused for being a duplicate only: its bytes were read, so it is filed as read."""
    return outcome is Outcome.REJECTED and len(reasons) == 1 and reasons[0].startswith(_SKIPPED)


class Duplicates:
    """Knows which input had which bytes first. `judge` belongs to the feed's thread, `concluded` to any."""

    def __init__(self, source: SourceName, contents: Contents, clock: Clock, *, policy: Policy, seconds: float) -> None:
        """Compare with inputs of *source* that were claimed within *seconds*."""
        self._source, self._contents, self._clock = source, contents, clock
        self._policy, self._seconds = policy, seconds

    def change(self, policy: Policy, seconds: float) -> None:
        """Go by this from the next input on."""
        self._policy, self._seconds = policy, seconds

    def judge(self, delivery: Delivery) -> Delivery:
        """The delivery as the reader gets it: marked with the id of its first, and a problem where it is skipped."""
        sha256 = delivery.origin.sha256
        if self._policy == "read" or sha256 is None:
            return delivery
        first = self._contents.first(self._source, sha256, delivery.id, self._clock.now().timestamp(), self._seconds)
        if first == delivery.id:
            return delivery
        origin = replace(delivery.origin, duplicate_of=first)
        if self._policy == "mark":
            return replace(delivery, origin=origin)
        problem = FrameProblem(outcome=Outcome.REJECTED, reason=f"{_SKIPPED}{first}")
        return replace(delivery, origin=origin, data=None, problem=problem)

    def concluded(self, id: FrameId, outcome: Outcome, reasons: Sequence[str]) -> None:
        """An input that could not be read is nobody's first: whoever drops it again wants it read."""
        if self._policy != "read" and outcome in (Outcome.REJECTED, Outcome.FAILED) and not is_skipped(outcome, reasons):
            self._contents.forget(id)
