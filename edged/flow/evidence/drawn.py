"""From a reading and the small copy of its picture to the picture with everything drawn in."""

from dataclasses import replace

from edged.annotate import Lettering, annotated, card, marks_of, restored
from edged.flow.payload import timestamp
from edged.types import Box, Exhibit, Pixels


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
    marks = marks_of(reading, unsure_below, exhibit.looked)
    return annotated(image, reading, [replace(mark, box=_scaled(mark.box, scale)) for mark in marks], lettering, caption)


def _scaled(box: Box, scale: float) -> Box:
    (a, b), (c, d), (e, f), (g, h) = ((x * scale, y * scale) for x, y in box)
    return (a, b), (c, d), (e, f), (g, h)
