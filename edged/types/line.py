"""What is read: a text line, from its pixels to its text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from edged.types.words import Box, Pixels


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
