"""The order of the steps."""

from collections.abc import Callable
from typing import Final

from edged.config import PreprocessSection
from edged.flow.preprocess.colour import contrast, fade, grey, invert
from edged.flow.preprocess.deskew import deskew
from edged.flow.preprocess.noise import binarise, denoise
from edged.flow.preprocess.resize import bound, check_aspect, to_height
from edged.flow.preprocess.shape import doubt
from edged.types import Pixels, TextLine

# Colours first, because the later steps look at light and dark; geometry last, because it blurs.
STEPS: Final[tuple[tuple[str, Callable[[Pixels], Pixels]], ...]] = (
    ("fade", fade),
    ("grey", grey),
    ("contrast", contrast),
    ("denoise", denoise),
    ("binarise", binarise),
    ("deskew", deskew),
    ("invert", invert),
)


def prepare(image: Pixels, section: PreprocessSection, height: int) -> TextLine:
    """Make the whole picture one text line of the model's height.

    Args:
        image: Upright, H x W x 3, BGR.
        section: Which steps are on.
        height: What the model wants to see.

    Raises:
        FrameRejected: The picture is too wide for its height to be a text line.
    """
    tall, wide = image.shape[:2]
    check_aspect(wide, tall)
    image = bound(image, height)
    reason = doubt(image, width=wide, height=tall)
    for name, step in STEPS:
        if getattr(section, name):
            image = step(image)
    corners = ((0.0, 0.0), (float(wide), 0.0), (float(wide), float(tall)), (0.0, float(tall)))
    return TextLine(image=to_height(image, height), box=corners, reasons=(reason,) if reason else ())
