"""A quadrilateral of a picture, seen from the front."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edged.types import Pixels

_WIDEST: Final = 32_766  # pixels of a side: more, and OpenCV turns nothing
_BESIDE: Final = 2  # pixels around a place: what is between its outermost pixels and their neighbours


def level(image: Pixels, corners: npt.ArrayLike, width: int, height: int, *, beyond: Sequence[float] | None = None) -> Pixels:
    """Straighten a place by perspective.

    Args:
        image: H x W x 3.
        corners: 4 x 2, x and y, convex, clockwise from what becomes the top left; 0, 0 is the corner of the first pixel. What lies
            beyond the picture repeats its border.
        width: Of what comes out, in pixels; less where that is more than OpenCV can turn.
        height: Likewise.
        beyond: The colour of what lies beyond the picture, instead.
    """
    corners = np.asarray(corners, np.float32)
    if max(image.shape[:2]) > _WIDEST:
        image, corners = _around(image, corners)
    shrunk = min(1.0, _WIDEST / max(width, height, *image.shape[:2]))
    if shrunk < 1:  # a line of so many pixels is as good at half of them
        size = tuple(max(1, int(side * shrunk)) for side in image.shape[1::-1])
        corners = corners * np.divide(size, image.shape[1::-1], dtype=np.float32)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        width, height = max(1, int(width * shrunk)), max(1, int(height * shrunk))
    half = np.float32(0.5)  # OpenCV counts from the middle of a pixel
    front = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
    turn = cv2.getPerspectiveTransform(corners - half, front - half)
    border = cv2.BORDER_REPLICATE if beyond is None else cv2.BORDER_CONSTANT
    straight = cv2.warpPerspective(image, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=beyond or ())
    return np.asarray(straight, np.uint8)


def _around(image: Pixels, corners: "npt.NDArray[np.float32]") -> "tuple[Pixels, npt.NDArray[np.float32]]":
    """The part of a picture where a place is, and its corners therein."""
    most = np.array(image.shape[1::-1]) - 1
    start = np.clip(np.floor(corners.min(axis=0)).astype(int) - _BESIDE, 0, most)
    end = np.clip(np.ceil(corners.max(axis=0)).astype(int) + _BESIDE, start, most) + 1
    return image[start[1] : end[1], start[0] : end[0]], corners - start.astype(np.float32)
