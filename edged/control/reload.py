"""Reloads: one after the other, whoever asks for them, and each answers all who asked before it began.

Files are looked at once a second. SIGHUP, the control socket and MQTT ask with `ask` and hear with `answer`; neither
waits. What a reload does is handed in; it runs in a thread of its own while this one shows that it is alive.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edged.control.stamps import Watch, fingerprint
from edged.errors import EdgedError, UsageError
from edged.lib.beat import Beat

Pause = Callable[[float], None]
"""Waits so many seconds; raises EdgedError once edged stops."""

_REMEMBERED = 16  # reloads whose outcome may still be asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """What became of a reload. Where it failed, everything is as it was."""

    ok: bool
    config: str  # digest of what is in effect now
    live: tuple[str, ...] = ()  # keys that changed
    reconnect: tuple[str, ...] = ()  # likewise; the broker is met anew
    restart: tuple[str, ...] = ()  # keys that keep their old value until the daemon starts again
    models: tuple[str, ...] = ()  # those that were opened anew
    errors: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadTimes:
    """Seconds."""

    look: float = 1.0  # between two looks at the files
    tick: float = 0.2  # how late a stop is noticed
    limit: float = 120.0  # a reload that takes longer is frozen


class ReloadWorker:
    """The worker that reloads.

    Args:
        attempt: One reload, that waits by calling what it is given; it raises nothing, and is called from one thread at a time.
        files: What to look at: files and folders.
        tidy: Called with each look, for what earlier reloads left.
        times: How often and how long.
    """

    name = "reload"

    def __init__(
        self,
        attempt: Callable[[Pause], Reloaded],
        files: Callable[[], Iterable[Path]],
        tidy: Callable[[], None],
        *,
        times: ReloadTimes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._attempt, self._files, self._tidy, self._clock = attempt, files, tidy, clock
        self._times = times or ReloadTimes()
        self._stop = threading.Event()
        self._watch = Watch()
        self._changed = threading.Condition()
        self._asked = self._answered = 0  # tickets
        self._outcomes: deque[tuple[int, Reloaded]] = deque(maxlen=_REMEMBERED)  # the last ticket that each answers

    def ask(self) -> int:
        """Ask for a reload; returns the ticket to hear of it. From any thread, but not from a signal handler."""
        with self._changed:
            self._asked += 1
            self._changed.notify_all()
            return self._asked

    def answer(self, ticket: int) -> Reloaded | None:
        """What became of it; None while it is not done. From any thread."""
        with self._changed:
            return next((outcome for last, outcome in self._outcomes if ticket <= last), None)

    def request(self, timeout: float) -> Reloaded | None:
        """Ask for a reload and wait for it; None if it is not done in time. From any thread that may wait."""
        ticket = self.ask()
        with self._changed:
            self._changed.wait_for(lambda: self._answered >= ticket, timeout)
        return self.answer(ticket)

    def patient(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """The verb `reload` for those who may wait for what becomes of it.

        Raises:
            UsageError: It was not done in time.
        """
        outcome = self.request(self._times.limit)
        if outcome is None:
            message = f"the reload did not end within {self._times.limit:g} s"
            raise UsageError(message, hint="look at the journal of the daemon")
        return asdict(outcome)

    def verbs(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """`reload` answers with a ticket at once, `reload_outcome` with what became of it, or null while it is not done."""
        return {"reload": lambda _: self.ask(), "reload_outcome": self._outcome}

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Reload when it is asked for, or when files changed and are quiet, until *stop* is set."""
        self._stop, look_at = stop, self._clock()
        while not stop.is_set():
            beat()
            wanted = False
            if self._clock() >= look_at:
                look_at = self._clock() + self._times.look
                self._tidy()
                wanted = self._watch.changed(fingerprint(self._files()))
            with self._changed:
                wanted = wanted or self._changed.wait_for(lambda: self._asked > self._answered, self._times.tick)
            if wanted:
                self._reload(beat)

    def _reload(self, beat: Beat) -> None:
        with self._changed:
            ticket = self._asked
        self._watch.take(fingerprint(self._files()))
        outcome = self._patiently(beat)
        with self._changed:
            self._answered = ticket
            self._outcomes.append((ticket, outcome))
            self._changed.notify_all()

    def _patiently(self, beat: Beat) -> Reloaded:
        """Compiling a model takes seconds in which nobody can beat: it is done elsewhere."""
        outcomes: list[Reloaded] = []
        thread = threading.Thread(target=lambda: outcomes.append(self._attempt(self._pause)), name="reloading", daemon=True)
        thread.start()
        frozen_at = self._clock() + self._times.limit
        while thread.is_alive():
            thread.join(self._times.tick)
            if self._clock() < frozen_at:
                beat()
        return outcomes[0]

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            message = "edged stops before the reload is done"
            raise EdgedError(message, hint="the next start takes what the files say")

    def _outcome(self, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        ticket = arguments.get("ticket")
        if type(ticket) is not int or not 1 <= ticket <= self._asked:
            message = f"ticket is {ticket!r}, expected one that `reload` gave"
            raise UsageError(message, hint="ask for a reload first")
        outcome = self.answer(ticket)
        return asdict(outcome) if outcome else None
