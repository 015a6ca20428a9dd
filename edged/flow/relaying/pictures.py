"""Pictures of evidence: of each topic only the newest waits, so that what waits is bounded by the number of sources.

One that the broker keeps waits for a connection; any other is of now, as a live signal.
"""

import threading
from collections.abc import Sequence

from edged.flow.relaying.parcel import Parcel
from edged.flow.relaying.refusals import Refusals
from edged.flow.relaying.retained import RetainedTopics
from edged.lib.clock import Clock
from edged.link import Fault, Message


class Pictures:
    """The lane of pictures. `offer` may be called from any thread, all else belongs to the relay's."""

    def __init__(self, clock: Clock, topics: RetainedTopics) -> None:
        self._clock, self._topics = clock, topics
        self.sent_count = 0
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Message, float]] = {}  # by topic, with the time (monotonic) from which it is old
        self._refusals = Refusals()

    @property
    def faults(self) -> list[Fault]:
        """Topics that the broker does not take, and why."""
        return self._refusals.faults

    def offer(self, message: Message) -> None:
        """Send it, in place of an older one that still waits, whose turn it takes: nobody's is put off for coming often."""
        old_at = float("inf") if message.expiry_seconds is None else self._clock.monotonic() + message.expiry_seconds
        with self._lock:
            self._waiting[message.topic] = message, old_at

    def next(self) -> Parcel | None:
        """What to send now; it stays next until it was sent, or a newer one came."""
        with self._lock:
            now = self._clock.monotonic()
            self._waiting = {topic: waiting for topic, waiting in self._waiting.items() if waiting[1] > now}
            message = next((message for message, _ in self._waiting.values()), None)
        if message is None:
            return None
        if message.retain:
            self._topics.publishing([message.topic])
        return Parcel(self, message)

    def sent(self, parcel: Parcel) -> None:
        """It is in flight."""
        self._over(parcel)
        self.sent_count += 1

    def answered(self, parcel: Parcel, code: int) -> None:
        """A topic that is not taken is a fault; the picture itself is over."""
        self._refusals.answered(parcel.message.topic, code)

    def unsendable(self, parcel: Parcel, fault: Fault) -> None:
        """The broker takes nothing of that size."""
        self._refusals.refuse(parcel.message.topic, fault)
        self._over(parcel)

    def ended(self, parcels: Sequence[Parcel], fault: Fault, *, alone: bool, proven: bool) -> None:
        """What was in flight is sent again where the broker was to keep it, unless a newer one waits."""
        self._refusals.clear()
        with self._lock:
            kept = {parcel.message.topic: (parcel.message, float("inf")) for parcel in parcels if parcel.message.retain}
            self._waiting = kept | {topic: one for topic, one in self._waiting.items() if one[0].retain}

    def _over(self, parcel: Parcel) -> None:
        topic = parcel.message.topic
        with self._lock:
            if topic in self._waiting and self._waiting[topic][0] is parcel.message:
                del self._waiting[topic]
