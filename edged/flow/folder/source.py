"""The hot folder as a `Source`: claims files one by one, reads each once, files it away after its commit."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event

from edged.config import FolderSection
from edged.flow.folder.claims import Held, WorkFolder
from edged.flow.folder.inbox import Inbox
from edged.flow.folder.intake import Intake, Taken
from edged.flow.folder.names import ClaimedName
from edged.flow.folder.places import places_of, prove_moves
from edged.flow.ports import Source
from edged.lib.clock import Clock
from edged.types import Committed, Delivery, FrameId, Outcome, SourceName

log = logging.getLogger(__name__)

_PATIENCE = 0.5  # seconds between two signs of life


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCounters:
    """accepted + recovered == filed + in_work, at all times."""

    accepted: int  # claimed by this process
    recovered: int  # claimed by an earlier one, and taken up again
    filed: int
    in_work: int
    waiting: int  # in the inbox, settled or not
    overflows: int
    rescans: int
    watcher_restarts: int


class HotFolder:
    """Pictures that somebody drops into a folder.

    The feed's thread owns the inbox and makes claims; the sink's thread syncs and files away. `_held` is
    shared: the feed adds, the sink removes.
    """

    def __init__(
        self,
        name: SourceName,
        section: FolderSection,
        *,
        instance: str,
        check: Callable[[bytes], None],
        find: Callable[[FrameId], Committed | None],
        clock: Clock,
    ) -> None:
        """Nothing is touched before `open`.

        Args:
            name: The source's name in the configuration.
            section: Its section.
            instance: Names this edged among those that share the folder; the same after each restart.
            check: Raises FrameIncomplete where the structure of a picture says that more bytes must follow.
            find: The commit of an id, if there is one.
            clock: What time it is.
        """
        self.name = name
        self._section, self._instance, self._check, self._find, self._clock = section, instance, check, find, clock
        self._held: dict[FrameId, Held] = {}
        self._again: deque[ClaimedName] = deque()  # leftovers and adopted files, not delivered yet
        self._accepted = self._recovered = self._filed = 0
        self._open: _Open | None = None

    def open(self) -> None:
        """Check the folders and take the lock."""
        places = places_of(self.name, self._section)
        work = WorkFolder(places, self._instance)
        work.open()
        try:
            prove_moves(places, work.path)
        except BaseException:
            work.close()
            raise
        inbox = Inbox(self.name, places.inbox, self._section, self._clock)
        intake = Intake(self.name, inbox, work, check=self._check, clock=self._clock, max_bytes=self._section.limits.max_file_bytes)
        self._open = _Open(inbox, work, intake)

    def leftovers(self) -> set[FrameId]:
        """What an earlier process claimed and did not file away; between `open` and `deliveries`."""
        return {claimed.id for claimed in self._parts.work.leftovers()}

    def deliveries(self, stop: Event, beat: Callable[[], None]) -> Iterator[Delivery]:
        """Yield what an earlier process left, then what lies in the inbox, until *stop* is set."""
        parts, now = self._parts, self._clock.monotonic
        self._again.extend(parts.work.leftovers())
        adopt_at = now()
        while not stop.is_set():
            beat()
            if now() >= adopt_at:
                adopt_at = now() + self._section.rescan_seconds
                self._again.extend(parts.work.adopt())
            taken = self._next(parts, beat)
            if taken is not None:
                self._held[taken.held.claimed.id] = taken.held
                yield taken.delivery
            elif parts.inbox.idle and not self._again:
                parts.inbox.wait(_PATIENCE)

    def sync(self) -> None:
        """Make the claims so far durable."""
        self._parts.work.sync()

    def finish(self, id: FrameId, outcome: Outcome, reasons: Sequence[str]) -> None:
        """File the input away after its reading was committed."""
        held = self._held.get(id)
        if held is None:
            return
        self._parts.work.file_away(held, outcome, reasons, self._clock.now())
        del self._held[id]
        self._filed += 1

    def close(self) -> None:
        """Stop watching and release the lock."""
        if self._open is not None:
            self._open.inbox.close()
            self._open.work.close()

    def counters(self) -> FolderCounters:
        """What was done since start; from any thread."""
        inbox = self._parts.inbox
        accepted, recovered, filed = self._accepted, self._recovered, self._filed
        return FolderCounters(
            accepted=accepted,
            recovered=recovered,
            filed=filed,
            in_work=accepted + recovered - filed,
            waiting=len(inbox),
            overflows=inbox.counts.overflows,
            rescans=inbox.counts.rescans,
            watcher_restarts=inbox.counts.watcher_restarts,
        )

    @property
    def present(self) -> bool:
        """Whether the drop folder is there; from any thread."""
        return self._parts.inbox.present

    @property
    def _parts(self) -> "_Open":
        assert self._open is not None, "open() comes first"
        return self._open

    def _next(self, parts: "_Open", beat: Callable[[], None]) -> Taken | None:
        """What an earlier process left comes before anything new."""
        if self._again:
            taken = self._take_again(parts, self._again.popleft())
            self._recovered += taken is not None
            return taken
        parts.inbox.tend(beat)
        candidate = parts.inbox.pop()
        taken = parts.intake.take(*candidate) if candidate else None
        self._accepted += taken is not None
        return taken

    def _take_again(self, parts: "_Open", claimed: ClaimedName) -> Taken | None:
        committed = self._find(claimed.id)
        try:
            if committed is None:
                return parts.intake.take_again(parts.work.count_attempt(claimed))
            held = parts.intake.take_again(claimed).held
            parts.work.file_away(held, committed.outcome, committed.reasons, self._clock.now())
        except OSError as error:  # it stays in work
            log.warning("cannot take up a claimed file: %s; tried again at the next start", error, extra={"id": claimed.id})
        return None


@dataclass(frozen=True, slots=True)
class _Open:
    """What exists between open and close."""

    inbox: Inbox
    work: WorkFolder
    intake: Intake


_: type[Source] = HotFolder
