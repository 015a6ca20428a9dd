"""From a name in the inbox, or a file left in work, to one delivery."""

import os
from collections.abc import Callable
from typing import NamedTuple

from edged.errors import FrameIncomplete
from edged.flow.folder.claims import Held, WorkFolder
from edged.flow.folder.content import Changing, Found, stamp_of
from edged.flow.folder.inbox import Inbox, Why
from edged.flow.folder.listing import folder_inside
from edged.flow.folder.names import ClaimedName
from edged.flow.folder.settle import Stamp
from edged.flow.folder.whole import Claim, Whole, claim_of, delivery_of, mint
from edged.lib.clock import Clock
from edged.types import Delivery, FrameProblem, Outcome, SourceName


class Taken(NamedTuple):
    """An input that is ours now."""

    held: Held
    delivery: Delivery


class Intake:
    """Reads, checks and claims. Used by the feed's thread."""

    def __init__(
        self,
        source: SourceName,
        inbox: Inbox,
        work: WorkFolder,
        *,
        check: Callable[[bytes], None],
        clock: Clock,
        max_bytes: int,
        later: Callable[[ClaimedName, OSError], None],
    ) -> None:
        """Join inbox and work.

        Args:
            source: The source's name.
            inbox: Where files come from.
            work: Where they go.
            check: Raises FrameIncomplete for pictures that are not all there.
            clock: What time it is.
            max_bytes: Larger files are not read.
            later: Given what was claimed and cannot be looked at now.
        """
        self._source, self._inbox, self._work = source, inbox, work
        self._clock, self._later = clock, later
        self.whole = Whole(inbox, check, max_bytes)

    def take(self, name: str, why: Why) -> Taken | None:
        """Claim a file of the inbox; None where it is not whole yet, gone, or must be left there."""
        head, _, base = name.rpartition("/")
        try:
            with folder_inside(self._inbox.descriptor, head) as folder:
                found = self.whole.read(name, base, folder, why)
                if found is None:
                    return None
                claim = mint(self._clock)
                claimed = ClaimedName(id=claim.id, attempt=1, name=name)
                self._work.claim(base, folder, f"{self._inbox.path}/{head}", claimed)
                self._inbox.forget(name)
                found = self._confirm_or_later(claimed, found, base, folder)
        except FileNotFoundError:  # another instance took it, or it was removed
            self._inbox.forget(name)
        except Changing:
            self._inbox.look(name)
        except OSError as error:
            self._inbox.leave(name, os.strerror(error.errno or 0))
        else:
            return self._taken(claimed, claim, found) if found else None
        return None

    def take_again(self, claimed: ClaimedName) -> Taken:
        """Read a file of an earlier process in work.

        Raises:
            OSError: It is gone, or cannot be read now.
        """
        try:
            found = self.whole.examine(str(claimed), self._work.descriptor)
        except Changing:
            status = os.stat(str(claimed), dir_fd=self._work.descriptor, follow_symlinks=False)
            found = _failed(stamp_of(status), "somebody writes to the file after it was claimed; drop it again when it is complete")
        return self._taken(claimed, claim_of(claimed.id), found)

    def _confirm_or_later(self, claimed: ClaimedName, found: Found, base: str, folder: int) -> Found | None:
        """From the claim on nobody but us will find the file: whatever fails, it is not forgotten."""
        try:
            return self._confirm(claimed, found, base, folder)
        except OSError as error:
            self._later(claimed, error)
            return None

    def _confirm(self, claimed: ClaimedName, found: Found, base: str, folder: int) -> Found | None:
        """Make sure that we claimed what we read: somebody may have written or swapped it in between.

        A file that turns out to be incomplete is given back; None then.
        """
        status = os.stat(str(claimed), dir_fd=self._work.descriptor, follow_symlinks=False)
        if stamp_of(status) == found.stamp:
            return found
        try:
            found = self.whole.examine(str(claimed), self._work.descriptor)
            self.whole.require(found)
        except FileNotFoundError:
            raise
        except (Changing, FrameIncomplete, OSError):
            try:
                self._work.give_back(claimed, base, folder)
            except FileExistsError:
                return _failed(stamp_of(status), "the file was written while it was claimed, and its name was taken again; drop it again")
            return None
        return found

    def _taken(self, claimed: ClaimedName, claim: Claim, found: Found) -> Taken:
        delivery = delivery_of(self._source, claim, claimed.name, claimed.attempt, found)
        return Taken(Held(claimed=claimed, origin=delivery.origin, captured_at=delivery.captured_at), delivery)


def _failed(stamp: Stamp, reason: str) -> Found:
    return Found(stamp=stamp, size=stamp.size, problem=FrameProblem(outcome=Outcome.FAILED, reason=reason))
