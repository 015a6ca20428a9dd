"""Pure: decides how sure a reading and its fields are, in words."""

from collections.abc import Sequence
from math import prod

from edged.types import Box, FieldState, Outcome, ReadField, ReadLine


def confidence_of(lines: Sequence[ReadLine]) -> float:
    """The confidence that the whole text is right: the product of its lines', 0 where nothing was read."""
    return prod(line.transcript.confidence for line in lines) if lines else 0.0


def judge(lines: Sequence[ReadLine], unsure_below: float) -> tuple[Outcome, tuple[str, ...]]:
    """Decide between `ok` and `unsure`; the reasons say why it is not `ok`.

    Args:
        lines: What was read.
        unsure_below: A text less confident than this is `unsure`.
    """
    doubts = [f"field {line.field}: {doubt}" if line.field else doubt for line in lines for doubt in line.doubts]
    confidence = confidence_of(lines)
    if not any(line.transcript.text.strip() for line in lines):
        doubts.append("no text was read")
    elif confidence < unsure_below:
        doubts.append(f"confidence {confidence:.3f} < {unsure_below:g}")
    return (Outcome.UNSURE if doubts else Outcome.OK), tuple(doubts)


def fields_of(names: Sequence[str], lines: Sequence[ReadLine], unsure_below: float, frame: Box | None) -> tuple[ReadField, ...]:
    """Every field of the source, in its order; one without a line was not read, wherever it is in *frame*."""
    found = {line.field: line for line in lines}
    return tuple(_field(name, found[name], unsure_below) if name in found else _unread(name, frame) for name in names)


def _field(name: str, line: ReadLine, unsure_below: float) -> ReadField:
    transcript = line.transcript
    return ReadField(
        name=name,
        text=transcript.text,
        raw=line.raw,
        confidence=transcript.confidence,
        state=_state(line, unsure_below),
        box=line.box,
        frames=1,
        agreement=1.0,
        characters=transcript.characters,
        rules=line.rules,
    )


def _state(line: ReadLine, unsure_below: float) -> FieldState:
    if not line.transcript.text.strip():
        return FieldState.NOT_READ
    return FieldState.CONFUSED if line.doubts or line.transcript.confidence < unsure_below else FieldState.READ


def _unread(name: str, box: Box | None) -> ReadField:
    return ReadField(
        name=name, text="", raw="", confidence=0.0, state=FieldState.NOT_READ, box=box, frames=1, agreement=1.0, characters=(), rules=()
    )
