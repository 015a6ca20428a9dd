"""A quadrilateral of a picture, seen from the front."""

import cv2
import numpy as np
import numpy.typing as npt

from edged.types import Pixels


def level(image: Pixels, corners: npt.ArrayLike, width: int, height: int) -> Pixels:
    """Straighten a place by perspective.

    Args:
        image: H x W x 3.
        corners: 4 x 2, x and y, convex, clockwise from what becomes the top left; 0, 0 is the corner of the first pixel. What lies
            beyond the picture repeats its border.
        width: Of what comes out, in pixels.
        height: Likewise.
    """
    half = np.float32(0.5)  # OpenCV counts from the middle of a pixel
    front = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
    turn = cv2.getPerspectiveTransform(np.asarray(corners, np.float32) - half, front - half)
    return cv2.warpPerspective(image, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]
