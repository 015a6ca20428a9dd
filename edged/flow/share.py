"""What files may take of the recogniser where there are cameras, too: a trigger has a deadline, a file has none."""

import threading
from collections.abc import Callable
from typing import Final

from edged.types import Answer, Pixels

_LOOK_SECONDS: Final = 1.0  # how long to wait for an answer before looking for a failed one

Submit = Callable[[Pixels, Answer], None]


class Share:
    """Lets so many lines of files be in flight at a time; the other requests of the recogniser stay free for cameras. Thread-safe."""

    def __init__(self, lines: int, submit: Submit, check: Callable[[], None]) -> None:
        """Hand *lines* at most to *submit*; *check* answers those whose inference failed."""
        self._free = threading.BoundedSemaphore(lines)
        self._submit, self._check = submit, check

    def submit(self, pixels: Pixels, on_done: Answer) -> None:
        """As that of the recogniser; blocks while the share is used up."""
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
