"""From boxes to text lines."""

from collections.abc import Callable, Sequence

import numpy as np

from edged.flow.detect.boxes import Corners
from edged.flow.detect.crop import cut_out
from edged.flow.detect.stacked import in_a_row, is_column
from edged.lib.beat import Beat, nothing
from edged.types import Box, Pixels, TextLine


def lines_of(
    image: Pixels,
    boxes: Sequence[Corners],
    prepared: Callable[[Pixels], Pixels],
    doubts: Callable[[Pixels], tuple[str, ...]] = lambda _: (),
    beat: Beat = nothing,
) -> tuple[TextLine, ...]:
    """Cut text lines out of a frame, in the order of the boxes.

    Args:
        image: H x W x 3.
        boxes: Clockwise from the top left of each text, in pixels of the frame.
        prepared: Brings a cut to what the recogniser wants to see.
        doubts: Says why a cut may be read wrong.
        beat: Called for each line: a page may have a thousand.
    """
    tall, wide = image.shape[:2]
    lines = list[TextLine]()
    for corners in boxes:
        beat()
        cut = _cut(image, corners)
        lines.append(TextLine(image=prepared(cut), box=_box(corners, wide, tall), reasons=doubts(cut)))
    return tuple(lines)


def _cut(image: Pixels, corners: Corners) -> Pixels:
    cut = cut_out(image, corners)
    return in_a_row(cut) if is_column(cut.shape[1], cut.shape[0]) else cut


def _box(corners: Corners, wide: int, tall: int) -> Box:
    """The corners as a reading tells them: within the frame, to a tenth of a pixel."""
    inside = np.clip(corners, 0, (wide, tall)).astype(float).round(1)
    first, second, third, fourth = ((float(x), float(y)) for x, y in inside)
    return first, second, third, fourth
