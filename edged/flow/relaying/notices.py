"""What the relay publishes beside readings: the retained topics, and events that are live information.

Retained topics go out at each connect, and again when their content changed. Events wait for a connection,
the oldest give way, and none is sent twice: they also stand in the journal.
"""

import json
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edged.flow import mqtt_codes
from edged.flow.relaying.parcel import Parcel
from edged.flow.relaying.retained import RetainedTopics
from edged.link import Fault, Message, Presence

log = logging.getLogger(__name__)

EVENTS = 100  # that wait at most

Retained = Callable[[Presence], Sequence[Message]]  # the first is the status, and the last will


def event_message(base: str, kind: str, content: Mapping[str, Any]) -> Message:
    """An event as it goes out: `event/<kind>`, JSON, not retained."""
    return Message(topic=f"{base}/event/{kind}", payload=json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))


class Notices:
    """The lane of what is still to be said on this connection."""

    def __init__(self, base: str, retained: Retained, topics: RetainedTopics) -> None:
        self._events_topic = f"{base}/event/"
        self._retained, self._topics = retained, topics
        self._presence = Presence.ONLINE
        self._said: dict[str, bytes] = {}  # topic -> payload, on this connection
        self._waiting: deque[Message] = deque()
        self._events: deque[Message] = deque(maxlen=EVENTS)
        self._refused: dict[str, Fault] = {}  # topics that the broker does not take, on this connection

    @property
    def faults(self) -> list[Fault]:
        """Topics that the broker does not take, and why."""
        return list(self._refused.values())

    def will(self) -> Message:
        """What the broker says in our place when we vanish."""
        will = self._retained(Presence.OFFLINE)[0]
        self._topics.publishing([will.topic])
        return will

    def connected(self) -> None:
        """A new connection: everything retained is said again."""
        self._said.clear()
        self._refused.clear()
        self.refresh()

    def refresh(self, presence: Presence | None = None) -> None:
        """Say what changed since it was last said."""
        self._presence = presence or self._presence
        current = self._retained(self._presence)
        topics = [message.topic for message in current]
        self._topics.publishing(topics)
        clearing = self._topics.clearing(topics)
        self._waiting = deque(message for message in (*current, *clearing) if self._said.get(message.topic) != message.payload)

    def farewell(self) -> None:
        """Nothing but `offline` is left to say."""
        self._events.clear()
        self._waiting = deque([self.will()])

    def event(self, message: Message) -> None:
        """Say this once: an event, or an answer."""
        self._events.append(message)

    def next(self) -> Parcel | None:
        """What to say now; it stays next until it was sent, or never can be."""
        message = next(iter(self._waiting or self._events), None)
        return Parcel(self, message) if message else None

    def sent(self, parcel: Parcel) -> None:
        """It is on its way."""
        message = parcel.message
        if message.retain:
            self._said[message.topic] = message.payload
        queue = self._waiting or self._events
        if queue and queue[0] is message:
            queue.popleft()

    def answered(self, parcel: Parcel, code: int) -> None:
        """The broker took it, or not: that is a fault of its topic until it takes one."""
        message, refused = parcel.message, code >= mqtt_codes.FAILURE
        self._refused.pop(message.topic, None)
        if message.retain and not message.payload:
            (self._topics.not_cleared if refused else self._topics.cleared)(message.topic)
        elif refused:
            self._fault(message, mqtt_codes.not_taken(code, message.topic))

    def unsendable(self, parcel: Parcel, fault: Fault) -> None:
        """It can never be said."""
        self._fault(parcel.message, fault)
        self.sent(parcel)

    def ended(self, parcels: Sequence[Parcel], fault: Fault, *, alone: bool, proven: bool) -> None:
        """What is retained is said again, events are not."""

    def _fault(self, message: Message, fault: Fault) -> None:
        """A topic of ours is not taken. Where an answer goes is the business of who asked."""
        if message.retain or message.topic.startswith(self._events_topic):
            self._refused[message.topic] = fault
        else:
            log.warning("an answer was not taken", extra={"fault": fault.name, "detail": fault.message})
