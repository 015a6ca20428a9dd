"""Triggers that look at the scene: text that appears where none was, and what moves."""

from collections.abc import Callable

from edged.config import TriggerSection
from edged.flow.parts.looks import Look, Still
from edged.flow.parts.triggers.base import NOTHING, Fired, Sight
from edged.types import TriggerKind

_HYSTERESIS = 0.7  # what was there is gone below that share of what made it be there


class Scene:
    """Fires when a measure rises to a limit, and not again before it was well below it for some frames."""

    def __init__(
        self, kind: TriggerKind, measure: Callable[[Look, float], float], limit: float, empty_frames: int, *, tells_end: bool
    ) -> None:
        """With *tells_end* the part is gone when the measure has fallen, and no frame in which it has shows the part."""
        self.kind, self._measure, self._limit, self._empty_frames, self._tells_end = kind, measure, limit, empty_frames, tells_end
        self._there = False
        self._empty = 0

    @property
    def trouble(self) -> str:
        """It always can."""
        return ""

    def look(self, look: Look | None, at: float, now: float) -> Sight:  # noqa: ARG002 - the scene has its own time
        """Measure this frame."""
        if look is None:
            return NOTHING
        value = self._measure(look, at)
        if not self._there:
            self._there = value >= self._limit
            self._empty = 0
            return Sight(fired=(Fired(at=at, arriving=True),)) if self._there else NOTHING
        empty = value < self._limit * _HYSTERESIS
        self._empty = self._empty + 1 if empty else 0
        self._there = self._empty < self._empty_frames
        return Sight(gone=self._tells_end and not self._there, shows=not (self._tells_end and empty))

    def close(self) -> None:
        """Nothing is held."""


def presence(section: TriggerSection) -> Scene:
    """Text appears where none was: two parts with equal texts are two, for nothing was between them."""
    return Scene("presence", lambda look, _: look.text, section.min_text, section.empty_frames, tells_end=True)


def motion(section: TriggerSection) -> Scene:
    """Something begins to move. What goes on moving is one part."""
    still = Still()
    return Scene("motion", still.changed, section.min_motion, section.empty_frames, tells_end=False)
