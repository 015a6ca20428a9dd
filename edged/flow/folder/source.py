"""The hot folder as a `Source`: claims files one by one, reads each once, files it away after its commit."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from edged.config import FolderSection
from edged.flow.folder.base import DropFolder
from edged.flow.folder.claims import Held, WorkFolder
from edged.flow.folder.duplicates import Duplicates
from edged.flow.folder.inbox import Inbox
from edged.flow.folder.intake import Intake, Taken
from edged.flow.folder.names import ClaimedName, printable
from edged.flow.folder.places import Places, places_of, prove_moves
from edged.flow.folder.retention import Place
from edged.flow.folder.whole import Claim
from edged.flow.memory import Contents
from edged.flow.ports import Source
from edged.lib.beat import Beat
from edged.lib.clock import Clock
from edged.types import Committed, Delivery, FrameId, Outcome, SourceName

log = logging.getLogger(__name__)

_PATIENCE = 0.5  # seconds between two signs of life
_LATER_SECONDS = 5.0  # until a claimed file that cannot be looked at is tried again
_REMARKABLE = 5  # attempts; above, the journal is told of each


class HotFolder(DropFolder):
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
        filed: Callable[[Sequence[FrameId]], None],
        contents: Contents,
        clock: Clock,
    ) -> None:
        """Nothing is touched before `open`.

        Args:
            name: The source's name in the configuration.
            section: Its section.
            instance: Names this edged among those that share the folder; the same after each restart.
            check: Raises FrameIncomplete where the structure of a picture says that more bytes must follow.
            find: The commit of an id, if there is one.
            filed: Told of inputs that were filed away without `finish`: an earlier process committed them.
            contents: Remembers who had which bytes first.
            clock: What time it is.
        """
        super().__init__(name, section)
        self._instance, self._check, self._find, self._clock = instance, check, find, clock
        self._tell_filed = filed
        self._duplicates = Duplicates(name, contents, policy=section.duplicates, seconds=section.duplicates_seconds)
        self._held: dict[FrameId, Held] = {}
        self._again: deque[ClaimedName] = deque()  # claimed and not delivered yet: leftovers, adopted files, and what was put off
        self._later: deque[tuple[float, ClaimedName]] = deque()  # put off until then
        self._counted: set[FrameId] = set()  # of those put off, whose attempt is in the name
        self._told: set[FrameId] = set()  # and of which the journal knows
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
        limit = self._section.limits.max_file_bytes
        intake = Intake(self.name, inbox, work, check=self._check, clock=self._clock, max_bytes=limit, later=self._keep)
        self._open = _Open(places, inbox, work, intake)

    def leftovers(self) -> set[FrameId]:
        """What an earlier process claimed and did not file away; between `open` and `deliveries`."""
        return {claimed.id for claimed in self._parts.work.leftovers()}

    def deliveries(self, stop: Event, beat: Beat) -> Iterator[Delivery]:
        """Yield what an earlier process left, then what lies in the inbox, until *stop* is set."""
        parts, now = self._parts, self._clock.monotonic
        parts.inbox.tend(beat)  # before what is left over: from here on no event is missed
        in_flight = set(self._held)  # looked at first: what the sink files meanwhile is no leftover either
        self._later.clear()
        self._again = deque(claimed for claimed in parts.work.leftovers() if claimed.id not in in_flight)
        adopt_at = now()
        while not stop.is_set():
            beat()
            self._take_change()
            if now() >= adopt_at:
                adopt_at = now() + self._section.rescan_seconds
                self._again.extend(parts.work.adopt())
            while self._later and self._later[0][0] <= now():
                self._again.append(self._later.popleft()[1])
            taken = self._next(parts, beat)
            if taken is not None:
                self._held[taken.held.claimed.id] = taken.held
                yield self._duplicates.judge(taken.delivery)
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
        self._file_away(held, outcome, reasons)
        del self._held[id]
        self._filed += 1

    def close(self) -> None:
        """Stop watching and release the lock."""
        if self._open is not None:
            self._open.inbox.close()
            self._open.work.close()

    @property
    def shelves(self) -> list[Place]:
        """Where files are filed away to stay for a while; once open."""
        places, work, limits = self._parts.places, self._parts.work, self._section.retention
        roots = [places.failed, *([places.done] if places.done else [])]
        return [Place(root=root, limits=limits, filed=partial(work.filed, root)) for root in roots]

    @property
    def work_folder(self) -> Path:
        """Where this instance keeps what it claimed; once open."""
        return self._parts.work.path

    @property
    def _inbox(self) -> Inbox:
        return self._parts.inbox

    @property
    def _parts(self) -> "_Open":
        assert self._open is not None, "open() comes first"
        return self._open

    def _adapt(self, section: FolderSection) -> None:
        parts = self._parts
        parts.inbox.change(section)
        parts.intake.whole.max_bytes = section.limits.max_file_bytes
        self._duplicates.change(section.duplicates, section.duplicates_seconds)

    def _file_away(self, held: Held, outcome: Outcome, reasons: Sequence[str]) -> None:
        self._duplicates.concluded(Claim(held.claimed.id, held.captured_at), held.origin.sha256, outcome)
        self._parts.work.file_away(held, outcome, reasons, self._clock.now())

    def _next(self, parts: "_Open", beat: Beat) -> Taken | None:
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
        committed, taken = self._find(claimed.id), None
        try:
            if committed is None:
                claimed = self._count(parts.work, claimed)
                taken = parts.intake.take_again(claimed)
            else:
                held = parts.intake.take_again(claimed).held
                self._file_away(held, committed.outcome, committed.reasons)
        except OSError as error:
            if parts.work.holds(claimed):
                self._put_off(claimed, error)
                return None
            log.warning("removed from work before it was taken up", extra={"id": claimed.id, "file": printable(claimed.name)})
        if committed is not None:
            self._tell_filed([claimed.id])
        self._counted.discard(claimed.id)
        self._told.discard(claimed.id)
        return taken

    def _count(self, work: WorkFolder, claimed: ClaimedName) -> ClaimedName:
        """Count the attempt, unless this process did before."""
        if claimed.id in self._counted:
            return claimed
        again = work.count_attempt(claimed)
        self._counted.add(again.id)
        if again.attempt > _REMARKABLE:
            log.warning("taken up for the %d. time: edged ended that often while it held the file", again.attempt, extra={"id": again.id})
        return again

    def _keep(self, claimed: ClaimedName, error: OSError) -> None:
        """Our own claim cannot be looked at."""
        self._counted.add(claimed.id)
        self._put_off(claimed, error)

    def _put_off(self, claimed: ClaimedName, error: OSError) -> None:
        """Try a file in work again soon; the journal is told once."""
        if claimed.id not in self._told:
            log.warning("cannot take up a claimed file: %s; tried again until it works", error, extra={"id": claimed.id})
        self._told.add(claimed.id)
        self._later.append((self._clock.monotonic() + _LATER_SECONDS, claimed))


@dataclass(frozen=True, slots=True)
class _Open:
    """What exists between open and close."""

    places: Places
    inbox: Inbox
    work: WorkFolder
    intake: Intake


_: type[Source] = HotFolder
