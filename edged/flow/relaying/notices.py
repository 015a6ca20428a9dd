"""What the relay publishes beside readings: the retained topics, and events that are live information.

Retained topics go out at each connect, and again when their content changed. Events wait for a connection,
the oldest give way, and none is sent twice: they also stand in the journal.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edged.flow import mqtt_codes
from edged.flow.relaying.parcel import Parcel
from edged.types import Fault, Message, Presence

EVENTS = 100  # that wait at most

Retained = Callable[[Presence], Sequence[Message]]  # the first is the status, and the last will


def event_message(base: str, kind: str, content: Mapping[str, Any]) -> Message:
    """An event as it goes out: `event/<kind>`, JSON, not retained."""
    return Message(topic=f"{base}/event/{kind}", payload=json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))


class Notices:
    """The lane of what is still to be said on this connection."""

    def __init__(self, retained: Retained) -> None:
        self._retained = retained
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
        return self._retained(Presence.OFFLINE)[0]

    def connected(self) -> None:
        """A new connection: everything retained is said again."""
        self._said.clear()
        self._refused.clear()
        self.refresh()

    def refresh(self, presence: Presence | None = None) -> None:
        """Say what changed since it was last said."""
        self._presence = presence or self._presence
        self._waiting = deque(message for message in self._retained(self._presence) if self._said.get(message.topic) != message.payload)

    def farewell(self) -> None:
        """Nothing but `offline` is left to say."""
        self._events.clear()
        self._waiting = deque([self.will()])

    def event(self, message: Message) -> None:
        """Say this once."""
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
        topic = parcel.message.topic
        self._refused.pop(topic, None)
        if code >= mqtt_codes.FAILURE:
            self._refused[topic] = mqtt_codes.not_taken(code, topic)

    def unsendable(self, parcel: Parcel, fault: Fault) -> None:
        """It can never be said."""
        self._refused[parcel.message.topic] = fault
        self.sent(parcel)

    def ended(self, parcels: Sequence[Parcel], fault: Fault, *, alone: bool, proven: bool) -> None:
        """What is retained is said again, events are not."""
