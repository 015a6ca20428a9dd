"""A camera's first frame, read for nobody.

A shape of the model is compiled when the first line needs it, and that may take longer than a part has.
"""

import datetime as dt
import logging
import os
import queue
import time
from collections.abc import Callable

from edged.flow.pipeline import Lease
from edged.flow.reader import Job
from edged.lib.beat import Beat
from edged.lib.ids import new_id
from edged.types import Delivery, FrameId, Origin, Pixels, SourceName

log = logging.getLogger(__name__)

_LIMIT_SECONDS = 60.0
_PATIENCE = 0.1


class Warming:
    """Reads a frame as a source does, and forgets it."""

    def __init__(self, lease: Callable[[SourceName], Lease], check: Callable[[], None]) -> None:
        """Take a *lease* of the reader; *check* looks for lost answers of the recogniser."""
        self._lease, self._check = lease, check

    def __call__(self, source: SourceName, image: Pixels, beat: Beat) -> None:
        """Read it, and wait for the answer."""
        reader, give_back = self._lease(source)
        answered: queue.SimpleQueue[Job] = queue.SimpleQueue()

        def complete(job: Job) -> None:
            give_back()
            answered.put(job)

        now = dt.datetime.now(dt.UTC)
        origin = Origin(name="first frame", sha256=None, bytes=None, modified_at=None)
        identity = FrameId(new_id(int(now.timestamp() * 1000), os.urandom(10)))
        begun = time.monotonic()
        reader.begin(Delivery(id=identity, source=source, captured_at=now, origin=origin, attempt=1, image=image), complete, beat)
        while answered.empty() and time.monotonic() < begun + _LIMIT_SECONDS:
            beat()
            self._check()
            time.sleep(_PATIENCE)
        log.debug("the first frame was read for nobody", extra={"source": source, "seconds": f"{time.monotonic() - begun:.2f}"})
