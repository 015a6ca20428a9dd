"""Small copies of pictures: one that waits for its reading, and one for the broker."""

import math
from typing import Final

import cv2
import numpy as np

from edged.annotate.canvas import DARK
from edged.types import Pixels

IMAGE_BYTES: Final = 60_000  # of a picture for the broker, at most
_AREA: Final = 1280 * 960  # pixels of what is kept: a long line keeps its height
_LONGEST: Final = 4096  # pixels of its longer side
_WAITING: Final = (cv2.IMWRITE_JPEG_QUALITY, 92)  # it is drawn into and encoded once more
_IMAGE_SIDES: Final = (640, 480, 320, 160)
_QUALITIES: Final = (85, 75, 65, 50, 35)
_CARD: Final = (48, 640, 3)  # of a picture that could not be decoded


def snapshot(image: Pixels) -> bytes | None:
    """A JPEG of at most 1280 x 960 pixels or as many, for which nobody has to keep the frame.

    None where there is no memory for it: never an error.

    Args:
        image: H x W x 3, BGR; it stays as it is.
    """
    try:
        tall, wide = image.shape[:2]
        small = _reduced(image, min(math.sqrt(_AREA / (tall * wide)), _LONGEST / max(tall, wide)))
        _, data = cv2.imencode(".jpg", small, list(_WAITING))
        return data.tobytes()
    except (cv2.error, MemoryError):  # a picture less in the evidence is no reason not to read
        return None


def restored(data: bytes) -> Pixels:
    """The pixels of a snapshot, H x W x 3, BGR."""
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def card() -> Pixels:
    """What stands in place of a picture that could not be decoded: nothing but room for the reasons below it."""
    return np.full(_CARD, DARK, np.uint8)


def thumbnail(image: Pixels) -> bytes:
    """A JPEG of at most 640 pixels and `IMAGE_BYTES`: of poorer quality, then smaller, until it is.

    Args:
        image: H x W x 3, BGR.
    """
    data = b""
    for side in _IMAGE_SIDES:
        small = _reduced(image, side / max(image.shape[:2]))
        for quality in _QUALITIES:
            data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
            if len(data) <= IMAGE_BYTES:
                return data
    return data


def _reduced(image: Pixels, scale: float) -> Pixels:
    """So many times as large; never enlarged, and never to nothing. Halved as often as it can be: that is quick, and all else is not."""
    if scale >= 1:
        return image
    while scale < 0.5 and min(image.shape[:2]) > 1:
        tall, wide = image.shape[0] // 2, image.shape[1] // 2
        half = cv2.resize(image[: tall * 2, : wide * 2], (wide, tall), interpolation=cv2.INTER_AREA)
        image, scale = np.asarray(half, np.uint8), scale * 2
    tall, wide = image.shape[:2]
    size = (max(1, round(wide * scale)), max(1, round(tall * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
