"""What every trigger does."""

from dataclasses import dataclass
from typing import Protocol

from edged.flow.parts.looks import Look
from edged.types import TriggerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A part is there."""

    at: float  # since when, monotonic
    arriving: bool = False  # it comes into view only now: the first frames show some of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a trigger says after a look."""

    fired: tuple[Fired, ...] = ()
    gone: bool = False  # the part that fired last is not there any more
    shows: bool = True  # this frame may show the part


NOTHING = Sight()


class Trigger(Protocol):
    """Says when a part is there. Used by the feed's thread."""

    @property
    def kind(self) -> TriggerKind:
        """What it is."""

    @property
    def trouble(self) -> str:
        """Why it cannot say anything, and what to do; empty where it can."""

    def look(self, look: Look | None, at: float, now: float) -> Sight:
        """Look at a frame that was taken *at*, or at nothing, for none came; both times are monotonic."""

    def close(self) -> None:
        """Release what it holds. Idempotent."""
