"""A folder that is only read: nothing is renamed, removed or written there, and the database remembers what was read.

A claim is a row in the database (`edged.flow.memory`), noted before its bytes are decoded:

    note the claim (survives us, not a power cut) -> commit of the reading (makes the claim durable, too) -> filed

After a crash: a claim whose id is committed is only noted as filed; any other is read again under its id if its
bytes are still there, and forgotten if not: nothing was committed for it, and the next listing finds what is there.
"""

import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Event

from edged.config import FolderSection
from edged.flow.folder.base import DropFolder
from edged.flow.folder.content import Changing, Found
from edged.flow.folder.duplicates import Duplicates
from edged.flow.folder.forget import Sweep
from edged.flow.folder.inbox import Inbox, Why
from edged.flow.folder.listing import Entry, folder_inside
from edged.flow.folder.names import printable
from edged.flow.folder.places import require_inbox
from edged.flow.folder.whole import Claim, Whole, claim_of, delivery_of, mint
from edged.flow.memory import Contents, KeptFile, KeptFiles, Mark
from edged.flow.ports import Source
from edged.lib.beat import Beat
from edged.lib.clock import Clock
from edged.types import Committed, Delivery, FrameId, Outcome, SourceName

log = logging.getLogger(__name__)

_PATIENCE = 0.5  # seconds between two signs of life
_REMARKABLE = 5  # attempts; above, the journal is told of each


