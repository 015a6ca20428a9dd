"""A camera as a source: one delivery for each part.

A trigger is accepted when it is noted in the journal; from then on it makes exactly one reading, under the id that it got there. Its
delivery has the window of the part's frames, which the reader takes from it while they come. One part is read at a time: triggers that come
meanwhile wait with their frames, so many at most.
"""

import datetime as dt
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from edged.config import CameraSection, ReadingSection
from edged.errors import UsageError
from edged.flow.parts.journal import Journal, Noted
from edged.flow.parts.triggers import Fired
from edged.flow.parts.watch import Watch
from edged.flow.parts.window import PartWindow
from edged.flow.ports import FrameSource, ReportedSource
from edged.lib.beat import Beat, nothing
from edged.lib.clock import Clock
from edged.lib.ids import new_id
from edged.types import Committed, Delivery, FrameId, FrameProblem, Origin, Outcome, Pixels, SourceName, Trigger

log = logging.getLogger(__name__)

WAITING: Final = 16  # triggers that wait for their reading at most
PART_CHARACTERS: Final = 256
_ENDED: Final = "edged ended before this part was read"
_TOO_MANY: Final = FrameProblem(
    outcome=Outcome.FAILED,
    reason=f"it came while {WAITING} parts waited; let each take less (window.frames, a smaller picture), or send fewer parts a second",
)


class _Asked(NamedTuple):
    """A trigger from somebody else's thread."""

    noted: Noted
    at: float  # monotonic


