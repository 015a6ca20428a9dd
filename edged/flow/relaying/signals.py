"""Live signals for PLCs: sent when their reading is committed, or never.

They wait for nobody: without a connection they are dropped, and so is what did not get out in time. The broker drops
what does not reach its subscriber in time (MQTT 5).
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from edged.flow.relaying.parcel import Parcel
from edged.flow.relaying.refusals import Refusals
from edged.flow.relaying.retained import RetainedTopics
from edged.lib.clock import Clock
from edged.link import Fault, Message

WAITING = 512  # at most; the oldest give way


class Signals:
    """The lane of live signals. `offer` may be called from any thread, all else belongs to the relay's."""

    def __init__(self, clock: Clock, topics: RetainedTopics) -> None:
        self._clock, self._topics = clock, topics
        self.sent_count = self.dropped = 0
        self._waiting: deque[tuple[Message, float]] = deque()  # with the time (monotonic) until which it is live
        self._refusals = Refusals()

    @property
    def faults(self) -> list[Fault]:
        """Topics that the broker does not take, and why."""
        return self._refusals.faults

    def offer(self, messages: Sequence[Message], live_seconds: float) -> None:
        """Send these, in their order, within *live_seconds*."""
        deadline, expiry = self._clock.monotonic() + live_seconds, math.ceil(live_seconds)
        self._waiting.extend((replace(message, content_type="text/plain", expiry_seconds=expiry), deadline) for message in messages)

    def clear(self) -> None:
        """There is no connection: nothing of this will be true when there is one."""
        self.dropped += len(self._waiting)
        self._waiting.clear()

    def next(self) -> Parcel | None:
        """The signal to send now; it stays next until it was sent."""
        now = self._clock.monotonic()
        while self._waiting and (len(self._waiting) > WAITING or self._waiting[0][1] <= now):
            self._waiting.popleft()
            self.dropped += 1
        if not self._waiting:
            return None
        message = self._waiting[0][0]
        if message.retain:
            self._topics.publishing([message.topic])
        return Parcel(self, message)

    def sent(self, parcel: Parcel) -> None:
        """It is in flight."""
        self._waiting.popleft()
        self.sent_count += 1

    def answered(self, parcel: Parcel, code: int) -> None:
        """A topic that is not taken is a fault; the signal itself is over."""
        self._refusals.answered(parcel.message.topic, code)

    def unsendable(self, parcel: Parcel, fault: Fault) -> None:
        """Too large: nothing will make it smaller."""
        self._refusals.refuse(parcel.message.topic, fault)
        self._waiting.popleft()
        self.dropped += 1

    def ended(self, parcels: Sequence[Parcel], fault: Fault, *, alone: bool, proven: bool) -> None:
        """A signal that was lost is over."""
        self._refusals.clear()
        self.clear()
