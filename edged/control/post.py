"""One worker at its post: its thread, its beats and its record."""

import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edged.lib.beat import Beat


class Worker(Protocol):
    """One stage of the daemon, on a thread of its own.

    `run` returns only once *stop* is set, and soon after it. It calls *beat* whenever it made progress,
    at least every 2 seconds; waiting for work is progress. After it raised it is called again, never
    while an earlier call still runs.
    """

    @property
    def name(self) -> str:
        """Names the thread, and stands in the journal."""

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Work until *stop* is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A worker's thread is over."""

    post: "Post"
    error: Exception | None


class Post:
    """A worker and what its supervisor knows of it.

    Only `beaten_at` is written by the worker's thread; all else belongs to the supervisor's, others read.
    """

    def __init__(self, worker: Worker, *, clock: Callable[[], float], ended: Callable[[Ended], None]) -> None:
        self.name = worker.name
        self.stop = threading.Event()
        self.beaten_at = clock()
        self.restart_at: float | None = None
        self.frozen = False
        self._worker = worker
        self._clock = clock
        self._ended = ended
        self._thread: threading.Thread | None = None
        self._started_at = clock()
        self._failures = 0
        self._failure = ""

    def start(self) -> None:
        """Let the worker run, for the first time or again."""
        self.restart_at = None
        self.beaten_at = self._started_at = self._clock()
        # A daemon thread: one that hangs must not keep a finished process alive.
        self._thread = threading.Thread(target=self._serve, name=self.name, daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether its thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def trouble(self) -> str:
        """What is wrong with it, or nothing."""
        if self.frozen:
            return f"{self.name} makes no progress"
        return f"{self.name}: {self._failure}" if self._failure else ""

    def fail(self, error: Exception | None, *, proven: float) -> int:
        """Take down a failure; the number of failures in a row."""
        self.forgive(proven=proven)
        self._failures += 1
        self._failure = "ended by itself" if error is None else str(error) or type(error).__name__
        return self._failures

    def forgive(self, *, proven: float) -> None:
        """Forget the failures of a worker that has run long enough since."""
        if self._failures and self.restart_at is None and self._clock() - self._started_at >= proven:
            self._failures, self._failure = 0, ""

    def join(self, seconds: float) -> None:
        """Wait for the end of the thread, at most that long."""
        if self._thread is not None:
            self._thread.join(max(seconds, 0.0))

    def stack(self) -> str:
        """Where the thread stands now, innermost first, on one line."""
        frame = sys._current_frames().get(self._thread.ident or 0) if self._thread else None  # noqa: SLF001 - the only door to it
        calls = reversed(traceback.extract_stack(frame)) if frame else []
        return " < ".join(f"{Path(call.filename).name}:{call.lineno} {call.name}" for call in calls) or "no Python frame"

    def _serve(self) -> None:
        error: Exception | None = None
        try:
            self._worker.run(self.stop, self._beat)
        except Exception as caught:  # noqa: BLE001 - the worker boundary: whatever ends a worker, its supervisor decides
            error = caught
        finally:
            if error is not None or not self.stop.is_set():
                self._ended(Ended(post=self, error=error))

    def _beat(self) -> None:
        self.beaten_at = self._clock()
