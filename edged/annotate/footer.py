"""The strip below the picture: outcome, legend, reasons, and the texts that found no room."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from edged.annotate.canvas import COLOURS, DARK, GREY, Chip, draw_chips, padding, size_of
from edged.annotate.lettering import Lettering
from edged.annotate.marks import State
from edged.types import Outcome, Pixels, Reading

Row = Sequence[Chip]

LEGEND: Final = (Chip("ok", COLOURS[State.OK]), Chip("unsure ?", COLOURS[State.UNSURE]), Chip("not read", COLOURS[State.NOT_READ]))
_OUTCOMES: Final = {
    Outcome.OK: State.OK,
    Outcome.UNSURE: State.UNSURE,
    Outcome.REJECTED: State.NOT_READ,
    Outcome.FAILED: State.NOT_READ,
}


def footer(reading: Reading, left_over: Sequence[Row], width: int, lettering: Lettering, size: int, *, caption: str = "") -> Pixels:
    """The strip, as wide as the picture and as high as it needs to be.

    Args:
        reading: Whose outcome and reasons are told.
        left_over: Labels that found no room in the picture.
        width: Of the picture, in pixels.
        lettering: Draws the letters.
        size: Of the letters, in pixels.
        caption: A last line, such as where and when it was; may be empty.
    """
    pad = padding(size)
    fits = width - 4 * pad
    head = [Chip(f"{reading.outcome} {reading.confidence:.2f}", COLOURS[_OUTCOMES[reading.outcome]])]
    rows = [*_in_rows((head, [Chip("boxes:", GREY), *LEGEND]), fits, lettering, size)]
    for reason in reading.reasons:
        rows += [(Chip(line, DARK),) for line in wrapped(f"- {reason}", fits - 2 * pad, lettering, size)]
    rows += _in_rows([piece for row in left_over for piece in _folded(row, fits, lettering, size)], fits, lettering, size)
    if caption:
        rows += [(Chip(line, DARK),) for line in wrapped(caption, fits - 2 * pad, lettering, size)]
    step = size_of(head, lettering, size)[1] + pad
    strip = np.full((len(rows) * step + 2 * pad, width, 3), DARK, np.uint8)
    for number, row in enumerate(rows):
        draw_chips(strip, (2 * pad, 2 * pad + number * step), row, lettering, size)
    return strip


def wrapped(text: str, width: int, lettering: Lettering, size: int) -> Iterator[str]:
    """Lines of at most that width; broken at spaces, and within what has none, as Chinese."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if lettering.width(longer, size) <= width:
            line = longer
            continue
        if line:
            yield line
        *full, line = _pieces(word, width, lettering, size)
        yield from full
    yield line


def _pieces(word: str, width: int, lettering: Lettering, size: int) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and lettering.width(pieces[-1] + character, size) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _folded(row: Row, width: int, lettering: Lettering, size: int) -> Iterator[Row]:
    """A row whose last chip is broken where it is too wide."""
    *before, last = row
    used = size_of(before, lettering, size)[0] + 2 * padding(size)
    for number, line in enumerate(wrapped(last.text, max(size, width - used), lettering, size)):
        yield (*(before if not number else ()), Chip(line, last.ground))


def _in_rows(groups: Iterable[Row], width: int, lettering: Lettering, size: int) -> Iterator[Row]:
    """Groups side by side as far as they fit."""
    space = Chip(" ", DARK)
    row: list[Chip] = []
    for group in groups:
        longer = [*row, *([space] if row else []), *group]
        if row and size_of(longer, lettering, size)[0] > width:
            yield row
            longer = [*group]
        row = longer
    if row:
        yield row
