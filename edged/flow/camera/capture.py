"""A camera whose capture runs in a process of its own."""

import dataclasses
import datetime as dt
import logging
import os
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from edged.capture.protocol import Memory, Next, Shown, Skipped
from edged.capture.ring import RingError, RingReader
from edged.config import CameraSection
from edged.flow.broker_access import password
from edged.flow.camera.course import Act, Course, Times
from edged.flow.camera.link import Ended, Heard, Link
from edged.flow.camera.order import order_of
from edged.flow.camera.redact import secrets
from edged.flow.camera.states import TROUBLES, CameraState
from edged.flow.ports import FrameSource
from edged.lib.backoff import full_jitter
from edged.lib.clock import Clock, SystemClock
from edged.types import Frame, SourceName

log = logging.getLogger(__name__)

_CLOSE_SECONDS: Final = 5.0


class Capture:
    """The newest frame of a camera. One thread of its own starts, hears and ends the child; any other may ask."""

    def __init__(
        self,
        name: SourceName,
        section: CameraSection,
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        times: Times | None = None,
        link: Callable[[], Link] = Link,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Nothing happens before `open`."""
        self._name, self._section, self._environ = name, section, environ
        self._clock, self._link_of = clock or SystemClock(), link
        dice = rng or random.Random()  # noqa: S311 - spreads load, guards nothing

        def delay(failures: int, first: float, longest: float) -> float:
            return full_jitter(failures, first=first, longest=longest, rng=dice)

        self._course = Course(section, order_of(section), delay=delay, times=times or Times())
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._link: Link | None = None
        self._next_section: CameraSection | None = None
        self._closing = self._broken = self._asked = self._owed = False
        self._ring: RingReader | None = None
        self._newest: tuple[int, Shown] | None = None
        self._given = 0  # number of the last frame that somebody got
        self._logged = CameraState.STARTING

    # --- what a `FrameSource` does ---

    def open(self) -> None:
        """Start looking for the camera."""
        with self._changed:
            if self._thread is not None or self._closing:
                return
            self._link = self._link_of()
            self._thread = threading.Thread(target=self._run, args=(self._link,), name=f"capture {self._name}", daemon=True)
        self._thread.start()

    def newer(self, than: int, timeout: float) -> Frame | None:
        """See `FrameSource`."""
        with self._changed:
            self._ask(than)
            self._changed.wait_for(lambda: self._has(than) or self._over, timeout)
            while self._has(than) and not self._closing:
                frame = self._copied()
                if frame is not None:
                    return frame
                self._changed.wait_for(lambda: self._has(than) or self._over, timeout)
            return None

    def _ask(self, than: int) -> None:
        """In lock step: have the next frame read, unless it is there or under way."""
        if self._course.order.fast and not self._has(than) and not self._asked and self._link is not None:
            self._asked = self._owed = True
            self._link.wake()

    def _has(self, than: int) -> bool:
        return self._newest is not None and self._newest[0] > than

    @property
    def _over(self) -> bool:
        """Whether nothing will come any more."""
        return self._closing or self._broken or self._course.state is CameraState.ENDED

    def _copied(self) -> Frame | None:
        """The newest frame; None where it is being written over, and a newer one will be told of."""
        assert self._newest is not None, "it was there just now"
        number, shown = self._newest
        image = self._ring.copy(shown.slot, shown.stamp) if self._ring is not None else None
        if image is None:
            self._pass_over()
            return None
        self._given = number
        ago = max(0.0, self._clock.monotonic() - shown.at)
        return Frame(image=image, number=number, captured_at=self._clock.now() - dt.timedelta(seconds=ago), at=shown.at)

    @property
    def looked(self) -> bool:
        """Whether it delivered a frame, or failed to."""
        return self._course.looked

    @property
    def ended(self) -> bool:
        """Whether a file was played to its end, and its last frame given."""
        with self._changed:
            return self._course.state is CameraState.ENDED and (self._newest is None or self._newest[0] <= self._given)

    @property
    def trouble(self) -> str:
        """Why no frames come, or of no use, and what to do."""
        return self._course.trouble

    def told(self) -> Mapping[str, Any]:
        """Its state in a word, its counters, then what the camera says of itself."""
        with self._changed:
            state = CameraState.CLOSED if self._closing else self._course.state
            return {"state": str(state), **self._course.counts, **self._course.about}

    def change(self, section: CameraSection) -> None:
        """See `FrameSource`."""
        with self._changed:
            self._next_section = section
            if self._link is not None:
                self._link.wake()
            else:
                self._adopt()

    def close(self) -> None:
        """See `FrameSource`."""
        with self._changed:
            self._closing = True
            if self._link is not None:
                self._link.wake()
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_CLOSE_SECONDS)

    # --- the thread ---

    def _run(self, link: Link) -> None:
        try:
            while self._step(link):
                pass
        finally:
            with self._changed:
                if not self._closing:  # an error that nobody foresaw: told, for nobody looks at the camera any more
                    self._course.fail(f"nobody looks at {self._section.url} any more; restart edged, and report it with the journal", 0.0)
                self._broken, self._link = not self._closing, None
                self._let_go()
                self._changed.notify_all()
            link.close()

    def _step(self, link: Link) -> bool:
        """Do what is due, then hear what is said; False at the end."""
        with self._changed:
            if self._closing:
                return False
            self._adopt()
            act = self._course.due(self._clock.monotonic())
        self._perform(act, link)
        with self._changed:
            if self._owed:
                self._owed = False
                link.send(Next())
            pause = self._course.pause(self._clock.monotonic())
        heard = link.listen(pause)
        with self._changed:
            for line in link.printed():
                self._course.printed(line, self._clock.monotonic())
            for one in heard:
                self._hear(one, link)
            self._changed.notify_all()
        self._log(link)
        return True

    def _adopt(self) -> None:
        """Go by a section that came meanwhile."""
        section, self._next_section = self._next_section, None
        if section is not None:
            self._section = section
            self._course.change(section, order_of(section))

    def _perform(self, act: Act, link: Link) -> None:
        if act is Act.KILL:
            if not link.kill():
                log.error("a driver holds the process that captures", extra={"source": self._name, "hint": "restart the box"})
            with self._changed:
                if self._course.state is not CameraState.ENDED:
                    self._let_go()
        elif act is Act.SPAWN:
            try:
                link.spawn()
            except OSError as error:
                self._fail(f"no process that captures can be started: {error.strerror}; see what fills the machine")
        elif act is Act.ORDER:
            self._order(link)

    def _order(self, link: Link) -> None:
        """Have the camera opened, with the password as it stands now."""
        try:
            word = password(self._section, self._environ)
        except OSError as error:
            self._fail(f"{error.filename}: {error.strerror}; let the user of the service read it, or correct password_file", keep=True)
            return
        except ValueError as error:
            self._fail(f"{error}; write the password in UTF-8, or hand it over", keep=True)
            return
        with self._changed:
            order = dataclasses.replace(order_of(self._section), password=word, skip=self._course.skip)
            self._owed = self._asked = order.fast and self._asked
        link.forget_lines()
        link.send(order, secrets(order.username, word))

    def _fail(self, why: str, *, keep: bool = False) -> None:
        with self._changed:
            self._course.fail(why, self._clock.monotonic(), keep=keep)

    def _hear(self, one: Heard | Ended, link: Link) -> None:
        now, where = self._clock.monotonic(), self._section.url
        if isinstance(one, Ended):
            self._course.fail(f"the process that captures {where} {one.how}; it is started again by itself", now)
            return
        message, fd = one.message, one.fd
        try:
            if isinstance(message, Memory):
                self._remember(message, fd, now)
        finally:
            if fd is not None:
                os.close(fd)
        if isinstance(message, Skipped):
            log.warning("a picture cannot be decoded", extra={"source": self._name, "picture": message.name})
        before = self._course.number
        self._course.heard(message, link.lines, now)
        if isinstance(message, Shown) and self._course.number > before:
            self._pass_over()
            self._course.counts["passed_over"] += self._course.number - before - 1
            self._newest, self._asked = (self._course.number, message), False

    def _remember(self, memory: Memory, fd: int | None, now: float) -> None:
        """Open the memory of frames to come."""
        limits = self._section.limits
        self._pass_over()
        try:
            if fd is None or memory.width * memory.height > limits.max_pixels or max(memory.width, memory.height) > limits.max_side:
                self._course.fail(f"the process that captures announces {memory.width} x {memory.height} pixels; report it", now)
                return
            ring = RingReader(fd, memory.width, memory.height, memory.slots)
        except (RingError, OSError, ValueError) as error:
            self._course.fail(f"the process that captures hands over memory that is none ({error}); report it", now)
            return
        if self._ring is not None:
            self._ring.close()
        self._ring = ring
        self._course.resized(memory.width, memory.height)

    def _pass_over(self) -> None:
        """The newest frame goes; unless somebody got it, it was passed over."""
        if self._newest is not None and self._newest[0] > self._given:
            self._course.counts["passed_over"] += 1
        self._newest = None

    def _let_go(self) -> None:
        """The frames of a child that is over go with it."""
        self._pass_over()
        self._asked = self._asked and not self._closing
        if self._ring is not None:
            self._ring.close()
            self._ring = None

    def _log(self, link: Link) -> None:
        """A line for each change of state."""
        state, trouble = self._course.state, self._course.trouble
        if state is self._logged:
            return
        self._logged = state
        bad = state in TROUBLES
        log.log(logging.WARNING if bad else logging.INFO, trouble or f"the camera is {state}", extra={"source": self._name})
        for line in link.lines if bad else ():
            log.debug("printed while it captured: %s", line, extra={"source": self._name})


_: type[FrameSource] = Capture
