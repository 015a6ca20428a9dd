"""The drawn picture as a file."""

from collections.abc import Mapping, Sequence
from typing import Final

import cv2

from edged.types import Pixels

# 4:4:4: the colours of thin letters would run at half the resolution.
_JPEG: Final = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444, cv2.IMWRITE_JPEG_QUALITY)
ENDINGS: Final[Mapping[str, Sequence[int]]] = {".png": (), ".jpg": _JPEG, ".jpeg": _JPEG}


def encoded(image: Pixels, ending: str, *, quality: int = 90) -> bytes:
    """The bytes of a file whose name ends so, one of `ENDINGS`.

    Args:
        image: H x W x 3, BGR.
        ending: With its point, in small letters.
        quality: Of a JPEG, 0..100.
    """
    options = ENDINGS[ending]
    _, data = cv2.imencode(ending, image, [*options, quality] if options else [])
    return data.tobytes()