class Camera(ReportedSource):
    """Frames in, parts out."""

    def __init__(
        self,
        name: SourceName,
        section: CameraSection,
        frames: FrameSource,
        *,
        journal: Path,
        find: Callable[[FrameId], Committed | None],
        clock: Clock,
        warm: Callable[[Pixels, Beat], None] = lambda _image, _beat: None,
    ) -> None:
        """Prepare to deliver parts.

        Args:
            name: Of the source.
            section: Its keys.
            frames: The camera.
            journal: Where accepted triggers are noted.
            find: Asked which of them were read already.
            clock: Of deadlines.
            warm: Called in the feed's thread with the first frame, and with the first of another size, and a beat: what is compiled
                for it now, no part has to wait for.
        """
        self.name = name
        self._section = self._wanted = section
        self._frames, self._find, self._clock = frames, find, clock
        self._journal = Journal(journal)
        self._watch = Watch(frames, section, clock, fired=self._on_fired, came=self._take_asked, resized=self._on_resized)
        self._warm, self._warmed = warm, False
        self._beat: Beat = nothing  # that of the feed
        self._left: deque[Noted] = deque()
        self._asked: deque[_Asked] = deque()
        self._waiting: deque[tuple[Noted, PartWindow | None]] = deque()  # no window: it came too late
        self._held: set[FrameId] = set()  # delivered and not finished
        self._lock = threading.Lock()  # of what other threads ask for, and count
        self._accepted = self._recovered = self._filed = self._missed = 0

    def open(self) -> None:
        """Look for the camera, and for what an earlier process left.

        Raises:
            SourceError: The journal cannot be used.
        """
        for noted in self._journal.open():
            if self._find(noted.id) is None:
                self._left.append(noted)
            else:
                self._journal.finish(noted.id)
        self._frames.open()

    def deliveries(self, stop: threading.Event, beat: Beat) -> Iterator[Delivery]:
        """One for each part; what an earlier process accepted and did not read comes first, and fails."""
        self._watch.stop, self._beat = stop, beat
        while not stop.is_set():
            if self._wanted is not self._section:
                self._section = self._wanted
                self._watch.change(self._section)
            if self._left:
                yield self._held_as(self._orphan(self._left.popleft()))
            elif self._waiting:
                noted, window = self._waiting.popleft()
                yield self._held_as(self._delivery(noted, window, _TOO_MANY if window is None else None))
            else:
                beat()
                self._watch.step()

    def ask(self, part: str | None, age_seconds: float = 0.0) -> FrameId:
        """A trigger from outside, from any thread: the id that its reading will have.

        Raises:
            UsageError: This camera is triggered by something else, the part is gone by now, or too many wait.
        """
        deadline = self._section.window.deadline_seconds
        if abs(age_seconds) > deadline:
            age = f"{abs(age_seconds):.1f} s {'old' if age_seconds > 0 else 'ahead'}"
            message = f"the trigger is {age}, and {self.name} has {deadline:g} s for a part"
            raise UsageError(message, hint="see that both clocks are set and how long a request takes, or raise window.deadline_seconds")
        kind = self._section.trigger.kind
        if kind != "mqtt":
            message = f"the parts of {self.name} are told by trigger.kind {kind}"
            raise UsageError(message, hint="set trigger.kind of this source to mqtt to trigger it by requests")
        with self._lock:
            waiting = len(self._asked) + len(self._waiting)
            if waiting >= WAITING:
                message = f"{waiting} triggers of {self.name} wait for their readings already"
                raise UsageError(message, hint="trigger less often, or let each part take less: window.frames, a smaller picture")
            at = self._clock.monotonic()
            noted = self._noted("mqtt", self._clock.now(), part)
            try:
                self._journal.note(noted)
            except OSError as error:
                message = f"the trigger cannot be noted: {error.strerror or error}"
                raise UsageError(message, hint="make room on the disk of state_dir") from error
            self._asked.append(_Asked(noted, at))
        return noted.id

    def sync(self) -> None:
        """Nothing: a committed reading needs no journal, and a trigger that a power cut takes was never answered."""

    def finish(self, id: FrameId, outcome: Outcome, reasons: Sequence[str]) -> None:  # noqa: ARG002 - nothing is filed by them
        """The reading is committed: the trigger is over."""
        self._journal.finish(id)
        with self._lock:
            if id in self._held:
                self._held.discard(id)
                self._filed += 1

    def close(self) -> None:
        """End the camera."""
        self._watch.close()
        self._frames.close()
        self._journal.close()

    def change(self, section: ReadingSection) -> None:
        """Go by this section from the next part on, but for the camera itself."""
        assert isinstance(section, CameraSection)  # another kind takes a restart
        self._wanted = section

    @property
    def looked(self) -> bool:
        """Whether the camera delivered, or failed to."""
        return self._frames.looked and (self._warmed or bool(self._frames.trouble) or self._frames.ended)

    @property
    def trouble(self) -> str:
        """Why no frames come, or no triggers."""
        return self._frames.trouble or self._watch.trigger.trouble

    def told(self) -> dict[str, Any]:
        """What the camera does, and what became of its parts: accepted + recovered == filed + in_work, at all times."""
        camera = dict(self._frames.told())
        with self._lock:
            counted = {
                "accepted": self._accepted,  # parts that were taken up
                "recovered": self._recovered,  # of an earlier process
                "filed": self._filed,
                "in_work": len(self._held),
                "waiting": len(self._asked) + len(self._waiting),  # triggers whose part was not taken up yet
                "missed": self._missed,  # parts that came when too many waited: their readings say so
            }
        state = camera.pop("state")
        return {"state": state if self.looked else "starting", **counted, **camera}

    def _on_fired(self, fired: Fired, window: PartWindow) -> None:
        """A trigger of our own: noted where that is possible, and read in any case."""
        late = len(self._waiting) >= WAITING
        if late:
            window.shut()
            with self._lock:
                self._missed += 1
            log.warning("a part came while too many wait", extra={"source": self.name, "waiting": len(self._waiting)})
        ago = dt.timedelta(seconds=max(0.0, self._clock.monotonic() - fired.at))
        noted = self._noted(self._watch.trigger.kind, self._clock.now() - ago, None)
        try:
            self._journal.note(noted)
        except OSError as error:
            log.warning("a trigger cannot be noted, and would be lost with the process: %s", error, extra={"source": self.name})
        with self._lock:
            self._waiting.append((noted, None if late else window))

    def _on_resized(self, image: Pixels) -> None:
        self._warm(image, self._beat)
        self._warmed = True

    def _take_asked(self) -> None:
        """What was asked for meanwhile gets its window."""
        while self._asked:
            with self._lock:
                asked = self._asked.popleft()
                self._waiting.append((asked.noted, self._watch.begin(asked.at)))

    def _noted(self, kind: Any, at: dt.datetime, part: str | None) -> Noted:
        now_ms = int(self._clock.now().timestamp() * 1000)
        return Noted(id=FrameId(new_id(now_ms, os.urandom(10))), kind=kind, at=at, part=part)

    def _held_as(self, delivery: Delivery) -> Delivery:
        with self._lock:
            self._held.add(delivery.id)
            if delivery.attempt == 1:
                self._accepted += 1
            else:
                self._recovered += 1
        return delivery

    def _delivery(self, noted: Noted, window: PartWindow | None, problem: FrameProblem | None = None) -> Delivery:
        return Delivery(
            id=noted.id,
            source=self.name,
            captured_at=noted.at,
            origin=Origin(name=self.name, sha256=None, bytes=None, modified_at=None),
            attempt=noted.attempt,
            window=window,
            problem=problem,
            part=noted.part,
            trigger=Trigger(kind=noted.kind, at=noted.at),
        )

    def _orphan(self, noted: Noted) -> Delivery:
        return self._delivery(noted, None, FrameProblem(outcome=Outcome.FAILED, reason=_ENDED))
