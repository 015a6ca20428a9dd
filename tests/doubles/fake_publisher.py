"""A broker that does what the test says, without a network and without threads."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from edged.errors import PermanentPublishError, TransientPublishError
from edged.flow import link_faults
from edged.flow.ports import Publisher
from edged.link import Connected, Fault, LinkEvent, Lost, Message, Receipt, Received, Subscribed, Suspicion

ACK, FORGET, HANG_UP, CRASH = "ack", "forget", "hang up", "crash"
HUNG_UP = Fault(name="connection_lost", message="closed", hint="look", suspicion=Suspicion.PERHAPS)
REFUSED = Fault(name="connection_refused", message="nobody listens", hint="start it")


@dataclass
class FakePublisher:
    """Greets, acknowledges everything and remembers it, unless told otherwise.

    `answer` decides about each message: one of the words above, or a reason code.
    """

    window: int = 20
    packet_bytes: int | None = None
    up: bool = True
    refusal: Fault = REFUSED
    answer: Callable[[Message], str | int] = lambda _message: ACK
    hold: bool = False  # keep receipts back until `release`
    published: list[Message] = field(default_factory=list)
    wills: list[Message] = field(default_factory=list)
    connects: int = 0
    said_goodbye: bool = False
    most_in_flight: int = 0
    topics: list[tuple[str, ...]] = field(default_factory=list)  # subscribed to, at each connect
    deny: tuple[Fault, ...] = ()  # subscriptions that are refused
    hangs_up_on_subscribe: bool = False
    _handover: Callable[[LinkEvent], None] | None = None
    _greeted: bool = False
    _tickets: int = 0
    _open: dict[int, int] = field(default_factory=dict)  # ticket -> code, receipts held back
    _flying: set[int] = field(default_factory=set)

    def connect(self, will: Message, handover: Callable[[LinkEvent], None], topics: Sequence[str] = ()) -> None:
        assert self._handover is None, "connected twice"
        self.topics.append(tuple(topics))
        self.connects += 1
        self.wills.append(will)
        self._handover = handover
        if self.up:
            self._greeted = True
            handover(Connected(window=self.window))
            if topics and self.hangs_up_on_subscribe:
                self.lose(HUNG_UP)
            elif topics:
                handover(Subscribed(refused=self.deny))
        else:
            self.lose(self.refusal)

    def publish(self, message: Message) -> int:
        if not self._greeted:
            raise TransientPublishError(message.topic)
        if self.packet_bytes is not None and len(message.payload) > self.packet_bytes:
            raise PermanentPublishError(f"{message.topic}: too large", hint="raise it")
        self._tickets += 1
        ticket = self._tickets
        self.published.append(message)
        self._flying.add(ticket)
        self.most_in_flight = max(self.most_in_flight, len(self._flying))
        self._react(ticket, self.answer(message))
        return ticket

    def _react(self, ticket: int, answer: str | int) -> None:
        if answer in (HANG_UP, CRASH):
            self.up = answer == HANG_UP
            self.lose(HUNG_UP)
        elif answer != FORGET:
            self._open[ticket] = 0 if answer == ACK else int(answer)
            if not self.hold:
                self.release()

    def release(self) -> None:
        """Hand over the receipts that were held back."""
        for ticket, code in self._open.items():
            self._flying.discard(ticket)
            if self._handover:
                self._handover(Receipt(ticket=ticket, code=code))
        self._open.clear()

    def lose(self, fault: Fault = HUNG_UP) -> None:
        """The connection ends."""
        handover, self._handover, self._greeted = self._handover, None, False
        self._open.clear()
        self._flying.clear()
        if handover:
            handover(Lost(fault=fault))

    def drop(self) -> None:
        self.lose(HUNG_UP)

    def close(self, timeout: float) -> None:
        self.said_goodbye = self._greeted
        self.lose(link_faults.CLOSED)

    @property
    def greeted(self) -> bool:
        """Whether a connection stands."""
        return self._greeted

    def say(self, topic: str, payload: bytes, **more: Any) -> None:
        """Somebody publishes to us."""
        if self._handover:
            self._handover(Received(topic=topic, payload=payload, **({"retained": False} | more)))

    def seqs(self) -> list[int]:
        """The `seq` of each reading that was published, redeliveries included."""
        return [json.loads(m.payload)["seq"] for m in self.published if "/read/" in m.topic]

    def on(self, word: str) -> list[Message]:
        """What was published on topics that contain *word*."""
        return [m for m in self.published if word in m.topic]


_: type[Publisher] = FakePublisher
