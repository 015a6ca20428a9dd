"""`edged replay` and `request/replay`: which readings are to be sent once more."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from edged.errors import UsageError
from edged.flow.outbox import Outbox
from edged.lib.clock import Clock
from edged.lib.durations import seconds_of
from edged.types import MAX_SEQ


class ReplayVerb:
    """The verb `replay`: `{"since": "2h"}`, `{"from_seq": 1200}`, both, neither for all that is kept, or `{"stop": true}`."""

    def __init__(self, outbox: Outbox, *, clock: Clock, synced: Callable[[], bool | None], told: Callable[[bool], None]) -> None:
        """Tell *told* that a replay was begun, or (True) shall stop: whoever sends it ends it, and nobody ends the next one with it."""
        self._outbox, self._clock, self._synced, self._told = outbox, clock, synced, told

    def __call__(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Begin or stop a replay; how many readings it has, and which.

        Raises:
            UsageError: It cannot be told which are meant, or one is under way.
        """
        if arguments.get("stop") is True:
            running = self._outbox.replay()
            self._told(True)
            return asdict(running) if running else {"rows": 0}
        span = self._outbox.begin_replay(since=self._since(arguments.get("since")), first=_first(arguments.get("from_seq")))
        self._told(False)
        return asdict(span) if span else {"rows": 0}

    def _since(self, since: Any) -> float:
        if since is None:
            return 0.0
        if self._synced() is False:
            message = f"since is {since!r}, but this box's clock was never set: it cannot tell how old a reading is"
            raise UsageError(message, hint="name the first reading instead: --from-seq N (from_seq over MQTT)")
        try:
            seconds = seconds_of(since) if isinstance(since, str) else float(since)
        except (ValueError, TypeError) as error:
            message = f"since: {error}"
            raise UsageError(message, hint="write 90s, 30m, 2h or 7d") from error
        return self._clock.now().timestamp() - seconds


def _first(seq: Any) -> int:
    if seq is None:
        return 1
    if type(seq) is not int or not 1 <= seq <= MAX_SEQ:
        message = f"from_seq is {seq!r}, expected the number of a reading"
        raise UsageError(message, hint="readings carry it as `seq`")
    return seq
