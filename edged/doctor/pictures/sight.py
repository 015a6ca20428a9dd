"""What is known of one picture after it was read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from edged.config import ReadingSection
from edged.doctor.finding import Finding
from edged.types import Delivery, Laid, Pixels, Reading, ReadLine


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sight:
    """One picture, as the pipeline saw it."""

    delivery: Delivery
    image: Pixels | None = field(repr=False)  # upright, H x W x 3; None where nothing could be decoded
    laid: Laid
    reading: Reading
    source: ReadingSection  # as which it was read
    again: Callable[[Pixels], Reading]  # reads other pixels the same way


Look = Callable[[Sight], Iterable[Finding]]


def named(number: int, line: ReadLine) -> str:
    """A line as an operator finds it again: its field, else its number and its first letters."""
    if line.field:
        return f"field {line.field}"
    return f"line {number} ({shortened(line.transcript.text)})"


def shortened(text: str, most: int = 24) -> str:
    """The beginning of a text, in quotes."""
    return f'"{text}"' if len(text) <= most else f'"{text[: most - 1]}…"'
