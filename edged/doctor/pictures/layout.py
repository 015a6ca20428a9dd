"""Where text was found, and how high it stands there."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from edged.doctor.finding import Finding, doubt, good
from edged.doctor.pictures.sight import Sight
from edged.types import Box

_LOOK: Final = "look at focus, light and distance below; where its place is known, layout: regions reads there without looking for it"


def look(sight: Sight) -> Iterator[Finding]:
    """What the layout made of the frame."""
    if sight.image is None:
        return
    tall, wide = sight.image.shape[:2]
    boxes = [line.box for line in sight.laid.lines]
    kind = sight.reading.layout or sight.source.layout
    if kind == "whole":
        yield from _whole(sight, wide, tall)
    elif not boxes:
        yield doubt(f"layout {kind}: no text was found in {wide} x {tall} pixels", _LOOK)
    else:
        yield good(f"layout {kind}: {len(boxes)} text line{'s' * (len(boxes) > 1)} in {wide} x {tall} pixels, {_heights(boxes)}")
        unread = len(boxes) - sum(bool(line.transcript.text.strip()) for line in sight.reading.lines)
        if unread > 0 and sight.reading.lines:
            yield good(f"{unread} of these showed no text when they were read")
    for reason in sight.laid.reasons:
        yield doubt(reason, "correct the places of the fields (fields.NAME.box), the reference picture (align), or how the part lies")


def _whole(sight: Sight, wide: int, tall: int) -> Iterator[Finding]:
    doubts = [reason for line in sight.laid.lines for reason in line.reasons if reason.startswith("not one text line")]
    if doubts:
        yield doubt(f"layout whole: {doubts[0]}", "let text be looked for: layout: detect (here: --layout detect), or crop the picture")
    else:
        yield good(f"layout whole: the picture of {wide} x {tall} pixels is read as one text line")


def _heights(boxes: Sequence[Box]) -> str:
    heights = sorted(math.dist(box[0], box[3]) for box in boxes)
    least, middle, most = (round(heights[at]) for at in (0, len(heights) // 2, -1))
    return f"{middle} pixels high" if least == most else f"{least} to {most} pixels high, median {middle}"
