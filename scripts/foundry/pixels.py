"""Pixels as bytes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.foundry.sample import Image


def u8(values: NDArray[Any]) -> Image:
    """Values of any type, cut to 0..255."""
    return np.asarray(np.clip(values, 0, 255).astype(np.uint8), np.uint8)
