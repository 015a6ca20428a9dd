"""Sizes: to the model's height, keeping the aspect."""

from typing import Final

import cv2

from edged.errors import FrameRejected
from edged.types import Pixels

MAX_ASPECT: Final = 128  # some 200 characters; each piece of a longer line would cost an inference
_WORKING: Final = 4  # larger than this many model heights, nothing of a character is gained


def check_aspect(width: int, height: int) -> None:
    """Refuse what would make an absurdly long line.

    Raises:
        FrameRejected: It is wider than MAX_ASPECT times its height.
    """
    if width > MAX_ASPECT * height:
        msg = f"not one text line: {width} x {height} pixels, more than {MAX_ASPECT} times wider than high"
        raise FrameRejected(msg, hint="crop it to one line, or cut it into shorter pictures")


def bound(image: Pixels, height: int) -> Pixels:
    """Shrink a large picture to some model heights, so that no later step takes longer for it."""
    return to_height(image, _WORKING * height) if image.shape[0] > _WORKING * height else image


def to_height(image: Pixels, height: int) -> Pixels:
    """Resize to *height*, the width rounded up as the model's own preprocessing does.

    Shrinking averages areas, which keeps thin strokes that bilinear sampling would miss; enlarging is
    bilinear, which reads more small print than bicubic does.
    """
    tall, wide = image.shape[:2]
    if tall == height:
        return image
    how = cv2.INTER_AREA if tall > height else cv2.INTER_LINEAR
    return cv2.resize(image, (max(1, -(-height * wide // tall)), height), interpolation=how)  # type: ignore[return-value]
