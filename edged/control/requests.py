"""`request/<verb>` over MQTT: who may ask for what, and the answer on `response/<verb>`.

A request is a JSON object; its `id` comes back, all else are arguments. The answer is that of the control socket. A
verb runs in a thread of its own beside this worker's, so that a slow one stops neither the relay nor our signs of life.
"""

import datetime as dt
import json
import logging
import queue
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edged.control.verbs import Verb, perform, refusal
from edged.lib.beat import Beat
from edged.lib.clock import Clock
from edged.link import Message, Received

_log = logging.getLogger(__name__)

CHANGING = frozenset({"reload", "replay"})  # verbs that need `mqtt.control` and a fresh request
ASKING = frozenset({"config", "health", "read"})
PROMPT = frozenset(
    {"trigger"}
)  # need a fresh request, and are answered at once; a source that they trigger allows them by its configuration
WAITING = 16  # requests that wait at most
_PER_SECOND, _BURST = 2.0, 20.0  # requests that are looked at
_PROMPT_PER_SECOND, _PROMPT_BURST = 100.0, 100.0
_PATIENCE = 0.5
_LIMIT_SECONDS = 120.0  # a verb that takes longer hangs: the watchdog may then end us
_VERB = re.compile(r"[a-z_]{1,32}")
_TOPIC_BYTES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What may be asked for."""

    base: str
    control: bool  # whether verbs that change something are taken
    max_age_seconds: float


class RequestDesk:
    """A worker that answers requests, one after the other."""

    name = "requests"

    def __init__(
        self,
        verbs: Mapping[str, Verb],
        rules: Rules,
        *,
        answer: Callable[[Message], None],
        event: Callable[[str, Mapping[str, Any]], None],
        clock: Clock,
        synced: Callable[[], bool | None],
        limit_seconds: float = _LIMIT_SECONDS,
    ) -> None:
        """Give answers to *answer*, and tell *event* of what is refused."""
        self._verbs = {name: verbs[name] for name in CHANGING | ASKING | PROMPT if name in verbs}
        self._rules, self._answer, self._event = rules, answer, event
        self._clock, self._synced, self._limit = clock, synced, limit_seconds
        self._waiting: queue.Queue[Received] = queue.Queue(WAITING)
        self._budget = Budget(_PER_SECOND, _BURST, clock)
        self._prompt_budget = Budget(_PROMPT_PER_SECOND, _PROMPT_BURST, clock)
        self.dropped = 0  # requests that came faster than they are answered

    def adapt(self, rules: Rules) -> None:
        """Judge by these rules from now on; from any thread."""
        self._rules = rules

    def offer(self, request: Received) -> None:
        """Take a request, from the relay's thread; one too many is dropped and counted."""
        prompt = _verb_of(request) in PROMPT
        if prompt and self._prompt_budget.take():
            self._serve(request, lambda work: work())  # what is answered at once waits for no slow verb
        elif not prompt and not self._waiting.full() and self._budget.take():  # nobody else puts
            self._waiting.put_nowait(request)
        else:
            self.dropped += 1
            if self.dropped & (self.dropped - 1) == 0:  # the 1st, 2nd, 4th, 8th …
                _log.warning("requests come too fast", extra={"dropped": self.dropped, "topic": request.topic})

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Answer until *stop* is set."""
        while not stop.is_set():
            beat()
            try:
                request = self._waiting.get(timeout=_PATIENCE)
            except queue.Empty:
                continue
            self._serve(request, lambda work: self._outlast(work, stop, beat))

    def _serve(self, request: Received, through: Callable[[Callable[[], str]], str | None]) -> None:
        """Answer a request; the verb is performed *through* that."""
        name = _verb_of(request)
        if request.retained:
            self._refuse(request, "it is retained: nobody knows how old it is; clear it, and publish requests without retain")
            return
        try:
            arguments = _arguments(request.payload)
        except ValueError as error:
            self._refuse(request, str(error))
            self._reply(request, name, refusal(str(error), 'send a JSON object such as {"id": 1}', {}))
            return
        head = {"id": arguments.pop("id")} if "id" in arguments else {}
        stamp = arguments.pop("timestamp", None)
        reason, hint = self._objection(name, stamp, request.expiry_seconds)
        if reason:
            self._refuse(request, f"{reason}; {hint}")
            self._reply(request, name, refusal(reason, hint, head))
            return
        if name in PROMPT:
            arguments["age_seconds"] = None if self._synced() is False else _age(stamp, self._clock.now())
        told = through(lambda: perform(name, self._verbs[name], arguments, head))
        if told is not None:
            self._reply(request, name, told)

    def _objection(self, name: str, stamp: Any, expiry: int | None) -> tuple[str, str]:
        """Why the request is refused, and what to do; empty where it is not."""
        if name not in self._verbs:
            return (
                f"{name if _VERB.fullmatch(name) else 'this'} is not supported yet",
                f"over MQTT there are {', '.join(sorted(self._verbs))}",
            )
        if name in ASKING or (expiry is not None and (name in PROMPT or self._rules.control)):  # the broker drops what expired
            return "", ""
        if name in CHANGING and not self._rules.control:
            return f"{name} changes something, and requests over MQTT may not", "set mqtt.control to true to allow it"
        return self._stale(stamp)

    def _stale(self, stamp: Any) -> tuple[str, str]:
        """Whether a request without an expiry may be an old one."""
        if self._synced() is False:
            return "this box's clock was never set, so no timestamp can be judged", "publish it with a message expiry (MQTT 5)"
        now, most = self._clock.now(), self._rules.max_age_seconds
        age = _age(stamp, now)
        if age is None:
            example = now.isoformat(timespec="seconds")
            return f"found {stamp!r:.60} as timestamp", f"add one such as {example}, or publish it with a message expiry (MQTT 5)"
        if abs(age) > most:
            told = f"its timestamp is {abs(age):.0f} s {'old' if age > 0 else 'ahead'}, at most {most:g} s are allowed"
            return told, "see that both clocks are set, and send it again"
        return "", ""

    def _outlast(self, work: Callable[[], str], stop: threading.Event, beat: Beat) -> str | None:
        """Let it work, and beat meanwhile; None where we are told to stop before it ends."""
        done: list[str | BaseException] = []

        def go() -> None:
            try:
                done.append(work())
            except BaseException as error:  # noqa: BLE001 - handed on to the worker's own thread
                done.append(error)

        thread = threading.Thread(target=go, name="request", daemon=True)
        thread.start()
        deadline = time.monotonic() + self._limit
        while thread.is_alive() and not stop.is_set():
            if time.monotonic() < deadline:
                beat()
            thread.join(_PATIENCE / 5)
        answer = done[0] if done else None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _reply(self, request: Received, name: str, answer: str) -> None:
        topic = f"{self._rules.base}/response/{name}" if _VERB.fullmatch(name) else None
        if request.response_topic is not None:
            topic = request.response_topic if self._may_answer_on(request.response_topic) else topic
        if topic is not None:
            self._answer(Message(topic=topic, payload=answer.encode(), correlation=request.correlation))

    def _may_answer_on(self, topic: str) -> bool:
        """Nobody may have us publish anywhere in our own name, but for `response/…`."""
        good = 0 < len(topic.encode()) <= _TOPIC_BYTES and not topic.startswith("$") and not set(topic) & set("+#\0")
        own = topic == self._rules.base or topic.startswith(f"{self._rules.base}/")
        return good and (not own or topic.startswith(f"{self._rules.base}/response/"))

    def _refuse(self, request: Received, reason: str) -> None:
        _log.warning("request refused", extra={"topic": request.topic, "reason": reason})
        self._event("request_refused", {"topic": request.topic, "reason": reason})


class Budget:
    """So many a second, and so many at once: a token bucket. One thread."""

    def __init__(self, per_second: float, burst: float, clock: Clock) -> None:
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._tokens, self._filled_at = burst, clock.monotonic()

    def take(self) -> bool:
        """One of them; False where there is none."""
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def _verb_of(request: Received) -> str:
    return request.topic.rpartition("/")[2]


def _arguments(payload: bytes) -> dict[str, Any]:
    """What the request says; nothing at all is no arguments.

    Raises:
        ValueError: It is none.
    """
    try:
        content = json.loads(payload or b"{}")
    except (ValueError, RecursionError) as error:
        message = f"found {len(payload)} bytes that are not JSON, expected an object"
        raise ValueError(message) from error
    if not isinstance(content, dict):
        message = f"found a JSON {type(content).__name__}, expected an object"
        raise ValueError(message)  # noqa: TRY004 - the caller has one question: is it one?
    if isinstance(content.get("id"), list | dict):
        message = "the id is a list or an object, expected a number or a text"
        raise ValueError(message)  # noqa: TRY004 - likewise
    return content


def _age(stamp: Any, now: dt.datetime) -> float | None:
    """Seconds since a time in RFC 3339; None where it is none."""
    try:
        then = dt.datetime.fromisoformat(stamp) if isinstance(stamp, str) else None
        return None if then is None or then.tzinfo is None else (now - then).total_seconds()
    except (ValueError, OverflowError):
        return None
