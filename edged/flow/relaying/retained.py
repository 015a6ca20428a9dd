"""Retained topics outlive us: each is remembered before it is first published, and cleared once nobody speaks there any more."""

import logging
from collections.abc import Callable, Collection

from edged.flow.ports import MessageStore
from edged.link import Message

log = logging.getLogger(__name__)


class RetainedTopics:
    """Topics under which something of ours may stand at the broker. Used by the relay's thread only."""

    def __init__(self, store: MessageStore, keeps: Callable[[str], bool]) -> None:
        """Leave alone what *keeps* says is still in use, although it is not said again at each connect."""
        self._store, self._keeps = store, keeps
        self._known = store.retained()
        self._told: set[str] = set()

    def adapt(self, keeps: Callable[[str], bool]) -> None:
        """Leave alone what *keeps* says from now on."""
        self._keeps = keeps

    def publishing(self, topics: Collection[str]) -> None:
        """Remember them, before they go out."""
        new = [topic for topic in topics if topic not in self._known]
        if new:
            self._store.remember(new)
            self._known.update(new)

    def clearing(self, current: Collection[str]) -> list[Message]:
        """What clears the topics that are none of *current* any more."""
        stale = sorted(topic for topic in self._known.difference(current) if not self._keeps(topic))
        return [Message(topic=topic, payload=b"", retain=True) for topic in stale]

    def cleared(self, topic: str) -> None:
        """Nothing of ours stands there any more."""
        self._store.remember([], forget=[topic])
        self._known.discard(topic)

    def not_cleared(self, topic: str) -> None:
        """The broker does not let us; tried again at each connect."""
        if topic not in self._told:
            log.warning(
                "an old retained topic cannot be cleared", extra={"topic": topic, "hint": "clear it by hand, or let us write there"}
            )
            self._told.add(topic)
