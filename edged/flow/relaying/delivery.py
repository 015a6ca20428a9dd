"""Rows between outbox and receipt: which is sent next, and what its answer makes of it.

Saying nothing keeps: every row that is not in flight, suspected or taken is found again in the outbox.
"""

import logging
import random
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edged.flow import link_faults, mqtt_codes
from edged.flow.ports import MessageStore
from edged.flow.relaying.parcel import Parcel
from edged.flow.relaying.suspects import Suspects
from edged.lib.backoff import full_jitter
from edged.lib.clock import Clock
from edged.link import Fault, Message, Suspicion
from edged.types import OutboxMessage, SourceName

log = logging.getLogger(__name__)

TRIES = 3  # a payload that failed that often by its own fault is dead
RETRY_SECONDS = 1.0
_FETCH = 64  # rows held in memory
_GROUP = 64  # rows marked as sent in one commit
_GROUP_SECONDS = 0.5  # ... and how long the first waits for the others: what a crash in between makes us send twice
_BLOCK_FIRST, _BLOCK_LONGEST = 1.0, 60.0


@dataclass(slots=True)
class _Block:
    """A topic that the broker does not take from us at present."""

    fault: Fault
    failures: int
    until: float  # monotonic; then one row is sent to see
    alone: bool  # ... with nothing else in flight, for the broker hangs up instead of saying no
    probing: bool = False


