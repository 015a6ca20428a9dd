"""When a file is whole, as far as its size and times can tell. Pure: no clock, no disk."""

import heapq
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple


class Stamp(NamedTuple):
    """What of a file changes while somebody writes it."""

    size: int
    mtime_ns: int
    inode: int


class Settled(Enum):
    """What a look at a file says."""

    WAIT = auto()  # changed too recently
    READY = auto()  # quiet long enough to be read
    STALLED = auto()  # known to be incomplete, and it does not grow any more


@dataclass(slots=True, kw_only=True)
class _Watched:
    stamp: Stamp
    since: float  # when it became as it is
    look: float | None = None  # when to look again; None while nobody was told to
    incomplete: bool = False  # its structure said that more bytes must follow


class SettleTracker:
    """Files that nobody told us are complete.

    Somebody else looks at the files and hands in what was seen; times are seconds of one clock. Each name
    must be looked at again when `due` names it. Used by one thread.
    """

    def __init__(self, *, settle_seconds: float, stalled_seconds: float) -> None:
        """Call a file ready after *settle_seconds* unchanged, and given up after *stalled_seconds*."""
        self._settle, self._stalled = settle_seconds, stalled_seconds
        self._files: dict[str, _Watched] = {}
        self._looks: list[tuple[float, str]] = []  # heap; entries that no longer agree with the file are skipped

    def change(self, *, settle_seconds: float, stalled_seconds: float) -> None:
        """Wait that long from now on; files that wait already are looked at anew, at once."""
        self._settle, self._stalled = settle_seconds, stalled_seconds
        self._looks = [(file.since, name) for name, file in self._files.items()]
        heapq.heapify(self._looks)
        for file in self._files.values():
            file.look = file.since

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def observe(self, name: str, stamp: Stamp, now: float, *, age: float = 0.0) -> Settled:
        """Say what a look at a file means.

        Args:
            name: The file.
            stamp: As it is now.
            now: The time of the look.
            age: How long ago the file says it was changed; counts at the first look only, so that files
                which lay there before we came are not waited for. Below 0 (a clock was set): 0.
        """
        file = self._files.get(name)
        if file is None:
            file = self._files[name] = _Watched(stamp=stamp, since=now - max(0.0, age))
        elif file.stamp != stamp:
            file.stamp, file.since, file.incomplete = stamp, now, False
        quiet = now - file.since
        if file.incomplete and quiet >= self._stalled:
            return Settled.STALLED
        if not file.incomplete and quiet >= self._settle:
            return Settled.READY
        self._look_at(name, file, now)
        return Settled.WAIT

    def defer(self, name: str, stamp: Stamp, now: float) -> None:
        """Note that a file with this *stamp* is incomplete: it is ready again once it changed and settled."""
        file = self._files.get(name)
        if file is None or file.stamp != stamp:
            file = self._files[name] = _Watched(stamp=stamp, since=now)
        file.incomplete = True
        self._look_at(name, file, now)

    def forget(self, name: str) -> None:
        """Stop thinking about a file: it was taken or is gone."""
        self._files.pop(name, None)

    def due(self, now: float) -> list[str]:
        """Names to look at now, each once until it is observed or deferred again."""
        names = []
        while self._looks and self._looks[0][0] <= now:
            look, name = heapq.heappop(self._looks)
            file = self._files.get(name)
            if file is not None and file.look == look:
                file.look = None
                names.append(name)
        return names

    def next_due(self) -> float | None:
        """When `due` will have something at the earliest; None while nothing is tracked."""
        return self._looks[0][0] if self._looks else None

    def _look_at(self, name: str, file: _Watched, now: float) -> None:
        """Look again when the file can be ready; an incomplete one is looked at for growth meanwhile."""
        look = file.since + self._settle
        if file.incomplete:
            look = max(now, min(now + self._settle, file.since + self._stalled))
        if look != file.look:
            file.look = look
            heapq.heappush(self._looks, (look, name))
