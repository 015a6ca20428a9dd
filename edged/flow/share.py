"""What files may take of the recogniser where there are cameras, too: a trigger has a deadline, a file has none."""

import threading
from collections.abc import Callable
from typing import Final

from edged.types import Answer, Pixels

_LOOK_SECONDS: Final = 1.0  # how long to wait for an answer before looking for a failed one

_WAY_SECONDS: Final = 0.25  # a line of a file gives way so long at most: files must go on, too

Submit = Callable[[Pixels, Answer], None]


class Precedence:
    """How many frames of cameras are being read. Thread-safe."""

    def __init__(self) -> None:
        self._frames = 0
        self._changed = threading.Condition()

    def begin(self) -> None:
        """A frame is about to be read."""
        with self._changed:
            self._frames += 1

    def end(self) -> None:
        """It has its answer."""
        with self._changed:
            self._frames -= 1
            self._changed.notify_all()

    def give_way(self, seconds: float) -> None:
        """Wait until none is being read, so long at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._frames == 0, seconds)


class Share:
    """Lets so many lines of files be in flight at a time, and none begin while a frame is read. Thread-safe."""

    def __init__(self, lines: int, submit: Submit, check: Callable[[], None], precedence: Precedence) -> None:
        """Hand *lines* at most to *submit*; *check* answers those whose inference failed."""
        self._free = threading.BoundedSemaphore(lines)
        self._submit, self._check, self._precedence = submit, check, precedence

    def submit(self, pixels: Pixels, on_done: Answer) -> None:
        """As that of the recogniser; blocks while the share is used up."""
        while not self._free.acquire(timeout=_LOOK_SECONDS):
            self._check()
        self._precedence.give_way(_WAY_SECONDS)

        def done(*answer: object) -> None:
            self._free.release()
            on_done(*answer)  # type: ignore[arg-type]

        try:
            self._submit(pixels, done)
        except BaseException:
            self._free.release()
            raise