class Delivery:
    """The lane of rows that the broker never took. Used by the relay's thread only."""

    def __init__(
        self,
        store: MessageStore,
        base: str,
        clock: Clock,
        rng: random.Random,
        *,
        event: Callable[[str, Mapping[str, Any]], None],
        again: Callable[[], float | None],
    ) -> None:
        """Publish rows below *base*; *event* is told of dead letters, *again* tells when a row wants to be confirmed."""
        self._store, self._base, self._clock, self._rng, self._event = store, base, clock, rng, event
        self._again, self.require_subscriber = again, False
        self._epoch = store.stats().epoch
        self.suspects = Suspects()
        self.taken = self.no_subscriber = self.dead = 0  # since the start of the process
        self._backlog: deque[OutboxMessage] = deque()
        self._more = True  # the outbox may have rows that we do not hold
        self._flying: set[int] = set()
        self._taken: list[int] = []
        self._settle_at = 0.0
        self._blocks: dict[SourceName, _Block] = {}

    @property
    def faults(self) -> list[Fault]:
        """Topics that the broker does not take, and why."""
        return [block.fault for block in list(self._blocks.values())]

    @property
    def searching(self) -> bool:
        """Whether a suspect waits for its turn to be sent alone."""
        now = self._clock.monotonic()
        return self.suspects.searching(now, self._closed(now))

    def look(self) -> None:
        """Look into the outbox again: something was committed, or time passed."""
        self._more = True

    def next(self, *, idle: bool) -> Parcel | None:
        """The row to send now; *idle*: nothing at all is in flight, so a suspect may go alone."""
        now = self._clock.monotonic()
        row = None if self.suspects.pressing(now, self._closed(now)) else self._ordinary(now)
        if row is None and idle:
            row = self.suspects.next(now, self._closed(now))
        return Parcel(self, row_message(row, self._base, self._epoch), row) if row else None

    def sent(self, parcel: Parcel) -> None:
        """The row is in flight."""
        row = _row(parcel)
        self._flying.add(row.seq)
        block = self._blocks.get(row.source)
        if block is not None:
            block.probing = True

    def answered(self, parcel: Parcel, code: int) -> None:
        """The broker has it, or said no: to this payload, or to anything on its topic."""
        row = _row(parcel)
        over = row.seq not in self._flying  # a consumer has it: no refusal is its own fault
        self._landed(row)
        fault = mqtt_codes.not_taken(code, parcel.message.topic)
        if code == mqtt_codes.NO_SUBSCRIBER and self.require_subscriber:
            self._block(row.source, link_faults.nobody_subscribes(parcel.message.topic), alone=False)
        elif code < mqtt_codes.FAILURE:
            self._took(row, code)
        elif over:
            self.suspects.clear(row.seq)
        elif fault.suspicion is Suspicion.CERTAIN:
            self._count(row, fault.message)
        elif fault.suspicion is Suspicion.PERHAPS:
            self._accuse(row, fault, alone=False)
        else:
            self._block(row.source, fault, alone=False)

    def unsendable(self, parcel: Parcel, fault: Fault) -> None:
        """The broker says beforehand that it takes nothing of that size."""
        self._count(_row(parcel), fault.message)

    def _took(self, row: OutboxMessage, code: int) -> None:
        """Written to the outbox with the next `settle`."""
        now = self._clock.monotonic()
        self.suspects.taken(row, now)
        if self._blocks.pop(row.source, None):
            self.look()
        if not self._taken:
            self._settle_at = now + _GROUP_SECONDS
        self._taken.append(row.seq)
        self.taken += 1
        self.no_subscriber += code == mqtt_codes.NO_SUBSCRIBER

    def silent(self, parcels: Sequence[Parcel]) -> None:
        """Never acknowledged, while others were."""
        for row in self._pending(parcels):
            self.suspects.silent(row, self._clock.monotonic())

    def ended(self, parcels: Sequence[Parcel], fault: Fault, *, alone: bool, proven: bool) -> None:
        """The connection ended with these in flight."""
        rows = sorted(self._pending(parcels), key=lambda row: row.seq)
        self._flying.clear()
        self._backlog.clear()
        for block in self._blocks.values():
            block.probing = False
        self.look()
        named = self.suspects.ended(rows, fault.suspicion, self._clock.monotonic(), alone=alone, proven=proven)
        if named is not None:
            self._count(named, f"{read_topic(self._base, named.source)}: {fault.message}")

    def knocked(self, *, broker_was_there: bool) -> None:
        """The first connect after an end tells whether the broker had gone, or had hung up on a row.

        Then its topic is suspected first: another row of it has to pass before the rest follows.
        """
        row = self.suspects.accused(broker_was_there=broker_was_there)
        if row is not None:
            self._accuse(row, link_faults.hung_up_on(read_topic(self._base, row.source)), alone=True)

    def settle(self, *, now: bool = False) -> None:
        """Write what was taken, once it is enough or has waited long enough, or *now*."""
        if self._taken and (now or len(self._taken) >= _GROUP or self._clock.monotonic() >= self._settle_at):
            self._store.accept(self._taken, self._again())
            self._taken = []

    def confirmed(self, seqs: Sequence[int]) -> None:
        """A consumer has these, whatever the broker said: they are over, also where they are in flight or next."""
        over = set(seqs)
        self._flying -= over
        self._backlog = deque(row for row in self._backlog if row.seq not in over)
        for seq in seqs:
            self.suspects.clear(seq)

    def _pending(self, parcels: Sequence[Parcel]) -> list[OutboxMessage]:
        """The rows of these that nobody confirmed while they were in flight."""
        return [row for parcel in parcels if (row := _row(parcel)).seq in self._flying]

    def patience(self) -> float | None:
        """Seconds until `settle` wants to be called; None where nothing waits."""
        return max(0.0, self._settle_at - self._clock.monotonic()) if self._taken else None

    def _ordinary(self, now: float) -> OutboxMessage | None:
        asked = set[SourceName]()  # topics that one row finds out about, alone: their other rows are not looked for meanwhile
        while self._backlog or self._fetch(now, asked):
            row = self._backlog.popleft()
            block = self._blocks.get(row.source)
            if block is None:
                return row
            if row.source in asked or row.source in self._closed(now):
                continue
            if not block.alone and not self.suspects.crowded(row.source):
                return row
            if not self.suspects.ask(row, now):
                self._scout(row.source, now)
            asked.add(row.source)
        return None

    def _fetch(self, now: float, asked: Collection[SourceName]) -> bool:
        if not self._more:
            return False
        held = self._flying.union(self._taken)
        limit = _FETCH + len(held) + len(self.suspects)
        skip = [*self._closed(now), *asked]
        rows = self._store.due(limit, self._clock.now().timestamp(), skip=skip)
        self._more = len(rows) == limit
        if self._blocks and not self._more:
            self._lift([*skip, *(row.source for row in rows)])
        for row in rows:
            if row.damage:
                self.bury(row, row.damage)
            elif row.seq not in held and row.seq not in self.suspects:
                self._backlog.append(row)
        return bool(self._backlog)

    def _scout(self, source: SourceName, now: float) -> None:
        """So many rows of a topic were hung up on that nobody can tell their fault from its: what was read last may tell."""
        row = self._store.newest(source)
        if row is not None and not row.damage and row.seq not in self._flying and row.seq not in self._taken:
            self.suspects.scout(row, now)

    def _lift(self, waiting: Collection[SourceName]) -> None:
        """Forget the blocks of topics where nothing waits any more: confirmed, or dead; else they are told as a fault for ever."""
        for source in [source for source in self._blocks if source not in waiting]:
            del self._blocks[source]

    def _closed(self, now: float) -> Collection[SourceName]:
        return [source for source, block in self._blocks.items() if block.probing or block.until > now] if self._blocks else ()

    def _landed(self, row: OutboxMessage) -> None:
        self._flying.discard(row.seq)
        if row.source in self._blocks:
            self._blocks[row.source].probing = False

    def _block(self, source: SourceName, fault: Fault, *, alone: bool) -> None:
        """Hold back a topic; rows that were in flight with the first refusal count as one."""
        now = self._clock.monotonic()
        block = self._blocks.get(source)
        if block is not None and block.until > now:
            return
        failures = block.failures + 1 if block else 1
        wait = full_jitter(failures, first=_BLOCK_FIRST, longest=_BLOCK_LONGEST, rng=self._rng)
        self._blocks[source] = _Block(fault=fault, failures=failures, until=now + wait, alone=alone)
        self.suspects.hold(source, now + wait)
        if failures == 1:
            log.warning("topic refused", extra={"fault": fault.name, "detail": fault.message, "hint": fault.hint})

    def _accuse(self, row: OutboxMessage, fault: Fault, *, alone: bool) -> None:
        """The row may be the reason, or its whole topic: until another row of it passes, the topic is held back."""
        counts = self.suspects.counts(row, self._clock.monotonic())
        if not counts:
            self._block(row.source, fault, alone=alone)
        for _ in range(counts):
            self._count(row, fault.message)

    def _count(self, row: OutboxMessage, reason: str) -> None:
        """One try more that failed by the row's own fault."""
        attempts = self._store.keep(row.seq, reason, self._clock.now().timestamp() + RETRY_SECONDS, count=True)
        if attempts < TRIES:
            if row.seq in self.suspects:
                self.suspects.add([row], self._clock.monotonic() + RETRY_SECONDS)
            return  # else the outbox brings it again
        self.suspects.clear(row.seq)
        self.bury(row, reason)

    def bury(self, row: OutboxMessage, reason: str) -> None:
        """The row is never to be taken: it is dead, and that is told."""
        self._store.reject(row.seq, reason)
        self.dead += 1
        log.warning("dead letter", extra={"seq": row.seq, "id": row.id, "source": row.source, "reason": reason})
        letter = {"seq": row.seq, "id": row.id, "source": row.source, "reason": reason}
        self._event("dead_letter", letter)


def read_topic(base: str, source: SourceName) -> str:
    """Where the readings of a source go."""
    return f"{base}/read/{source}"


def row_message(row: OutboxMessage, base: str, epoch: str, *more: tuple[str, str]) -> Message:
    """The row as it goes out, with *more* user properties."""
    identity = (("id", row.id), ("seq", str(row.seq)), ("epoch", row.epoch or epoch))
    return Message(topic=read_topic(base, row.source), payload=row.payload, properties=(*identity, *more))


def _row(parcel: Parcel) -> OutboxMessage:
    assert parcel.row is not None  # this lane sends nothing else
    return parcel.row
