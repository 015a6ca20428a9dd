"""What files may take of the recogniser where there are cameras, too: a trigger has a deadline, a file has none."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from edged.types import Answer, Pixels

_PATIENCE: Final = 0.25  # seconds that a line of a file waits for frames at most
_LOOK_SECONDS: Final = 1.0  # how long to wait for an answer before looking for a failed one

Submit = Callable[[Pixels, Answer], None]


class Precedence:
    """Frames of cameras go first: while one is being read, no line of a file is begun. Thread-safe; one for all sources."""

    def __init__(self) -> None:
        self._frames = 0
        self._changed = threading.Condition()

    @contextmanager
    def frame(self) -> Iterator[None]:
        """While one frame is being read."""
        with self._changed:
            self._frames += 1
        try:
            yield
        finally:
            with self._changed:
                self._frames -= 1
                self._changed.notify_all()

    def give_way(self) -> None:
        """Wait until no frame is being read, for a while at most: files are late, and not starved."""
        with self._changed:
            self._changed.wait_for(lambda: not self._frames, _PATIENCE)


class Share:
    """Lets so many lines of files be in flight at a time; the other requests of the recogniser stay free for cameras. Thread-safe."""

    def __init__(self, lines: int, submit: Submit, check: Callable[[], None], precedence: Precedence) -> None:
        """Hand *lines* at most to *submit*, after those in *precedence*; *check* answers those whose inference failed."""
        self._precedence = precedence
        self._free = threading.BoundedSemaphore(lines)
        self._submit, self._check = submit, check

    def submit(self, pixels: Pixels, on_done: Answer) -> None:
        """As that of the recogniser; blocks while the share is used up."""
        self._precedence.give_way()
        while not self._free.acquire(timeout=_LOOK_SECONDS):
            self._check()

        def done(*answer: object) -> None:
            self._free.release()
            on_done(*answer)  # type: ignore[arg-type]

        try:
            self._submit(pixels, done)
        except BaseException:
            self._free.release()
            raise
