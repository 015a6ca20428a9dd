"""What flows, in the order it flows. Everything here is frozen.

Pixels are uint8 BGR, H x W x 3, unless a field says otherwise. Times are UTC and aware. Boxes are four
corner points (x, y) in pixels of the frame, clockwise from the top left of the text.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NewType, Protocol

import numpy as np
import numpy.typing as npt

FrameId = NewType("FrameId", str)  # UUIDv7 in its canonical text form, minted at the claim
SourceName = NewType("SourceName", str)
MAX_SEQ = 2**63 - 1  # the largest whole number that SQLite stores
Pixels = npt.NDArray[np.uint8]
Point = tuple[float, float]
Box = tuple[Point, Point, Point, Point]
Layout = Literal["whole", "regions", "detect"]


class Outcome(StrEnum):
    """How an input ended."""

    OK = "ok"
    UNSURE = "unsure"
    REJECTED = "rejected"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an input came from, as the reading tells it."""

    name: str  # the file's own name, always valid UTF-8
    sha256: str | None  # of the bytes as read; None where they could not be read
    bytes: int | None
    modified_at: dt.datetime | None
    width: int | None = None  # of the upright picture, in pixels
    height: int | None = None
    duplicate_of: FrameId | None = None  # the first input with these bytes, where duplicates are told


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One picture as a camera delivered it; its memory is nobody else's."""

    image: Pixels = field(repr=False)
    number: int  # of the camera's frames since it was first opened; one that was passed over leaves a gap
    captured_at: dt.datetime
    at: float  # the same moment on the monotonic clock, in seconds


