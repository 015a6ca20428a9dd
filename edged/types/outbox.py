"""What is kept of it until the broker has it."""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

from edged.types.reading import Reading
from edged.types.words import Box, FrameId, Outcome, SourceName

MAX_SEQ = 2**63 - 1  # the largest whole number that SQLite stores


class RowState(StrEnum):
    """Where a reading is on its way to the broker."""

    PENDING = "pending"
    SENT = "sent"
    CONFIRMED = "confirmed"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A reading as the outbox keeps it: what a file that is found again needs to know."""

    id: FrameId
    seq: int
    outcome: Outcome
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exhibit:
    """A committed reading, and what can be shown of its picture."""

    reading: Reading
    seq: int
    looked: tuple[Box, ...]  # where lines were looked for, read or not
    picture: bytes | None = field(repr=False)  # a small JPEG; None where nothing could be decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """One row that is due to be published."""

    seq: int
    id: FrameId
    source: SourceName
    payload: bytes = field(repr=False)  # JSON, UTF-8, schema edged.reading/1
    attempts: int  # publishes that this payload itself may have made fail
    epoch: str = ""  # the one that its seq belongs to: an older one, after a salvage
    damage: str = ""  # what is wrong with the payload on the disk: never to be published


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRoom:
    """How much of the room for readings is taken by what may not be forgotten, and what else somebody should look at."""

    share: float  # of the budget, 0..1
    told: tuple[str, ...]  # reasons why somebody should look


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStats:
    """readings == pending + sent + confirmed + dead + pruned, at all times."""

    readings: int  # committed since the epoch began; equals the highest seq
    pending: int
    sent: int
    confirmed: int
    dead: int
    pruned: int
    bytes: int  # of the database files on disk
    epoch: str
    unconfirmed: int = 0  # of the sent: a consumer's word is awaited


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One row that the broker never took."""

    seq: int
    id: FrameId
    source: SourceName
    reason: str
    attempts: int
    at: dt.datetime | None  # when it was given up; None where the clock was not set


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySpan:
    """What is to be sent once more, as the outbox keeps it over restarts."""

    first: int  # seq; the next to be sent
    last: int  # seq
    since: float  # epoch seconds: rows that are known to have changed before are left out
    rows: int  # how many there were when it began
