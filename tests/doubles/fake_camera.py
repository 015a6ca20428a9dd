"""A camera in memory that keeps the contract, for tests of what stands behind a camera."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from edged.config import CameraSection
from edged.flow.camera.states import COUNTERS, TROUBLES, CameraState
from edged.flow.ports import FrameSource
from edged.lib.clock import Clock, SystemClock
from edged.types import Frame, Pixels


class FakeCamera:
    """Shows what a test hands it, when the test says so; with *script* it plays that in lock step with who asks, and ends.

    A frame is dated by *clock* at `show`, or when it is asked for in lock step: a test that moves its clock by the
    pace of a camera has frames of that pace.
    """

    def __init__(self, script: Iterable[Pixels] | None = None, *, clock: Clock | None = None) -> None:
        self._clock: Clock = clock or SystemClock()
        self._script = None if script is None else iter(script)
        self._changed = threading.Condition(threading.RLock())
        self._newest: Frame | None = None
        self._taken = self._number = 0
        self._looked = False
        self._state, self._trouble = CameraState.STARTING, ""
        self._counts = dict.fromkeys(COUNTERS, 0)
        self.sections: list[CameraSection] = []  # what it was changed to

    # --- what a test does ---

    def show(self, image: Pixels) -> int:
        """A frame comes; its number. It ends every trouble but those that come with frames."""
        with self._changed:
            if self._state is CameraState.CLOSED:
                return self._number
            if self._state not in (CameraState.FROZEN, CameraState.BLACK, CameraState.DIFFERS):
                self._state, self._trouble = CameraState.STREAMING, ""
            if self._newest is not None and self._taken < self._newest.number:
                self._counts["passed_over"] += 1
            self._number += 1
            self._counts["frames"] += 1
            self._newest = Frame(image=image.copy(), number=self._number, captured_at=self._clock.now(), at=self._clock.monotonic())
            self._looked = True
            self._changed.notify_all()
            return self._number

    def fall(self, state: CameraState, trouble: str = "") -> None:
        """Fall into a trouble, or a state without one."""
        with self._changed:
            self._state = state
            self._trouble = trouble or (f"it is {state}; look at the camera" if state in TROUBLES else "")
            if state in TROUBLES:
                self._counts[state] += 1
                self._looked = True
            self._changed.notify_all()

    # --- what a `FrameSource` does ---

    def open(self) -> None:
        with self._changed:
            if self._state is CameraState.STARTING:
                self._state = CameraState.CONNECTING
                self._counts["connects"] += 1

    def newer(self, than: int, timeout: float) -> Frame | None:
        with self._changed:
            self._play(than)
            over = (CameraState.CLOSED, CameraState.ENDED)
            self._changed.wait_for(lambda: self._number > than or self._state in over, timeout)
            if self._state is CameraState.CLOSED or self._newest is None or self._newest.number <= than:
                return None
            self._taken = self._newest.number
            newest = self._newest
        return Frame(image=newest.image.copy(), number=newest.number, captured_at=newest.captured_at, at=newest.at)

    def _play(self, than: int) -> None:
        if self._script is None or self._number > than or self._state is CameraState.CLOSED:
            return
        image = next(self._script, None)
        if image is not None:
            self.show(image)
        elif self._state is not CameraState.ENDED:
            self.fall(CameraState.ENDED)

    @property
    def looked(self) -> bool:
        return self._looked

    @property
    def ended(self) -> bool:
        return self._state is CameraState.ENDED

    @property
    def trouble(self) -> str:
        return self._trouble

    def told(self) -> Mapping[str, Any]:
        with self._changed:
            return {"state": str(self._state), **self._counts}

    def change(self, section: CameraSection) -> None:
        with self._changed:
            self.sections.append(section)
            self._counts["connects"] += 1

    def close(self) -> None:
        self.fall(CameraState.CLOSED)


_: type[FrameSource] = FakeCamera
