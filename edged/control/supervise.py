"""Owns the threads: starts them, watches their progress, restarts them, ends them.

The main loop lives on one queue: signals and ends of workers arrive there, and it never waits longer than
a second. `queue.SimpleQueue.put` may be called from a signal handler; `threading.Event.set` may not, it
deadlocks when the signal interrupts a wait on the same event.
"""

import contextlib
import logging
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edged.control.health import Health, HealthState, doubts
from edged.control.post import Ended, Post, Worker
from edged.errors import EdgedError, OutboxError, OutboxFull
from edged.lib.sdnotify import Notifier

__all__ = ["Supervisor", "SupervisorTimes", "Verdict", "Worker", "signals"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorTimes:
    """Seconds, unless the name says otherwise."""

    tick: float = 1.0  # longest wait of the main loop
    beat_limit: float = 15.0  # a worker without progress for longer is frozen
    proven: float = 60.0  # a worker that lived that long starts again with a clean record
    max_failures: int = 5  # in a row; then the process ends and the service manager takes over
    stop: float = 5.0  # for all workers together
    abort: float = 0.5  # the same where storage cannot be trusted any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How it ended."""

    exit_code: int
    left: tuple[str, ...]  # workers that did not stop: leave by os._exit, their threads still run


class Supervisor:
    """Runs workers until it is told to stop or one of them cannot be helped. It is a health `Check`.

    Args:
        workers: In start order; they are stopped in reverse.
        notifier: Where signs of life go.
        delay: Seconds before the restart after the given number of failures in a row, from 1.
        hangup: What SIGHUP asks for; it only notes.
        clock: Monotonic seconds.
    """

    name = "workers"

    def __init__(
        self,
        workers: Sequence[Worker],
        *,
        notifier: Notifier,
        delay: Callable[[int], float],
        times: SupervisorTimes | None = None,
        clock: Callable[[], float] = time.monotonic,
        hangup: Callable[[], object] = lambda: None,
    ) -> None:
        self._times = times or SupervisorTimes()
        self._events: queue.SimpleQueue[Ended | signal.Signals] = queue.SimpleQueue()
        self._posts = [Post(worker, clock=clock, ended=self._events.put) for worker in workers]
        self._notifier = notifier
        self._delay = delay
        self._clock = clock
        self._hangup = hangup
        self._judged_at = clock()
        self._judged_from = clock()

    def tell(self, signum: int) -> None:
        """Take a signal; SIGTERM and SIGINT end it. Any thread and any signal handler may call it."""
        self._events.put(signal.Signals(signum))

    def health(self) -> Health:
        """Frozen workers fail, workers that failed lately degrade."""
        reasons = [reason for post in self._posts if (reason := post.trouble)]
        if any(post.frozen for post in self._posts):
            return Health(state=HealthState.FAILING, reasons=tuple(reasons))
        return doubts(reasons)

    def run(self) -> Verdict:
        """Start everything, watch over it, stop everything. Called once."""
        for post in self._posts:
            post.start()
        self._judged_at = self._judged_from = self._clock()
        while True:
            code = self._handle(self._next_event())
            if code is not None:
                break
            self._restart_due()
            if self._all_progress():
                self._notifier.alive()
        self._notifier.stopping("stopping" if code == 0 else f"ending with exit code {code}")
        left = self._stop_all(self._times.abort if code else self._times.stop)
        return Verdict(exit_code=code or self._last_words(), left=left)

    def _last_words(self) -> int:
        """The exit code of what went wrong while the workers stopped."""
        code = 0
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, Ended) and event.error is not None:
                _log.error("failed while it stopped: %s", event.error, extra={"worker": event.post.name}, exc_info=event.error)
                code = max(code, int(getattr(event.error, "exit_code", EdgedError.exit_code)))
        return code

    def _next_event(self) -> Ended | signal.Signals | None:
        try:
            return self._events.get(timeout=self._times.tick)
        except queue.Empty:
            return None

    def _handle(self, event: Ended | signal.Signals | None) -> int | None:
        """The exit code, where this event ends the process."""
        if isinstance(event, Ended):
            return self._bury(event)
        if event is signal.SIGHUP:
            self._hangup()
        elif event is not None:
            _log.info("%s: stopping", event.name)
            return 0
        return None

    def _bury(self, ended: Ended) -> int | None:
        """Decide what the end of a worker means."""
        post, error = ended.post, ended.error
        if isinstance(error, OutboxError) and not isinstance(error, OutboxFull):
            _log.critical("storage failed, ending: %s; %s", error, error.hint, extra={"worker": post.name})
            return int(error.exit_code)
        failures = post.fail(error, proven=self._times.proven)
        if failures >= self._times.max_failures:
            _log.critical("failed %d times in a row, ending: %s", failures, post.trouble, extra={"worker": post.name}, exc_info=error)
            return int(EdgedError.exit_code)
        pause = self._delay(failures)
        post.restart_at = self._clock() + pause
        # An EdgedError says everything itself; anything else is our own fault and needs its traceback.
        _log.error(
            "failed, starting again in %.1f s: %s",
            pause,
            post.trouble,
            extra={"worker": post.name, "failures": failures},
            exc_info=None if isinstance(error, EdgedError) else error,
        )
        return None

    def _restart_due(self) -> None:
        for post in self._posts:
            if post.restart_at is not None and post.restart_at <= self._clock():
                post.start()

    def _all_progress(self) -> bool:
        """Whether no worker is frozen; each freeze and each thaw is told once.

        Where this loop itself came late, the process as a whole stood still (SIGSTOP, a paused virtual
        machine): everybody gets the full limit again.
        """
        now = self._clock()
        if now - self._judged_at > self._times.tick + self._times.beat_limit / 3:
            self._judged_from = now
        self._judged_at = now
        for post in self._posts:
            frozen = post.running and now - max(post.beaten_at, self._judged_from) > self._times.beat_limit
            if frozen and not post.frozen:
                _log.critical("no progress for %.0f s; it stands at %s", now - post.beaten_at, post.stack(), extra={"worker": post.name})
            elif post.frozen and not frozen:
                _log.warning("makes progress again", extra={"worker": post.name})
            post.frozen = frozen
            post.forgive(proven=self._times.proven)
        return not any(post.frozen for post in self._posts)

    def _stop_all(self, seconds: float) -> tuple[str, ...]:
        """Stop in reverse order of the start; nobody's share is eaten by one that hangs."""
        deadline = time.monotonic() + seconds
        waiting = list(reversed(self._posts))
        for index, post in enumerate(waiting):
            post.stop.set()
            post.join((deadline - time.monotonic()) / (len(waiting) - index))
        for post in waiting:
            post.join(deadline - time.monotonic())
        left = tuple(post.name for post in waiting if post.running)
        for name in left:
            _log.error("did not stop within %.1f s and is left behind", seconds, extra={"worker": name})
        return left


@contextlib.contextmanager
def signals(supervisor: Supervisor) -> Iterator[None]:
    """Hand SIGTERM, SIGINT and SIGHUP to the supervisor. Main thread only."""
    assert threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, lambda signum, _frame: supervisor.tell(signum)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