TriggerKind = Literal["interval", "motion", "presence", "mqtt", "gpio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What said that a part is there."""

    kind: TriggerKind
    at: dt.datetime


class Window(Protocol):
    """The frames of one part, while they come. Used by the thread that took the delivery."""

    @property
    def deadline(self) -> float:
        """When the part must have its reading, on the monotonic clock."""

    @property
    def open(self) -> bool:
        """Whether more frames may come."""

    @property
    def seen(self) -> int:
        """How many frames came so far."""

    @property
    def trouble(self) -> str:
        """Why the camera delivers none; empty where it does."""

    def wait(self, seconds: float) -> None:
        """Let frames come, that long at most; not beyond the next one."""

    def idle(self, seconds: float) -> None:
        """Likewise while a frame is being read: a film that waits for who asks stands still."""

    def best(self) -> Frame | None:
        """The most promising frame that nobody took; None where none waits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivery:
    """One claimed input, before anything was decoded.

    Exactly one of `data`, `image`, `window` and `problem` is set, until it is laid out: then it is let go.
    """

    id: FrameId
    source: SourceName
    captured_at: dt.datetime  # of a folder file: its claim
    origin: Origin
    attempt: int  # starts at 1; above 1 an earlier process ended while it held this input
    data: bytes | None = field(repr=False, default=None)
    image: Pixels | None = field(repr=False, default=None)  # of a camera: there is nothing to decode
    window: Window | None = field(repr=False, default=None)  # the frames of a part, while they come
    problem: "FrameProblem | None" = None
    part: str | None = None  # as who triggered named it
    trigger: Trigger | None = None  # None for files


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameProblem:
    """Why an input is not read."""

    outcome: Literal[Outcome.REJECTED, Outcome.FAILED]
    reason: str
    more: tuple[str, ...] = ()  # further reasons, each as good as the first


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TextLine:
    """One text line, cut out of its frame and brought to the height of the model.

    The image is not padded; its width is what its aspect gives.
    """

    image: Pixels = field(repr=False)  # model height x W x 3
    seen: "Posteriors | None" = field(repr=False, default=None)  # what the recogniser saw in it, where the layout had to ask
    box: Box
    reasons: tuple[str, ...] = ()  # why this line may be read wrong; not empty: never `ok`
    field: str | None = None  # the field that this line is


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laid:
    """What the layout makes of a frame."""

    lines: tuple[TextLine, ...]  # in reading order
    reasons: tuple[str, ...] = ()  # why the frame as a whole may be read wrong; not empty: never `ok`
    refusals: tuple[str, ...] = ()  # why it is not read at all; not empty: `rejected`
    places: Mapping[str, Box] = field(default_factory=dict)  # where each field was looked for


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Posteriors:
    """What the recogniser saw in one text line: the K most likely classes of each time step.

    A class that is left out is less likely than every one that stands in its row; the rows of the whole
    charset would be a hundred times larger, and several lines are in flight.
    """

    classes: npt.NDArray[np.int32] = field(repr=False)  # T x K, most likely first
    shares: npt.NDArray[np.float32] = field(repr=False)  # T x K, their posteriors, 0..1


Answer = Callable[[Posteriors | None, BaseException | None], None]
"""Who waits for the recogniser: told what it saw, or what went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """One decoded character."""

    text: str
    confidence: float  # posterior of the character at its strongest step, 0..1
    alternative: str  # the runner-up there; "" where that is the blank
    margin: float  # confidence minus the runner-up's posterior, 0..1
    others: tuple[tuple[str, float], ...] = ()  # texts and posteriors of what else was seen there, likeliest first; "" is the blank


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """The text of one line, with what the decoder knows about each character."""

    text: str
    confidence: float  # 0..1; its definition stands in flow/ctc.py
    characters: tuple[Character, ...]


NO_TEXT = Transcript(text="", confidence=0.0, characters=())


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLine:
    """One line as the recogniser saw it, in one picture or in several: before the rules."""

    transcript: Transcript
    box: Box
    doubts: tuple[str, ...] = ()  # why it may be read wrong, whatever it says
    field: str | None = None  # the field that this line is
    frames: int = 1  # how many pictures say something about it
    agreement: float = 1.0  # the share of these that say this text


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A transcript after the rules of its place."""

    transcript: Transcript
    raw: str  # the text before
    rules: tuple[str, ...] = ()  # each change, in words
    doubt: str | None = None  # what the rules ask for and do not find, or cannot decide


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """One line of a reading."""

    transcript: Transcript  # after the rules
    box: Box
    raw: str  # what the recogniser read
    rules: tuple[str, ...] = ()  # each change, in words
    doubts: tuple[str, ...] = ()  # why the text may be wrong; not empty: never `ok`
    field: str | None = None  # the field that this line is
    frames: int = 1  # how many pictures say something about it
    agreement: float = 1.0  # the share of these that say this text


class FieldState(StrEnum):
    """What became of a field."""

    READ = "read"
    CONFUSED = "confused"  # there is a text, and it is not to be trusted
    NOT_READ = "not_read"
    MISMATCH = "mismatch"  # read, and not what was expected


Verdict = Literal["pass", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadField:
    """One named place of a reading."""

    name: str
    text: str
    raw: str
    expected: str | None = None
    confidence: float
    state: FieldState
    verdict: Verdict | None = None
    box: Box | None  # None where no picture could be decoded
    frames: int  # how many pictures say something about it
    agreement: float  # the share of these that say this text
    characters: tuple[Character, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """Which model read it."""

    name: str
    precision: str  # fp16 or int8: which files
    digest: str  # sha256 hex of IR, charset and the manifest keys that change the output


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is published for one input; `seq` and `epoch` are added by the commit."""

    id: FrameId
    source: SourceName
    captured_at: dt.datetime
    clock_synced: bool | None  # None where nobody can tell
    origin: Origin
    model: ModelRef | None
    config: str  # digest of the configuration
    outcome: Outcome
    reasons: tuple[str, ...]
    text: str
    confidence: float  # of the text: the product of its lines' confidences; 0 where nothing was read
    calibrated: bool
    lines: tuple[ReadLine, ...]
    fields: tuple[ReadField, ...] = ()
    verdict: Verdict | None = None  # over all fields; None where nothing is expected
    timing_ms: dict[str, float]
    part: str | None = None  # as who triggered named it
    trigger: Trigger | None = None  # None for files
    layout: Layout | None = None  # by which it was read, where somebody asked once; None where its source says so


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
