"""From a reading and the small copy of its picture to the picture with everything drawn in."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from edged.annotate import Lettering, Mark, State, annotated, card, marks_of, restored
from edged.flow.payload import timestamp
from edged.types import Box, Exhibit, Pixels

_MARKS: Final = 120  # texts in one picture: a dense page has a thousand, and the strip below would be as high as that


def drawn(exhibit: Exhibit, unsure_below: float, lettering: Lettering) -> Pixels:
    """Boxes, texts and confidences, with outcome, reasons and where it comes from below.

    Where nothing could be decoded, the reasons alone.

    Returns:
        H x W x 3, BGR.
    """
    reading = exhibit.reading
    caption = f"{reading.source}  {timestamp(reading.captured_at)}  seq {exhibit.seq}  {reading.origin.name}"
    if exhibit.picture is None:
        return annotated(card(), reading, (), lettering, caption)
    image = restored(exhibit.picture)
    scale = image.shape[1] / (reading.origin.width or image.shape[1])
    found = marks_of(reading, unsure_below, exhibit.looked)
    marks = [replace(mark, box=_scaled(mark.box, scale)) for mark in _first(found)]
    if len(marks) < len(found):
        caption += f"  ({len(found) - len(marks)} more texts are not shown)"
    return annotated(image, reading, marks, lettering, caption)


def _first(marks: Sequence[Mark]) -> list[Mark]:
    """As many as a picture takes, in their order: what is sure gives way to what is not."""
    doubtful = [number for number, mark in enumerate(marks) if mark.state is not State.OK]
    sure = [number for number, mark in enumerate(marks) if mark.state is State.OK]
    return [marks[number] for number in sorted([*doubtful, *sure][:_MARKS])]


def _scaled(box: Box, scale: float) -> Box:
    (a, b), (c, d), (e, f), (g, h) = ((x * scale, y * scale) for x, y in box)
    return (a, b), (c, d), (e, f), (g, h)
