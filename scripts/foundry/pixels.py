"""Pixels as bytes, and out of files."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.foundry.sample import Image


def u8(values: NDArray[Any]) -> Image:
    """Values of any type, cut to 0..255."""
    return np.asarray(np.clip(values, 0, 255).astype(np.uint8), np.uint8)


def opened(path: Path) -> Image:
    """The picture of a file.

    Raises:
        ValueError: It is none.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} is no picture that OpenCV reads")
    return np.asarray(image, np.uint8)
