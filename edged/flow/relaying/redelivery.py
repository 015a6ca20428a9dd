"""Readings that the broker took and no consumer confirmed: sent again until one does.

Each row waits twice as long as before. All of them together listen for a sign of life: while nothing at all
is confirmed, only a few are sent again in a round, and the rounds come later and later. Otherwise a consumer that is
away for a week would come back to a broker full of repetitions.
"""

from collections import deque
from collections.abc import Callable, Sequence

from edged.flow import link_faults
from edged.flow.ports import MessageStore
from edged.flow.relaying.delivery import row_message
from edged.flow.relaying.parcel import Parcel
from edged.lib.clock import Clock
from edged.link import Fault
from edged.types import OutboxMessage

LONGEST_SECONDS = 3600.0  # between two sendings of a row, and between two rounds
PROBES = 20  # rows in a round while nobody confirms
_VAIN = 3  # rounds, before it is told
_FETCH = 64
_GROUP_SECONDS = 0.5  # as for receipts: a crash in between sends a row once more
_LOOK_SECONDS = 0.5


class Redelivery:
    """The lane of rows that were sent before. Used by the relay's thread only."""

    def __init__(
        self, store: MessageStore, base: str, clock: Clock, timeout_seconds: float | None, *, bury: Callable[[OutboxMessage, str], None]
    ) -> None:
        """Wait *timeout_seconds* for the first confirmation of a row; None awaits none. What can never be sent is left to *bury*."""
        self._store, self._base, self._clock, self._bury = store, base, clock, bury
        self._epoch = store.stats().epoch
        self.sendings = 0  # since the start of the process
        self._backlog: deque[OutboxMessage] = deque()
        self._held: set[int] = set()  # in flight, or answered and not yet written
        self._again: list[int] = []
        self._settle_at = self._look_at = 0.0
        self._allowed = PROBES
        self._rounds = 0  # since anybody confirmed anything
        self._round_at = clock.monotonic()
        self.adapt(timeout_seconds)

    def adapt(self, timeout_seconds: float | None) -> None:
        """Wait that long for the confirmation of what is taken from now on; None awaits none, of older rows either."""
        self._first = timeout_seconds or 0.0
        self._longest = max(LONGEST_SECONDS, self._first)
        if timeout_seconds is None:
            self._backlog.clear()
            self._rounds = 0  # nor is it a fault any more that none came
            self._store.await_nothing()

    @property
    def on(self) -> bool:
        """Whether confirmations are awaited."""
        return self._first > 0

    def deadline(self) -> float | None:
        """When a row that is taken now is sent again (epoch seconds)."""
        return self._clock.now().timestamp() + self._first if self.on else None

    @property
    def faults(self) -> list[Fault]:
        """That nobody confirms, once some rounds were in vain."""
        if self._rounds < _VAIN:
            return []
        message = f"readings were sent, sent again {self._rounds} times, and no consumer confirmed any of them"
        hint = f"is the consumer up that publishes their ids on {self._base}/ack? See mqtt.app_ack"
        return [Fault(name="not_confirmed", message=message, hint=hint)]

    def confirmed(self) -> None:
        """A consumer lives: whatever is overdue may be sent."""
        self._backlog.clear()
        self._rounds = 0
        self._allowed = PROBES
        self._round_at = self._clock.monotonic() + self._first

    def next(self) -> Parcel | None:
        """The row to send again now; it stays next until it was sent."""
        if not self.on:
            return None
        now = self._clock.monotonic()
        if self._rounds and now >= self._round_at:
            self._allowed = PROBES
        if self._allowed <= 0 or not (self._backlog or self._fetch(now)):
            return None
        row = self._backlog[0]
        return Parcel(self, row_message(row, self._base, self._epoch), row)

    def sent(self, parcel: Parcel) -> None:
        """It is in flight."""
        row = self._backlog.popleft()
        self._held.add(row.seq)
        self.sendings += 1
        now = self._clock.monotonic()
        if now >= self._round_at:  # the first of a round without a sign of life
            self._rounds += 1
            self._round_at = now + min(self._first * 2.0 ** min(self._rounds, 30), self._longest)
        if self._rounds:
            self._allowed -= 1

    def answered(self, parcel: Parcel, code: int) -> None:
        """Taken or not: a consumer's word is what counts, so it is sent again, later."""
        assert parcel.row is not None
        self._postpone(parcel.row.seq)

    def unsendable(self, parcel: Parcel, fault: Fault) -> None:
        """It was taken once: the broker's limit was lowered."""
        self._postpone(self._backlog.popleft().seq)

    def ended(self, parcels: Sequence[Parcel], fault: Fault, *, alone: bool, proven: bool) -> None:
        """What may be the reason comes later; the others as soon as there is a connection."""
        self._backlog.clear()
        for parcel in parcels:
            assert parcel.row is not None
            if link_faults.may_be_ours(fault):
                self._postpone(parcel.row.seq)
            else:
                self._held.discard(parcel.row.seq)

    def settle(self, *, now: bool = False) -> None:
        """Write what was sent again, in groups, or *now*."""
        if self._again and (now or len(self._again) >= _FETCH or self._clock.monotonic() >= self._settle_at):
            self._store.sent_again(self._again, self._clock.now().timestamp(), self._first, self._longest)
            self._held.difference_update(self._again)
            self._again = []

    def _postpone(self, seq: int) -> None:
        if not self._again:
            self._settle_at = self._clock.monotonic() + _GROUP_SECONDS
        self._held.add(seq)
        self._again.append(seq)

    def _fetch(self, now: float) -> bool:
        if now < self._look_at:
            return False
        limit = _FETCH + len(self._held)
        rows = self._store.overdue(limit, self._clock.now().timestamp(), self._longest)
        for row in rows:
            if row.damage:
                self._bury(row, row.damage)  # else it would wait for ever for a word of somebody who may not have it
            elif row.seq not in self._held:
                self._backlog.append(row)
        if len(rows) < limit:
            self._look_at = now + _LOOK_SECONDS
        return bool(self._backlog)