class KeptFolder(DropFolder):
    """Pictures that stay where they are. The feed's thread owns all but `finish`."""

    def __init__(
        self,
        name: SourceName,
        section: FolderSection,
        *,
        check: Callable[[bytes], None],
        find: Callable[[FrameId], Committed | None],
        filed: Callable[[Sequence[FrameId]], None],
        kept: KeptFiles,
        contents: Contents,
        clock: Clock,
    ) -> None:
        """Nothing is touched before `open`; the arguments are those of `HotFolder`, and *kept* remembers what was read."""
        super().__init__(name, section)
        self._check, self._find, self._clock = check, find, clock
        self._tell_filed, self._kept = filed, kept
        self._duplicates = Duplicates(name, contents, policy=section.duplicates, seconds=section.duplicates_seconds)
        self._held: dict[FrameId, tuple[Claim, str | None]] = {}  # with the SHA-256; the feed adds, the sink removes
        self._again: deque[KeptFile] = deque()  # claimed by an earlier process
        self._open: tuple[Inbox, Whole, Sweep] | None = None

    def open(self) -> None:
        """See that the folder is there."""
        require_inbox(self.name, self._section.path)
        inbox = Inbox(self.name, self._section.path.resolve(), self._section, self._clock, sift=self._sift)
        whole = Whole(inbox, self._check, self._section.limits.max_file_bytes)
        self._open = inbox, whole, Sweep(self.name, inbox, self._kept, self._clock)

    def leftovers(self) -> set[FrameId]:
        """What an earlier process claimed and did not file; between `open` and `deliveries`."""
        return {file.id for file in self._kept.claims(self.name)}

    def deliveries(self, stop: Event, beat: Beat) -> Iterator[Delivery]:
        """Yield what an earlier process left, then what lies in the folder and was never read, until *stop* is set."""
        inbox, _, sweep = self._parts
        inbox.tend(beat)
        in_flight = set(self._held)  # looked at first: what the sink files meanwhile is no leftover either
        self._again = deque(file for file in self._kept.claims(self.name) if file.id not in in_flight)
        while not stop.is_set():
            beat()
            self._take_change()
            sweep.step()
            delivery = self._next(beat)
            if delivery is not None:
                self._held[delivery.id] = Claim(delivery.id, delivery.captured_at), delivery.origin.sha256
                yield self._duplicates.judge(delivery)
            elif inbox.idle and not (self._again and inbox.descriptor >= 0):
                inbox.wait(_PATIENCE)

    def sync(self) -> None:
        """Nothing: the claim stands before the reading, in the same log."""

    def finish(self, id: FrameId, outcome: Outcome, reasons: Sequence[str]) -> None:  # noqa: ARG002 - of the protocol  # noqa: ARG002 - the contract
        """The reading was committed; a failure is told by it alone, for nothing is written beside a folder that is only read."""
        if id in self._held:
            self._duplicates.concluded(*self._held[id], outcome)
            del self._held[id]
            self._filed += 1

    def close(self) -> None:
        """Stop watching."""
        if self._open is not None:
            self._open[0].close()

    def _adapt(self, section: FolderSection) -> None:
        inbox, whole, _ = self._parts
        inbox.change(section)
        whole.max_bytes = section.limits.max_file_bytes
        self._duplicates.change(section.duplicates, section.duplicates_seconds)

    @property
    def _parts(self) -> tuple[Inbox, Whole, Sweep]:
        assert self._open is not None, "open() comes first"
        return self._open

    @property
    def _inbox(self) -> Inbox:
        return self._parts[0]

    def _sift(self, entries: list[Entry]) -> list[Entry]:
        fresh = self._kept.fresh(self.name, [(entry.name, entry.mark) for entry in entries])
        if len(fresh) < len(entries):
            self._parts[2].met()
        return [entry for entry in entries if entry.name in fresh]

    def _next(self, beat: Beat) -> Delivery | None:
        """What an earlier process left comes before anything new; while the folder is away, both wait."""
        inbox = self._inbox
        if self._again and inbox.descriptor >= 0:
            delivery = self._take_again(self._again.popleft())
            self._recovered += delivery is not None
            return delivery
        inbox.tend(beat)
        candidate = inbox.pop()
        delivery = self._take(*candidate) if candidate else None
        self._accepted += delivery is not None
        return delivery

    def _take(self, name: str, why: Why) -> Delivery | None:
        """Claim a file; None where it is known, not whole yet, gone, or cannot be read now."""
        inbox, whole, _ = self._parts
        head, _, base = name.rpartition("/")
        try:
            with folder_inside(inbox.descriptor, head) as folder:
                mark = Mark.of(os.stat(base, dir_fd=folder, follow_symlinks=False))
                before = self._kept.find(self.name, name)
                found = whole.read(name, base, folder, why) if before is None or before.mark != mark else None
        except FileNotFoundError:
            inbox.forget(name)
        except Changing:
            inbox.look(name)
        except OSError as error:
            inbox.leave(name, os.strerror(error.errno or 0))
        else:
            return self._claim(name, mark, before, found) if found else None
        return None

    def _claim(self, name: str, mark: Mark, before: KeptFile | None, found: Found) -> Delivery | None:
        if found.problem is not None and found.problem.outcome is Outcome.FAILED:  # a share may stumble: not the file's fault
            self._inbox.leave(name, found.problem.reason)
            return None
        self._inbox.forget(name)
        if before is not None and before.mark.written == mark.written and before.sha256 == found.sha256:
            self._kept.remark(self.name, name, mark)  # chmod, a move and back, another number after a remount: the same input
            return None
        claim = mint(self._clock)
        file = KeptFile(path=name, mark=mark, sha256=found.sha256, id=claim.id)
        self._kept.claim(self.name, file)
        return delivery_of(self.name, claim, name, file.attempt, found)

    def _take_again(self, file: KeptFile) -> Delivery | None:
        committed = self._find(file.id)
        if committed is not None:
            self._duplicates.concluded(claim_of(file.id), file.sha256, committed.outcome)
            self._tell_filed([file.id])
            return None
        found = self._reread(file)
        if found is None:
            log.warning("gone or changed between claim and reading; what is there now is an input of its own", extra=_names(file))
            self._kept.forget(self.name, [file.path])
            self._inbox.look(file.path)
            return None
        self._kept.count_attempt(file.id)
        again = replace(file, attempt=file.attempt + 1)
        if again.attempt > _REMARKABLE:
            log.warning("taken up for the %d. time: edged ended that often while it held the file", again.attempt, extra=_names(file))
        return delivery_of(self.name, claim_of(again.id), again.path, again.attempt, found)

    def _reread(self, file: KeptFile) -> Found | None:
        """The claimed content, if it is still there."""
        inbox, whole, _ = self._parts
        head, _, base = file.path.rpartition("/")
        try:
            with folder_inside(inbox.descriptor, head) as folder:
                mark = Mark.of(os.stat(base, dir_fd=folder, follow_symlinks=False))
                found = whole.examine(base, folder)
        except (OSError, Changing):
            return None
        same = found.sha256 == file.sha256 and (file.sha256 is not None or mark == file.mark)
        return found if same else None


def _names(file: KeptFile) -> dict[str, str]:
    return {"id": file.id, "file": printable(file.path)}


_: type[Source] = KeptFolder
