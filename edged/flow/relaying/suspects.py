"""The poison guard: which row does the broker hang up on? Pure, on a clock that is handed in.

A broker that cannot take a packet may close the connection without a word (all of 3.1.1 does). So does one
that is restarted, and one that denies a topic (3.1.1 again, AWS IoT). To never give up a row for the fault
of the network, the broker or its access list, and never to be wedged by a row:

1. Rows in flight when a connection ends without an innocent reason become suspects.
2. Suspects are sent alone: one in flight and nothing else. A receipt clears them.
3. A suspect is accused only if it was alone, on a connection that had proven itself by a receipt, the end
   came without an innocent reason, and the broker was there again at the first knock. A broker or a link
   that goes down, a takeover or a timeout therefore prove nothing.
4. Accusations count only with a control: another row of the same topic was taken since the first of them.
   Then that first one counts as well. Who is not allowed to write to a topic is accused for ever, in vain.
   Of a topic with more accused rows than a crowd the newest row is tried as the control, in place of the one before.
5. A row that is never acknowledged is a suspect too, only sent later and later: silence proves nothing.

A row that is refused by a PUBACK which may speak of its payload is accused at once: it was this row. Rule 4
holds for it, too. A broker that says itself that a packet was too large needs no proof.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from edged.link import Suspicion
from edged.types import OutboxMessage, SourceName

URGENT_SECONDS = 5.0  # suspects let all others go first, but not for longer than this
CROWD = 64  # ... and not when there are so many that they burden the memory
_RETRY_FIRST, _SILENT_FIRST, _LONGEST = 1.0, 5.0, 300.0


@dataclass(slots=True)
class _Suspect:
    row: OutboxMessage
    due: float
    accusations: int = 0
    taken_before: int = 0  # rows of its topic, when it was accused first
    controlled: bool = False
    silences: int = 0

    @property
    def tries(self) -> int:
        """How often it was sent in vain since it is suspected."""
        return self.accusations + self.silences

    @property
    def order(self) -> tuple[int, int]:
        """Rows that nobody accused go first: they are the control of the others."""
        return self.tries, self.row.seq


class Suspects:
    """Rows that may not be sent together with others."""

    def __init__(self) -> None:
        self._rows: dict[int, _Suspect] = {}
        self._accused: OutboxMessage | None = None
        self._taken: Counter[SourceName] = Counter()

    def __contains__(self, seq: int) -> bool:
        return seq in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Iterable[OutboxMessage], due: float) -> None:
        """These are sent alone from now on, not before *due*."""
        for row in rows:
            self._rows.setdefault(row.seq, _Suspect(row, due)).due = due

    def ask(self, row: OutboxMessage, now: float) -> bool:
        """Let this row find out alone whether its topic is open, unless others are there to do so; False where it is one too many."""
        same = self._of(row.source)
        if any(not suspect.tries for suspect in same):
            return True
        if len(same) < CROWD:
            self.add([row], now)
        return len(same) < CROWD

    def crowded(self, source: SourceName) -> bool:
        """Whether no more rows of the topic are to become suspects, but for a scout."""
        return len(self._of(source)) >= CROWD

    def scout(self, row: OutboxMessage, now: float) -> None:
        """As `ask`, for the newest row of a topic beyond its crowd, in place of the one before: a crowd that is all bad has no control."""
        if row.seq not in self._rows:
            for seq in sorted(suspect.row.seq for suspect in self._of(row.source))[CROWD:]:
                self.clear(seq)
            self.add([row], now)

    def _of(self, source: SourceName) -> list[_Suspect]:
        return [suspect for suspect in self._rows.values() if suspect.row.source == source]

    def hold(self, source: SourceName, until: float) -> None:
        """The topic waits until then; its other rows, the control, then go first again."""
        for suspect in self._rows.values():
            if suspect.row.source == source:
                suspect.due = max(suspect.due, until)

    def silent(self, row: OutboxMessage, now: float) -> None:
        """This row was not acknowledged for too long: later, and later each time."""
        suspect = self._rows.setdefault(row.seq, _Suspect(row, now))
        suspect.due = now + min(_LONGEST, _SILENT_FIRST * 2.0**suspect.silences)
        suspect.silences += 1

    def taken(self, row: OutboxMessage, now: float) -> None:
        """The row is above suspicion, and a control for the others of its topic: they may be tried again."""
        self.clear(row.seq)
        self._taken[row.source] += 1
        for suspect in self._rows.values():
            if suspect.row.source == row.source and not suspect.silences:
                suspect.due = min(suspect.due, now + _RETRY_FIRST)

    def clear(self, seq: int) -> None:
        """The row is gone."""
        self._rows.pop(seq, None)
        if self._accused is not None and self._accused.seq == seq:
            self._accused = None

    def next(self, now: float, closed: Collection[SourceName] = ()) -> OutboxMessage | None:
        """The suspect to send alone now; none of the topics in *closed*."""
        suspect = min(self._due(now, closed), key=lambda suspect: suspect.order, default=None)
        return suspect.row if suspect else None

    def searching(self, now: float, closed: Collection[SourceName] = ()) -> bool:
        """Whether a suspect is to be sent alone now; one that comes later keeps nobody else waiting until then."""
        return bool(self._due(now, closed))

    def pressing(self, now: float, closed: Collection[SourceName] = ()) -> bool:
        """Whether a suspect must go before the others."""
        due = self._due(now, closed)
        fresh = sum(not suspect.tries for suspect in due)  # the others were tried, and may go on waiting
        return fresh >= CROWD or any(suspect.due <= now - URGENT_SECONDS for suspect in due)

    def ended(self, rows: list[OutboxMessage], suspicion: Suspicion, now: float, *, alone: bool, proven: bool) -> OutboxMessage | None:
        """A connection ended with *rows* in flight; returns the one that the broker itself names as the reason.

        *alone*: nothing else was in flight, notices included.
        """
        self._accused = None
        if suspicion is Suspicion.NONE:
            return None
        self.add(rows, now)
        if len(rows) != 1 or not alone:
            return None
        if suspicion is Suspicion.CERTAIN:
            return rows[0]
        self._accused = rows[0] if proven else None
        return None

    def accused(self, *, broker_was_there: bool) -> OutboxMessage | None:
        """The first connect since the end went well, or not; returns the row that is accused by it."""
        accused, self._accused = self._accused, None
        return accused if broker_was_there else None

    def counts(self, row: OutboxMessage, now: float) -> int:
        """How many accusations count by this one; without a control none, and the row comes later each time."""
        suspect = self._rows.setdefault(row.seq, _Suspect(row, now))
        suspect.due = now + min(_LONGEST, _RETRY_FIRST * 2.0**suspect.accusations)
        suspect.accusations += 1
        if suspect.accusations == 1:
            suspect.taken_before = self._taken[row.source]
        if suspect.controlled or self._taken[row.source] == suspect.taken_before:
            return int(suspect.controlled)
        suspect.controlled = True
        return 2

    def _due(self, now: float, closed: Collection[SourceName]) -> list[_Suspect]:
        return [suspect for suspect in self._rows.values() if suspect.due <= now and suspect.row.source not in closed]
