"""From a frame of any size to one that a detector looks at, and back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from edged.flow.detect.boxes import Corners
from edged.types import Pixels

Size = tuple[int, int]  # height and width

ENLARGED: Final = 5.0  # more than this, nothing of a small picture is gained
COARSEST: Final = 0.25  # pixels of a map for one of the frame: less, and text of 16 pixels leaves nothing in the map
SHARED: Final = 96  # pixels that neighbouring tiles share at least
_TALLEST: Final = 1280  # pixels of a canvas
_NEAR: Final = 0.9  # of the best scale: a smaller size that comes so close is taken


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A frame as the detector is shown it."""

    pixels: Pixels = field(repr=False)  # H x W x 3
    across: float  # pixels therein for one of the frame
    down: float

    def back(self, corners: Corners) -> Corners:
        """Corners in pixels of the frame."""
        return np.divide(corners, (self.across, self.down), dtype=np.float32)


def canvases(sizes: Sequence[Size]) -> list[Size]:
    """What frames are fitted into: each of the sizes, and the last one several times, one below the other."""
    tall, wide = sizes[-1]
    stacks = range(2, 1 + max(1, (_TALLEST - SHARED) // (tall - SHARED)) if tall > SHARED else 2)
    return [*sizes, *((count * (tall - SHARED) + SHARED, wide) for count in stacks)]


def choose(height: int, width: int, sizes: Sequence[Size]) -> Size:
    """The size for a frame: the smallest that shows it almost as large as the best one does, and as large as makes sense."""
    scales = {size: min(size[0] / height, size[1] / width, ENLARGED) for size in sizes}
    enough = _NEAR * max(scales.values())
    return min((size for size in sizes if scales[size] >= enough), key=lambda size: size[0] * size[1])


def fit(image: Pixels, sizes: Sequence[Size]) -> Fitted:
    """Show a frame in one of the sizes: shrunk by areas or enlarged between pixels, its aspect kept; a huge one larger than any of them.

    Args:
        image: H x W x 3.
        sizes: Those that there are.
    """
    tall, wide = image.shape[:2]
    size = choose(tall, wide, sizes)
    scale = max(COARSEST, min(size[0] / tall, size[1] / wide, ENLARGED))
    width, height = max(1, round(wide * scale)), max(1, round(tall * scale))
    if scale > COARSEST:
        width, height = min(size[1], width), min(size[0], height)
    pixels = _shrunk(image, width, height) if scale < 1 else cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    return Fitted(pixels=np.asarray(pixels, np.uint8), across=width / wide, down=height / tall)


def _shrunk(image: Pixels, width: int, height: int) -> cv2.typing.MatLike:
    """Shrunk by areas; halved before where it can be: OpenCV halves 12 megapixels in a third of the time that any other size takes."""
    seen: cv2.typing.MatLike = image
    while (tall := seen.shape[0]) >= 2 * height and (wide := seen.shape[1]) >= 2 * width and not (tall % 2 or wide % 2):
        seen = cv2.resize(seen, (wide // 2, tall // 2), interpolation=cv2.INTER_AREA)
    return cv2.resize(seen, (width, height), interpolation=cv2.INTER_AREA)


def padded(pixels: Pixels, size: Size, padding: int) -> Pixels:
    """The pixels at the top left of a whole size."""
    tall, wide = pixels.shape[:2]
    if (tall, wide) == size:
        return pixels
    whole = np.full((*size, 3), padding, np.uint8)
    whole[:tall, :wide] = pixels
    return whole
