"""Triggers that do not look: the clock, and whoever asks."""

from edged.flow.parts.looks import Look
from edged.flow.parts.triggers.base import NOTHING, Fired, Sight
from edged.types import TriggerKind


class Interval:
    """Fires every so many seconds, at once first; what was missed while nobody looked is not made up for."""

    kind: TriggerKind = "interval"

    def __init__(self, every_seconds: float) -> None:
        self._every = every_seconds
        self._next: float | None = None

    @property
    def trouble(self) -> str:
        """It always can."""
        return ""

    def look(self, look: Look | None, at: float, now: float) -> Sight:  # noqa: ARG002 - it does not look
        """Whether it is time."""
        if self._next is None:
            self._next = now
        if now < self._next:
            return NOTHING
        self._next += self._every * (1 + (now - self._next) // self._every)
        return Sight(fired=(Fired(at=now),))

    def close(self) -> None:
        """Nothing is held."""


class Asked:
    """Fires when somebody asks, which goes another way: `Camera.ask`."""

    kind: TriggerKind = "mqtt"

    @property
    def trouble(self) -> str:
        """It always can."""
        return ""

    def look(self, look: Look | None, at: float, now: float) -> Sight:  # noqa: ARG002 - it does not look
        """Nothing of its own."""
        return NOTHING

    def close(self) -> None:
        """Nothing is held."""
