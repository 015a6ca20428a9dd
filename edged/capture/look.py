"""What is cheaply known of a frame: whether it equals another one, and whether there is anything on it."""

import zlib
from typing import Final

import numpy as np
import numpy.typing as npt

_STEP: Final = 8  # every eighth pixel of every eighth row
_DARK: Final = 32  # of 255: below it nothing can be read
_LIT: Final = 0.01  # share of brighter pixels from which on a picture is not black


def looked_at(image: npt.NDArray[np.uint8]) -> tuple[int, bool]:
    """A digest, equal for equal pictures, and whether the picture is black: all but one pixel of a hundred below 32.

    0.3 ms for 1920 x 1080 pixels: a 64th of them is looked at.
    """
    sample = np.ascontiguousarray(image[_STEP // 2 :: _STEP, _STEP // 2 :: _STEP])
    return zlib.crc32(sample.data), bool(np.count_nonzero(sample > _DARK) < _LIT * sample.size)
