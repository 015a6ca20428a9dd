"""The poison guard: which row does the broker hang up on? Pure, on a clock that is handed in.

A broker that cannot take a packet often closes the connection without a word (all of 3.1.1 does), and so
does one that is restarted. To never give up a row for a network fault, and never to be wedged by a row:

1. Rows in flight when a connection ends without an innocent reason become suspects.
2. Suspects are sent alone: one in flight and nothing else. A receipt clears them.
3. A suspect is convicted only if it was alone, on a connection that had proven itself by a receipt, the
   end came without an innocent reason, and the broker was there again at the first knock. A broker that
   goes down, a link that goes down, a takeover or a timeout therefore never count.
4. A row that is never acknowledged is a suspect too, but is only sent later and later: silence proves nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from edged.types import OutboxMessage, Suspicion

URGENT_SECONDS = 5.0  # suspects let all others go first, but not for longer than this
CROWD = 64  # ... and not when there are so many that they burden the memory
_SILENT_FIRST, _SILENT_LONGEST = 5.0, 300.0


@dataclass(slots=True)
class _Suspect:
    row: OutboxMessage
    due: float
    silences: int = 0


class Suspects:
    """Rows that may not be sent together with others."""

    def __init__(self) -> None:
        self._rows: dict[int, _Suspect] = {}
        self._accused: OutboxMessage | None = None

    def __contains__(self, seq: int) -> bool:
        return seq in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Iterable[OutboxMessage], due: float) -> None:
        """These are sent alone from now on, not before *due*."""
        for row in rows:
            self._rows[row.seq] = _Suspect(row, due)

    def silent(self, row: OutboxMessage, now: float) -> None:
        """This row was not acknowledged for too long: later, and later each time."""
        suspect = self._rows.setdefault(row.seq, _Suspect(row, now))
        suspect.due = now + min(_SILENT_LONGEST, _SILENT_FIRST * 2.0**suspect.silences)
        suspect.silences += 1

    def clear(self, seq: int) -> None:
        """The row is gone, or above suspicion."""
        self._rows.pop(seq, None)

    def next(self, now: float) -> OutboxMessage | None:
        """The suspect to send alone now: the lowest seq that is due."""
        due = [suspect.row for suspect in self._rows.values() if suspect.due <= now]
        return min(due, key=lambda row: row.seq, default=None)

    def pressing(self, now: float) -> bool:
        """Whether a suspect must go before the others."""
        due = [suspect.due for suspect in self._rows.values() if suspect.due <= now]
        return bool(due) and (len(self._rows) >= CROWD or min(due) <= now - URGENT_SECONDS)

    def ended(self, rows: list[OutboxMessage], suspicion: Suspicion, now: float, *, alone: bool, proven: bool) -> OutboxMessage | None:
        """A connection ended with *rows* in flight; returns the one that is convicted at once.

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

    def verdict(self, *, broker_was_there: bool) -> OutboxMessage | None:
        """The next connect ended well, or not; returns the row that is convicted by it."""
        accused, self._accused = self._accused, None
        return accused if broker_was_there else None
