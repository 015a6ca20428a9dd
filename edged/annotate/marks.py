"""What of a reading is drawn into its picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from edged.types import Box, FieldState, Reading, ReadLine


class State(StrEnum):
    """What became of a place, as its colour says."""

    OK = "ok"
    UNSURE = "unsure"
    NOT_READ = "not read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One box, and what is written beside it."""

    box: Box
    state: State
    text: str  # what was read there, with the name of its field; may be empty
    confidence: float | None  # None where nothing was read

    @property
    def label(self) -> str:
        """`LOT A17-042 0.98`; what is not sure says so beside its colour, for not everybody sees that."""
        sure = "" if self.confidence is None else f"{self.confidence:.2f}"
        doubt = {State.OK: "", State.UNSURE: "?", State.NOT_READ: State.NOT_READ.value}[self.state]
        return "  ".join(part for part in (self.text, f"{sure}{doubt}" if sure else doubt) if part)


def marks_of(reading: Reading, unsure_below: float, looked: Sequence[Box] = ()) -> tuple[Mark, ...]:
    """The lines of a reading in their order, then fields and other places that were looked at and not read.

    Args:
        reading: What was read.
        unsure_below: A line less confident than this is unsure.
        looked: The boxes of all lines that the layout found.
    """
    lines = [_line(line, unsure_below) for line in reading.lines]
    told = {line.field for line in reading.lines}
    fields = [
        Mark(box=field.box, state=State.NOT_READ, text=f"{field.name}:", confidence=None)
        for field in reading.fields
        if field.box is not None and field.state is FieldState.NOT_READ and field.name not in told
    ]
    known = {frozenset(mark.box) for mark in (*lines, *fields)}  # a line that was turned begins at another corner
    others = [Mark(box=box, state=State.NOT_READ, text="", confidence=None) for box in looked if frozenset(box) not in known]
    return (*lines, *fields, *others)


def _line(line: ReadLine, unsure_below: float) -> Mark:
    text, confidence = line.transcript.text, line.transcript.confidence
    name = f"{line.field}: " if line.field else ""
    if not text.strip():
        return Mark(box=line.box, state=State.NOT_READ, text=name.strip(), confidence=None)
    state = State.UNSURE if line.doubts or confidence < unsure_below else State.OK
    return Mark(box=line.box, state=state, text=f"{name}{text}", confidence=confidence)
