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

Steps = tuple[tuple[str, Callable[[Pixels], Pixels]], ...]

# In the size of the picture: these look at light, dark and strokes.
BEFORE: Final[Steps] = (
    ("contrast", contrast),
    ("denoise", denoise),
    ("binarise", binarise),
    ("deskew", deskew),
    ("invert", invert),
)
# In the size of the model: the same in less pixels, and rounded once.
AFTER: Final[Steps] = (
    ("fade", fade),
    ("grey", grey),
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
    reason = doubt(image)
    corners = ((0.0, 0.0), (float(wide), 0.0), (float(wide), float(tall)), (0.0, float(tall)))
    return TextLine(image=normalised(image, section, height), box=corners, reasons=(reason,) if reason else ())


def normalised(image: Pixels, section: PreprocessSection, height: int) -> Pixels:
    """Bring one text line, H x W x 3 of any size, to the height of the model by the steps that are on."""
    image = _run(BEFORE, bound(image, height), section)
    return _run(AFTER, to_height(image, height), section)


def _run(steps: Steps, image: Pixels, section: PreprocessSection) -> Pixels:
    for name, step in steps:
        if getattr(section, name):
            image = step(image)
    return image
