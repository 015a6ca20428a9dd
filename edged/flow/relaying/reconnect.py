"""When to knock at the broker's door again. Pure, on a clock that is handed in."""

import random
from dataclasses import dataclass

from edged.lib.backoff import full_jitter

_FIRST = 1.0  # seconds: the longest pause after the first failure
_PROVEN_SECONDS = 5.0
_TAKEN_OVER_FAILURES = 7


@dataclass(slots=True)
class Link:
    """A connection that was greeted."""

    window: int
    since: float  # monotonic
    proven: bool = False  # a receipt came


class Reconnect:
    """Pauses between connects that grow until a connection proves itself.

    A connection proves itself by a receipt and by lasting: a broker that greets us and hangs up is backed off
    from like one that is away.
    """

    def __init__(self, longest: float, rng: random.Random, now: float) -> None:
        self._longest, self._rng = longest, rng
        self._failures = 0
        self._knocks = 0  # since the last connection ended
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until the next knock; 0 where it is due."""
        return max(0.0, self._at - now)

    def knock(self) -> None:
        """A connect begins."""
        self._knocks += 1

    @property
    def at_first_knock(self) -> bool:
        """Whether the broker was never found away since the last connection ended."""
        return self._knocks == 1

    def failed(self, now: float) -> None:
        """No connection came to be."""
        self._pause(now)

    def ended(self, now: float, *, since: float, proven: bool, taken_over: bool) -> None:
        """A connection ended that began at *since*; *proven*: there was a receipt."""
        self._knocks = 0
        if proven and now - since >= _PROVEN_SECONDS:
            self._failures = 0
        if taken_over:  # two boxes with one client id would chase each other away for ever
            self._failures = max(self._failures, _TAKEN_OVER_FAILURES)
        self._pause(now)

    def _pause(self, now: float) -> None:
        self._failures += 1
        self._at = now + full_jitter(self._failures, first=_FIRST, longest=self._longest, rng=self._rng)
