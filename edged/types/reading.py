"""What goes out: the reading of one input."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from edged.types.delivery import Origin, Trigger
from edged.types.line import Character, ReadLine
from edged.types.words import Box, FrameId, Layout, Outcome, SourceName


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
