"""The frames of one part, while they come; a `Window`."""

import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from edged.types import Frame

_FOLLOWED: Final = (
    "then the next part was there; see that each part is triggered once, and that the camera shows more frames a second than parts come"
)


class Pump(Protocol):
    """Where frames come from."""

    @property
    def waits(self) -> bool:
        """Whether frames come only when they are asked for: then all of a part are there before the first is read."""

    @property
    def trouble(self) -> str:
        """Why no frames come."""

    @property
    def stopped(self) -> bool:
        """Whether nothing will come any more."""

    def step(self, seconds: float) -> None:
        """Let the next frame come."""


class _Kept(NamedTuple):
    energy: float
    frame: Frame


def _energy(kept: _Kept) -> float:
    return kept.energy


class PartWindow:
    """Keeps the sharpest frames of a part that nobody read yet. Used by the feed's thread."""

    def __init__(self, start: float, end: float, deadline: float, *, keep: int, pump: Pump, settle: int = 0) -> None:
        """Take frames from *start* to *end*, monotonic.

        Args:
            start: Earlier frames are none of the part.
            end: Nor are later ones.
            deadline: When the part must have its reading.
            keep: So many of the sharpest wait at most.
            pump: Lets the camera deliver.
            settle: Nothing is read before so many frames in a row were no sharper than the best: where a part is seen as it comes into
                view, its first frames show only some of it.
        """
        self._start, self._end, self._deadline = start, end, deadline
        self._keep, self._pump = keep, pump
        self._settle = self._patience = settle  # frames still to come, of so many
        self._best = 0.0  # energy
        self._kept: list[_Kept] = []
        self._seen = 0
        self._shut = self._followed = False
        self.left_out = 0  # frames that made room for sharper ones

    @property
    def deadline(self) -> float:
        """When the part must have its reading."""
        return self._deadline

    @property
    def start(self) -> float:
        """Since when its frames come."""
        return self._start

    @property
    def end(self) -> float:
        """Until when they come."""
        return self._end

    @property
    def open(self) -> bool:
        """Whether more frames may come."""
        return not self._shut and not self._pump.stopped

    @property
    def seen(self) -> int:
        """How many frames came so far."""
        return self._seen

    @property
    def waiting(self) -> int:
        """How many are kept."""
        return len(self._kept)

    @property
    def trouble(self) -> str:
        """Why the camera delivers none."""
        if self._pump.stopped:
            return "edged was stopped"
        return self._pump.trouble or (_FOLLOWED if self._followed else "")

    def wait(self, seconds: float) -> None:
        """Let frames come."""
        self._pump.step(seconds)

    def idle(self, seconds: float) -> None:
        """Let frames come while one is being read, unless they wait for who asks."""
        if self._pump.waits:
            time.sleep(seconds)
        else:
            self._pump.step(seconds)

    def best(self) -> Frame | None:
        """The sharpest that waits."""
        if not self._kept or (self.open and (self._pump.waits or self._settle > 0)):
            return None
        best = max(self._kept, key=_energy)
        self._kept.remove(best)
        return best.frame

    def offer(self, frame: Frame, energy: Callable[[], float]) -> None:
        """Keep a frame if it is one of the part's, and among the sharpest; one beyond the end closes the window."""
        if self._shut or frame.at < self._start:
            return
        if frame.at > self._end:
            self._shut = True
            return
        self._seen += 1
        kept = _Kept(energy(), frame)
        if self._settle > 0:
            self._settle, self._best = (self._settle - 1, self._best) if kept.energy <= self._best else (self._patience, kept.energy)
        self._kept.append(kept)
        if len(self._kept) > self._keep:
            self.drop()

    def drop(self) -> None:
        """Let the least sharp frame go."""
        self._kept.remove(min(self._kept, key=_energy))
        self.left_out += 1

    def end_before(self, at: float) -> None:
        """The next part is there since *at*: what was taken later shows that one."""
        if at < self._end:
            self._end, self._followed = at, True

    def tick(self, now: float) -> None:
        """It is *now*: what is over is closed, though no frame says so."""
        if now > max(self._end, self._deadline):
            self._shut = True

    def shut(self) -> None:
        """The part is gone: no more frames."""
        self._shut = True
