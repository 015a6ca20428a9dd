"""What comes in: a file or the frames of a part, before anything was decoded."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal, Protocol

from edged.types.words import FrameId, Outcome, Pixels, SourceName


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
    def start(self) -> float:
        """Since when its frames come, on the monotonic clock."""

    @property
    def end(self) -> float:
        """Until when they come, likewise; earlier than planned where the next part is there."""

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
