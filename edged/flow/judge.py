"""Pure: decides how sure a reading and its fields are, in words."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Literal

from edged.types import Box, FieldState, Outcome, ReadField, ReadLine


def confidence_of(lines: Sequence[ReadLine]) -> float:
    """The confidence that the whole text is right: the product of its lines', 0 where nothing was read."""
    return prod(line.transcript.confidence for line in lines) if lines else 0.0


def judge(
    lines: Sequence[ReadLine], unsure_below: float, of_all: Sequence[str] = (), *, empty: Literal["ok", "unsure"] | None = None
) -> tuple[Outcome, tuple[str, ...]]:
    """Decide between `ok` and `unsure`; the reasons say why it is not `ok`. Where there are several lines, each must be sure.

    Args:
        lines: What was read.
        unsure_below: A line less confident than this is `unsure`.
        of_all: Doubts that are not of one line.
        empty: What no line at all is, where lines were looked for.
    """
    if not lines and empty is not None:
        return (Outcome.OK, ()) if empty == "ok" else (Outcome.UNSURE, ("no text was found",))
    doubts = [*of_all]
    doubts += [f"field {line.field}: {doubt}" if line.field else doubt for line in lines for doubt in line.doubts]
    weak = [line.transcript.confidence for line in lines if line.transcript.confidence < unsure_below]
    if not any(line.transcript.text.strip() for line in lines):
        doubts.append("no text was read")
    elif weak:
        several = f" in {len(weak)} of {len(lines)} lines" if len(lines) > 1 else ""
        doubts.append(f"confidence {min(weak):.3f} < {unsure_below:g}{several}")
    return (Outcome.UNSURE if doubts else Outcome.OK), tuple(doubts)


def fields_of(  # noqa: PLR0917 - all of one reading
    names: Sequence[str],
    lines: Sequence[ReadLine],
    unsure_below: float,
    frame: Box | None,
    places: Mapping[str, Box] | None = None,
    frames: int = 1,
) -> tuple[ReadField, ...]:
    """Every field of the source, in its order; one without a line was not read in *frames*, at its place or wherever it is in *frame*."""
    found, boxes = {line.field: line for line in lines}, places or {}
    return tuple(
        _field(name, found[name], unsure_below) if name in found else _unread(name, boxes.get(name, frame), frames) for name in names
    )


def _field(name: str, line: ReadLine, unsure_below: float) -> ReadField:
    transcript = line.transcript
    return ReadField(
        name=name,
        text=transcript.text,
        raw=line.raw,
        confidence=transcript.confidence,
        state=_state(line, unsure_below),
        box=line.box,
        frames=line.frames,
        agreement=line.agreement,
        characters=transcript.characters,
        rules=line.rules,
    )


def _state(line: ReadLine, unsure_below: float) -> FieldState:
    if not line.transcript.text.strip():
        return FieldState.NOT_READ
    return FieldState.CONFUSED if line.doubts or line.transcript.confidence < unsure_below else FieldState.READ


def _unread(name: str, box: Box | None, frames: int) -> ReadField:
    return ReadField(
        name=name,
        text="",
        raw="",
        confidence=0.0,
        state=FieldState.NOT_READ,
        box=box,
        frames=frames,
        agreement=1.0,
        characters=(),
        rules=(),
    )
