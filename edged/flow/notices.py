"""What the relay publishes beside readings: the retained topics, and events that are live information.

Retained topics go out at each connect, and again when their content changed. Events wait for a connection,
the oldest give way, and none is sent twice: they also stand in the journal.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edged.types import Message, Presence

EVENTS = 100  # that wait at most

Retained = Callable[[Presence], Sequence[Message]]  # the first is the status, and the last will


def event_message(base: str, kind: str, content: Mapping[str, Any]) -> Message:
    """An event as it goes out: `event/<kind>`, JSON, not retained."""
    return Message(topic=f"{base}/event/{kind}", payload=json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))


class Notices:
    """What is still to be said on this connection. Used by the relay's thread only."""

    def __init__(self, retained: Retained) -> None:
        self._retained = retained
        self._presence = Presence.ONLINE
        self._said: dict[str, bytes] = {}  # topic -> payload, on this connection
        self._waiting: deque[Message] = deque()
        self._events: deque[Message] = deque(maxlen=EVENTS)

    def will(self) -> Message:
        """What the broker says in our place when we vanish."""
        return self._retained(Presence.OFFLINE)[0]

    def connected(self) -> None:
        """A new connection: everything retained is said again."""
        self._said.clear()
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

    def next(self) -> Message | None:
        """What to say now; it stays next until it was `said`."""
        return next(iter(self._waiting or self._events), None)

    def said(self, message: Message) -> None:
        """It is on its way, or can never be."""
        if message.retain:
            self._said[message.topic] = message.payload
        queue = self._waiting or self._events
        if queue and queue[0] is message:
            queue.popleft()
