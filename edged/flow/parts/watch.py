"""Shows each frame of a camera to its trigger and to the windows of the parts that are not read yet."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from edged.config import CameraSection
from edged.flow.parts.looks import Look
from edged.flow.parts.triggers import Fired, Trigger, make_trigger
from edged.flow.parts.window import PartWindow
from edged.flow.ports import FrameSource
from edged.lib.clock import Clock
from edged.types import Frame, Pixels

_RECENT: Final = 8  # frames that are kept for a trigger that comes late
_KEPT: Final = 12  # frames of all windows together: 75 MB in full HD
_SETTLE: Final = 2  # frames no sharper than the best before the first of a part that arrives is read
_PATIENCE: Final = 0.05  # seconds without a frame, before triggers that need none are asked


class Watch:
    """Used by the feed's thread."""

    def __init__(
        self,
        frames: FrameSource,
        section: CameraSection,
        clock: Clock,
        *,
        fired: Callable[[Fired, PartWindow], None],
        came: Callable[[], None],
        resized: Callable[[Pixels], None],
    ) -> None:
        """Begin to watch.

        Args:
            frames: The camera.
            section: Its keys.
            clock: Of deadlines.
            fired: Told of each part, with the window of its frames.
            came: Called after each look, before anybody gets the frame.
            resized: Told of the first frame, and of the first of another size.
        """
        self._frames, self._section, self._clock = frames, section, clock
        self._fired, self._came, self._resized = fired, came, resized
        self._size: tuple[int, ...] = ()
        self._trigger = make_trigger(section.trigger)
        self._recent: deque[tuple[Frame, Look]] = deque(maxlen=_RECENT)
        self._open: list[PartWindow] = []
        self._last = 0  # number of the newest frame
        self.stop = threading.Event()  # that of the feed

    @property
    def trigger(self) -> Trigger:
        """What says that a part is there."""
        return self._trigger

    @property
    def waits(self) -> bool:
        """Whether it is a film that waits for who asks."""
        return self._section.file.pace == "fast"

    @property
    def trouble(self) -> str:
        """Why no frames come."""
        return self._frames.trouble

    @property
    def stopped(self) -> bool:
        """Whether the feed ends, or the film did."""
        return self.stop.is_set() or self._frames.ended

    def change(self, section: CameraSection) -> None:
        """Go by this section from now on; a trigger that stays as it was goes on."""
        before, self._section = self._section, section
        if section.trigger != before.trigger:
            self._trigger.close()
            self._trigger = make_trigger(section.trigger)
        self._frames.change(section)

    def close(self) -> None:
        """Release what the trigger holds."""
        self._trigger.close()

    def step(self, seconds: float = _PATIENCE) -> None:
        """Wait for the next frame, so long at most, and show it around."""
        frame = self._frames.newer(self._last, max(0.0, min(seconds, _PATIENCE)))
        if frame is not None and frame.image.shape != self._size:
            self._size = frame.image.shape
            self._resized(frame.image)
        now = self._clock.monotonic()
        look = Look(frame.image, self._section.trigger.region) if frame is not None else None
        sight = self._trigger.look(look, frame.at if frame is not None else now, now)
        if sight.gone:
            for window in self._open:
                window.shut()
        for fired in sight.fired:
            self._fired(fired, self.begin(fired.at, arriving=fired.arriving))
        self._came()
        if frame is not None and look is not None:
            self._last = frame.number
            if sight.shows:
                self._show(frame, look)
        for window in self._open:
            window.tick(now)
        self._open = [window for window in self._open if window.open]
        self._make_room()

    def begin(self, at: float, *, arriving: bool = False) -> PartWindow:
        """The window of a part that is there since *at*, or *arriving* then: the part before it gets no more frames."""
        section = self._section.window
        for before in self._open:
            before.end_before(at)
        window = PartWindow(
            at - section.before_seconds,
            at + section.seconds,
            at + section.deadline_seconds,
            keep=section.frames,
            pump=self,
            settle=_SETTLE if arriving else 0,
        )
        for frame, look in self._recent:
            window.offer(frame, lambda look=look: look.energy)  # type: ignore[misc]
        self._open.append(window)
        return window

    def _show(self, frame: Frame, look: Look) -> None:
        for window in self._open:
            window.offer(frame, lambda: look.energy)
        if self._section.window.before_seconds:
            self._recent.append((frame, look))

    def _make_room(self) -> None:
        """Where many parts wait, each keeps fewer frames."""
        windows = [window for window in self._open if window.waiting]
        while sum(window.waiting for window in windows) > _KEPT:
            max(windows, key=lambda window: window.waiting).drop()
