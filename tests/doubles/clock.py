"""A clock that stands until a test moves it."""

import datetime as dt

from edged.lib.clock import Clock

START = dt.datetime(2026, 11, 22, 10, 0, 0, 123_000, tzinfo=dt.UTC)


class FakeClock:
    """Wall and monotonic time, moved together by `advance` and apart by `set_wall`."""

    def __init__(self, start: dt.datetime = START) -> None:
        self._wall, self._monotonic = start, 1000.0

    def now(self) -> dt.datetime:
        return self._wall

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._wall += dt.timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_wall(self, wall: dt.datetime) -> None:
        """Somebody sets the clock."""
        self._wall = wall


_: type[Clock] = FakeClock
