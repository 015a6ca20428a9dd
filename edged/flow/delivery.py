"""Rows between outbox and receipt: which is sent next, and what its answer makes of it.

Saying nothing keeps: every row that is not in flight, suspected or taken is found again in the outbox.
"""

import logging
import random
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass

from edged.flow import link_faults, mqtt_codes
from edged.flow.notices import event_message
from edged.flow.ports import MessageStore
from edged.flow.suspects import Suspects
from edged.lib.backoff import full_jitter
from edged.lib.clock import Clock
from edged.types import Fault, Message, OutboxMessage, SourceName, Suspicion

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
    """The rows of the relay. Used by its thread only."""

    def __init__(self, store: MessageStore, base: str, clock: Clock, rng: random.Random, event: Callable[[Message], None]) -> None:
        """Publish rows below *base*; *event* is told of dead letters."""
        self._store, self._base, self._clock, self._rng, self._event = store, base, clock, rng, event
        self.suspects = Suspects()
        self.dead = 0
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

    def message(self, row: OutboxMessage, epoch: str) -> Message:
        """The row as it goes out."""
        properties = (("id", row.id), ("seq", str(row.seq)), ("epoch", row.epoch or epoch))
        return Message(topic=self._topic(row.source), payload=row.payload, properties=properties)

    def look(self) -> None:
        """Look into the outbox again: something was committed, or time passed."""
        self._more = True

    def next(self, *, idle: bool) -> OutboxMessage | None:
        """The row to send now; *idle*: nothing at all is in flight, so a suspect may go alone."""
        now = self._clock.monotonic()
        if not self.suspects.pressing(now, self._closed(now)):
            row = self._ordinary(now)
            if row is not None:
                return row
        return self.suspects.next(now, self._closed(now)) if idle else None

    def sent(self, row: OutboxMessage) -> None:
        """The row is in flight."""
        self._flying.add(row.seq)
        block = self._blocks.get(row.source)
        if block is not None:
            block.probing = True

    def taken(self, row: OutboxMessage) -> None:
        """The broker has it; written to the outbox with the next `settle`."""
        self._landed(row)
        now = self._clock.monotonic()
        self.suspects.taken(row, now)
        if self._blocks.pop(row.source, None):
            self.look()
        if not self._taken:
            self._settle_at = now + _GROUP_SECONDS
        self._taken.append(row.seq)

    def refused(self, row: OutboxMessage, code: int) -> None:
        """The broker acknowledged it by saying no: to this payload, or to anything on its topic."""
        self._landed(row)
        fault = mqtt_codes.not_taken(code, self._topic(row.source))
        if fault.suspicion is Suspicion.CERTAIN:
            self._count(row, fault.message)
        elif fault.suspicion is Suspicion.PERHAPS:
            self._accuse(row, fault, alone=False)
        else:
            self._block(row.source, fault, alone=False)

    def too_large(self, row: OutboxMessage, reason: str) -> None:
        """It was not sent: the broker says beforehand that it takes nothing of that size."""
        self._count(row, reason)

    def silent(self, row: OutboxMessage) -> None:
        """Never acknowledged, while others were."""
        self.suspects.silent(row, self._clock.monotonic())

    def ended(self, rows: list[OutboxMessage], fault: Fault, *, alone: bool, proven: bool) -> None:
        """The connection ended with these in flight."""
        self._flying.clear()
        self._backlog.clear()
        for block in self._blocks.values():
            block.probing = False
        self.look()
        named = self.suspects.ended(rows, fault.suspicion, self._clock.monotonic(), alone=alone, proven=proven)
        if named is not None:
            self._count(named, f"{self._topic(named.source)}: {fault.message}")

    def knocked(self, *, broker_was_there: bool) -> None:
        """The first connect after an end tells whether the broker had gone, or had hung up on a row.

        Then its topic is suspected first: another row of it has to pass before the rest follows.
        """
        row = self.suspects.accused(broker_was_there=broker_was_there)
        if row is not None:
            self._accuse(row, link_faults.hung_up_on(self._topic(row.source)), alone=True)

    def settle(self, *, now: bool = False) -> None:
        """Write what was taken, once it is enough or has waited long enough, or *now*."""
        if self._taken and (now or len(self._taken) >= _GROUP or self._clock.monotonic() >= self._settle_at):
            self._store.accept(self._taken)
            self._taken = []

    def patience(self) -> float | None:
        """Seconds until `settle` wants to be called; None where nothing waits."""
        return max(0.0, self._settle_at - self._clock.monotonic()) if self._taken else None

    def _ordinary(self, now: float) -> OutboxMessage | None:
        while self._backlog or self._fetch(now):
            row = self._backlog.popleft()
            block = self._blocks.get(row.source)
            if block is None:
                return row
            if row.source in self._closed(now):
                continue
            if not block.alone:
                return row
            self.suspects.ask(row, now)
        return None

    def _fetch(self, now: float) -> bool:
        if not self._more:
            return False
        held = self._flying.union(self._taken)
        limit = _FETCH + len(held) + len(self.suspects)
        rows = self._store.due(limit, self._clock.now().timestamp(), skip=self._closed(now))
        self._more = len(rows) == limit
        for row in rows:
            if row.damage:
                self._bury(row, row.damage)
            elif row.seq not in held and row.seq not in self.suspects:
                self._backlog.append(row)
        return bool(self._backlog)

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
        self._bury(row, reason)

    def _bury(self, row: OutboxMessage, reason: str) -> None:
        self._store.reject(row.seq, reason)
        self.dead += 1
        log.warning("dead letter", extra={"seq": row.seq, "id": row.id, "source": row.source, "reason": reason})
        letter = {"seq": row.seq, "id": row.id, "source": row.source, "reason": reason}
        self._event(event_message(self._base, "dead_letter", letter))

    def _topic(self, source: SourceName) -> str:
        return f"{self._base}/read/{source}"
