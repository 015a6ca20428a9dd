"""From a name to bytes that may be whole, and from bytes to a delivery: what every kind of folder does."""

import datetime as dt
import os
from collections.abc import Callable
from typing import NamedTuple

from edged.errors import FrameError, FrameIncomplete
from edged.flow.folder.content import Found, examine
from edged.flow.folder.inbox import Inbox, Why
from edged.flow.folder.names import printable
from edged.lib.clock import Clock, file_time
from edged.lib.ids import minted_ms, new_id
from edged.types import Delivery, FrameId, Origin, SourceName

_EPOCH, _MILLISECOND = dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.timedelta(milliseconds=1)


class Whole:
    """Reads entries of the drop folder, and sends back to settle what cannot be all there yet. Used by the feed's thread."""

    def __init__(self, inbox: Inbox, check: Callable[[bytes], None], max_bytes: int) -> None:
        """Let *check* raise FrameIncomplete for pictures that are not all there; do not read more than *max_bytes*."""
        self._inbox, self._check = inbox, check
        self.max_bytes = max_bytes  # a reload changes it

    def examine(self, name: str, folder: int) -> Found:
        """Read an entry of an open folder, whole or not; see `content.examine`."""
        return examine(name, folder, self.max_bytes)

    def read(self, name: str, base: str, folder: int, why: Why) -> Found | None:
        """Read what may be whole; None where it is to settle first."""
        found = self.examine(base, folder)
        if found.denied and why is Why.TOLD:  # its permissions may follow at once, as with install(1)
            self._inbox.look(name)
            return None
        try:
            self.require(found)
        except FrameIncomplete:
            if why is not Why.STALLED:
                self._inbox.defer(name, found.stamp)
                return None
        return found

    def require(self, found: Found) -> None:
        """Look at the structure of what was read.

        Raises:
            FrameIncomplete: More bytes must follow.
        """
        if found.data is None:
            return
        try:
            self._check(found.data)
        except FrameIncomplete:
            raise
        except FrameError:
            return  # the reader meets it again and says so in the reading


class Claim(NamedTuple):
    """An id, and when it was given."""

    id: FrameId
    at: dt.datetime


def mint(clock: Clock) -> Claim:
    """A claim that is made now. Ids only grow within a process; where the clock was set back, they are ahead of it."""
    milliseconds = (clock.now() - _EPOCH) // _MILLISECOND
    return Claim(FrameId(new_id(milliseconds, os.urandom(10))), _EPOCH + milliseconds * _MILLISECOND)


def claim_of(id: FrameId) -> Claim:
    """A claim of an earlier process, whose id is all that tells its time."""
    return Claim(id, _EPOCH + minted_ms(id) * _MILLISECOND)


def delivery_of(source: SourceName, claim: Claim, name: str, attempt: int, found: Found) -> Delivery:
    """What the reader gets of an input."""
    return Delivery(
        id=claim.id,
        source=source,
        captured_at=claim.at,
        origin=Origin(name=printable(name), sha256=found.sha256, bytes=found.size, modified_at=file_time(found.stamp.mtime_ns)),
        attempt=attempt,
        data=found.data,
        problem=found.problem,
    )
