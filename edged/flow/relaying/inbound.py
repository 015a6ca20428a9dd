"""What comes in: bounded on the way, confirmations in groups, requests and births to whoever answers them."""

import json
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edged.flow import link_faults
from edged.flow.ports import MessageStore
from edged.lib.clock import Clock
from edged.link import INBOUND_BYTES, Fault, Received, Suspicion
from edged.types import FrameId

log = logging.getLogger(__name__)

MESSAGES = 1000  # that wait at most; what comes beyond is dropped and counted
BYTES = 4 * INBOUND_BYTES  # likewise
_AT_ONCE = 20  # messages handed on before the relay does something else
_ENDS = 2
IDS = 1000  # in one confirmation at most
_GROUP = 256  # confirmations in one commit
_GROUP_SECONDS = 0.25
_ID_CHARACTERS = 64
_AWAY = b"offline"  # the opposite of a birth, on the same topic

Event = Callable[[str, Mapping[str, Any]], None]


def _ignored(_: Received) -> None:
    """Nobody answers requests."""


def _unheard() -> None:
    """Nobody waits for a birth."""


class Inbound:
    """Messages to us. `offer` belongs to the publisher's thread, all else to the relay's."""

    def __init__(self, store: MessageStore, base: str, clock: Clock, event: Event) -> None:
        """Take requests below *base*, and the ids of readings where consumers confirm them."""
        self._requests, self._ack = f"{base}/request/", f"{base}/ack"
        self.confirms = False
        self.birth_topic: str | None = None
        self._mailbox = Mailbox()
        self._confirmations = Confirmations(store, self._ack, clock, event)
        self._refused: tuple[Fault, ...] = ()
        self._answered = True  # the subscriptions of this connection
        self._ends = 0  # connections in a row that ended before they were
        self.on_request: Callable[[Received], None] = _ignored
        self.on_birth: Callable[[], None] = _unheard

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Subscriptions that the broker refuses."""
        return self._refused

    @property
    def dropped(self) -> int:
        """Messages that came faster than we take them."""
        return self._mailbox.dropped

    def offer(self, message: Received) -> None:
        """Keep it for `read`, or drop it where too much waits."""
        self._mailbox.offer(message)

    def subscriptions(self) -> list[str]:
        """What to subscribe to on the next connection: nothing where the broker hung up on it twice (AWS IoT does)."""
        self._answered = self._ends >= _ENDS
        if self._answered:
            self._ends = _ENDS - 1
            self._refused = (link_faults.hung_up_on_subscribing(self._requests),)
            return []
        return [f"{self._requests}+", *([self._ack] if self.confirms else []), *([self.birth_topic] if self.birth_topic else [])]

    def subscribed(self, refused: Sequence[Fault]) -> None:
        """The broker answered."""
        self._answered, self._ends, self._refused = True, 0, tuple(refused)

    def ended(self, fault: Fault) -> None:
        """The connection ended."""
        if not self._answered and fault.suspicion is Suspicion.PERHAPS:
            self._ends += 1

    def read(self) -> None:
        """Hand on what came."""
        for _ in range(_AT_ONCE):
            message = self._mailbox.take()
            if message is None:
                return
            if message.topic.startswith(self._requests):
                self.on_request(message)
            elif message.topic == self._ack and self.confirms:
                self._confirmations.heard(message)
            elif message.topic == self.birth_topic and message.payload != _AWAY and not message.retained:
                self.on_birth()  # a retained one is old, and what it would be told has just been said

    def settle(self, *, now: bool = False) -> list[int]:
        """Write what was confirmed, in groups, or *now*; the `seq` of what is newly confirmed."""
        return self._confirmations.settle(now=now)

    def patience(self) -> float | None:
        """Seconds until there is something to do; None where nothing waits."""
        return 0.0 if self._mailbox.waiting else self._confirmations.patience()


class Mailbox:
    """Holds messages between the publisher's thread (`offer`) and the relay's (`take`)."""

    def __init__(self) -> None:
        self.dropped = 0
        self._waiting: deque[Received] = deque()
        self._in = self._out = 0  # bytes, each counted by one thread alone

    def offer(self, message: Received) -> None:
        """Keep it, or drop it where too much waits."""
        size = len(message.payload)
        if len(self._waiting) >= MESSAGES or self._in - self._out + size > BYTES:
            self.dropped += 1
            return
        self._in += size
        self._waiting.append(message)

    @property
    def waiting(self) -> bool:
        """Whether something waits."""
        return bool(self._waiting)

    def take(self) -> Received | None:
        """The next."""
        if not self._waiting:
            return None
        message = self._waiting.popleft()
        self._out += len(message.payload)
        return message


class Confirmations:
    """Ids that consumers published on `ack`. Used by the relay's thread only."""

    def __init__(self, store: MessageStore, topic: str, clock: Clock, event: Event) -> None:
        self._store, self.topic, self._clock, self._event = store, topic, clock, event
        self._ids: list[FrameId] = []
        self._settle_at = 0.0

    def heard(self, message: Received) -> None:
        """Note its ids; written with the next `settle`."""
        if message.retained:
            self._refuse("a retained confirmation: nobody knows how old it is; publish it without retain")
            return
        try:
            ids = _ids(message.payload)
        except ValueError as error:
            self._refuse(str(error))
            return
        if ids and not self._ids:
            self._settle_at = self._clock.monotonic() + _GROUP_SECONDS
        self._ids += ids

    def settle(self, *, now: bool = False) -> list[int]:
        """Write what was confirmed, in groups, or *now*; the `seq` of what is newly confirmed."""
        if not self._ids or not (now or len(self._ids) >= _GROUP or self._clock.monotonic() >= self._settle_at):
            return []
        ids, self._ids = self._ids, []
        return self._store.confirm(ids)

    def patience(self) -> float | None:
        """Seconds until `settle` wants to be called; None where nothing waits."""
        return max(0.0, self._settle_at - self._clock.monotonic()) if self._ids else None

    def _refuse(self, reason: str) -> None:
        log.warning("confirmation refused", extra={"topic": self.topic, "reason": reason})
        self._event("request_refused", {"topic": self.topic, "reason": reason})


def _ids(payload: bytes) -> list[FrameId]:
    """The ids in a confirmation.

    Raises:
        ValueError: It is not one; says what was found.
    """
    wanted = 'expected {"ids": ["…"]}'
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError) as error:
        message = f"found {len(payload)} bytes that are not JSON, {wanted}"
        raise ValueError(message) from error
    ids = content.get("ids") if isinstance(content, dict) else None
    if not isinstance(ids, list):
        message = f"found {type(content).__name__} without a list of ids, {wanted}"
        raise ValueError(message)  # noqa: TRY004 - the caller has one question: is it one?
    if len(ids) > IDS:
        message = f"found {len(ids)} ids, at most {IDS} may be confirmed at a time"
        raise ValueError(message)
    if not all(isinstance(id, str) and len(id) <= _ID_CHARACTERS and id.isascii() for id in ids):  # "\ud800" is JSON, no text for SQLite
        message = f"found ids that are no short texts, {wanted}"
        raise ValueError(message)
    return [FrameId(id) for id in ids]
