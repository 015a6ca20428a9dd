"""Pure: decides how sure a reading is, in words."""

from collections.abc import Sequence
from math import prod

from edged.types import Outcome, ReadLine


def confidence_of(lines: Sequence[ReadLine]) -> float:
    """The confidence that the whole text is right: the product of its lines', 0 where nothing was read."""
    return prod(line.transcript.confidence for line in lines) if lines else 0.0


def judge(lines: Sequence[ReadLine], reasons: Sequence[str], unsure_below: float) -> tuple[Outcome, tuple[str, ...]]:
    """Decide between `ok` and `unsure`; the reasons say why it is not `ok`.

    Args:
        lines: What was read.
        reasons: Doubts of the steps before.
        unsure_below: A text less confident than this is `unsure`.
    """
    doubts = list(reasons)
    confidence = confidence_of(lines)
    if not any(line.transcript.text.strip() for line in lines):
        doubts.append("no text was read")
    elif confidence < unsure_below:
        doubts.append(f"confidence {confidence:.3f} < {unsure_below:g}")
    return (Outcome.UNSURE if doubts else Outcome.OK), tuple(doubts)
