"""What was sent once more, because somebody asked: `edged replay`.

It stands in the outbox: a restart goes on with it, a crash repeats a few seconds of it. Rows keep their state, id
and seq; `replayed=1` stands beside them. A row that ends the connection when it is sent alone, or that is refused, is
skipped: the broker took it once, and it is counted in the event that tells the end.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from edged.flow import link_faults, mqtt_codes
from edged.flow.ports import MessageStore
from edged.flow.relaying.delivery import row_message
from edged.flow.relaying.parcel import Parcel
from edged.lib.clock import Clock
from edged.link import Fault
from edged.types import OutboxMessage, ReplaySpan

log = logging.getLogger(__name__)

_FETCH = 256
_MARK_SECONDS = 5.0  # how much of it a crash repeats
_TRIES = 3  # refusals of a row, or connections that ended with it alone in flight
_PAUSE_SECONDS = 5.0  # after a refusal


class Replay:
    """The lane of a replay. Used by the relay's thread only."""

    def __init__(self, store: MessageStore, base: str, clock: Clock, event: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Go on with what an earlier process began; *event* is told of the end."""
        self._store, self._base, self._clock, self._event = store, base, clock, event
        self._epoch = store.stats().epoch
        self._span: ReplaySpan | None = None
        self._backlog: deque[OutboxMessage] = deque()
        self._after = 0  # the last row that was fetched
        self._flying: set[int] = set()
        self._careful = 0  # rows that are sent alone, since a connection ended with several
        self._failures: dict[int, int] = {}  # seq -> tries that failed
        self._pause_until = 0.0
        self._sent = self._skipped = 0
        self._mark_at = 0.0
        self.look()

    @property
    def span(self) -> ReplaySpan | None:
        """What is still to be sent."""
        return self._span

    def look(self) -> None:
        """A replay was begun or ended."""
        found = self._store.replay()
        if found == self._span:
            return
        self._span = found
        self._backlog.clear()
        self._sent = self._skipped = self._careful = 0
        self._failures.clear()
        self._after = found.first - 1 if found else 0
        self._mark_at = self._clock.monotonic() + _MARK_SECONDS

    def stop(self) -> None:
        """Send no more of it."""
        if self._span is not None:
            self._store.set_replay(None)
            self._tell(self._span, "stopped")
        self.look()

    def next(self, *, idle: bool) -> Parcel | None:
        """The row to send now; it stays next until it was sent. *idle*: nothing at all is in flight."""
        if self._span is None or self._clock.monotonic() < self._pause_until or (self._careful and not idle):
            return None
        if not (self._backlog or self._fetch(self._span)):
            return None
        row = self._backlog[0]
        return Parcel(self, row_message(row, self._base, self._epoch, ("replayed", "1")), row)

    def sent(self, parcel: Parcel) -> None:
        """It is in flight."""
        self._flying.add(self._backlog.popleft().seq)

    def answered(self, parcel: Parcel, code: int) -> None:
        """Taken, or tried again a little later."""
        assert parcel.row is not None
        if code < mqtt_codes.FAILURE:
            self._landed(parcel.row.seq, taken=True)
        else:
            self._pause_until = self._clock.monotonic() + _PAUSE_SECONDS
            self._failed(parcel.row.seq)

    def unsendable(self, parcel: Parcel, fault: Fault) -> None:
        """The broker's limit was lowered since."""
        self._landed(self._backlog.popleft().seq, taken=False)

    def ended(self, parcels: Sequence[Parcel], fault: Fault, *, alone: bool, proven: bool) -> None:
        """Go back to the first row that was in flight; if one of them may be the reason, they go alone."""
        seqs = sorted(self._flying)
        self._flying.clear()
        if self._span is None or not seqs:
            return
        self._backlog.clear()
        self._after = min(self._after, seqs[0] - 1)
        if not link_faults.may_be_ours(fault):
            return
        self._careful = max(self._careful, len(seqs))
        if alone and proven:
            self._failed(seqs[0])

    def settle(self, *, now: bool = False) -> None:
        """Keep how far it came, now and then or *now*, and tell its end."""
        span = self._span
        if span is None:
            return
        over = not (self._flying or self._backlog) and self._after >= span.last
        if over:
            self._store.set_replay(None)
            self._tell(span, "done")
            self._span = None
        elif now or self._clock.monotonic() >= self._mark_at:
            waiting = min([*self._flying, *(row.seq for row in self._backlog), self._after + 1])
            self._mark_at = self._clock.monotonic() + _MARK_SECONDS
            self._span = replace(span, first=waiting)
            self._store.set_replay(self._span)

    def _failed(self, seq: int) -> None:
        """One try more that failed for this row: it goes again, or is skipped."""
        self._flying.discard(seq)
        self._failures[seq] = self._failures.get(seq, 0) + 1
        if self._failures[seq] < _TRIES:
            self._backlog.clear()
            self._after = min(self._after, seq - 1)
        else:
            self._after = max(self._after, seq)
            self._landed(seq, taken=False)

    def _landed(self, seq: int, *, taken: bool) -> None:
        self._flying.discard(seq)
        self._failures.pop(seq, None)
        self._careful = max(0, self._careful - 1)
        self._sent += taken
        self._skipped += not taken

    def _tell(self, span: ReplaySpan, how: str) -> None:
        content = {"last": span.last, "sent": self._sent, "skipped": self._skipped}
        log.info("replay %s", how, extra=content)
        self._event(f"replay_{how}", content)

    def _fetch(self, span: ReplaySpan) -> bool:
        rows = self._store.replayable(replace(span, first=self._after + 1), _FETCH)
        for row in rows:
            if row.damage:
                log.warning("cannot be replayed", extra={"seq": row.seq, "id": row.id, "reason": row.damage})
                self._landed(row.seq, taken=False)
            elif row.seq not in self._flying:
                self._backlog.append(row)
        self._after = rows[-1].seq if rows else span.last
        return bool(self._backlog)
