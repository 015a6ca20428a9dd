"""How old a row is, on a box whose clock may say anything.

A time is believed only if the clock was set when it was written, and age forgets nothing for as long as
rows are kept after somebody moved a clock that was said to be set: by then all that was written before
is old by any clock.
"""

from collections.abc import Callable

from edged.lib.clock import Clock

UNKNOWN = 0.0  # the time of what was written while the clock was not set
_STEP_SECONDS = 60.0  # more than this is no slewing: somebody moved the clock
_AHEAD_SECONDS = 86_400.0  # a time further in the future was written by another clock


class Age:
    """Tells times, and whether an age can be believed."""

    def __init__(self, clock: Clock, synced: Callable[[], bool | None], keep_seconds: float) -> None:
        """Rows stay *keep_seconds*; *synced* is None where nobody can tell, and then the clock is believed."""
        self._clock, self._synced, self._keep = clock, synced, keep_seconds
        self._offset: float | None = None  # wall minus monotonic at the last look
        self._moved_at: float | None = None  # monotonic

    def keep(self, seconds: float) -> None:
        """Rows stay that long from now on."""
        self._keep = seconds

    def now(self) -> float:
        """The time of a change, in epoch seconds, or `UNKNOWN`."""
        return UNKNOWN if self._synced() is False else self._clock.now().timestamp()

    def believed(self) -> bool:
        """Whether age may forget now. Asked every minute or so: a step is seen between two looks."""
        if self._synced() is False:
            self._offset = None
            return False
        monotonic = self._clock.monotonic()
        offset = self._clock.now().timestamp() - monotonic
        if self._offset is not None and abs(offset - self._offset) > _STEP_SECONDS:
            self._moved_at = monotonic
        self._offset = offset
        return self._moved_at is None or monotonic - self._moved_at >= self._keep

    def is_old(self, changed_at: float, now: float) -> bool:
        """Whether a row that changed then may be forgotten."""
        return changed_at != UNKNOWN and changed_at < now - self._keep

    def is_timeless(self, changed_at: float, now: float) -> bool:
        """Whether that time says nothing: the row's age begins when it is found."""
        return changed_at == UNKNOWN or changed_at > now + _AHEAD_SECONDS
