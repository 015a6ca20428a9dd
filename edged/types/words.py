"""Names and measures that all of it speaks of."""

from enum import StrEnum
from typing import Literal, NewType

import numpy as np
import numpy.typing as npt

FrameId = NewType("FrameId", str)  # UUIDv7 in its canonical text form, minted at the claim
SourceName = NewType("SourceName", str)
Pixels = npt.NDArray[np.uint8]
Point = tuple[float, float]
Box = tuple[Point, Point, Point, Point]
Layout = Literal["whole", "regions", "detect"]


class Outcome(StrEnum):
    """How an input ended."""

    OK = "ok"
    UNSURE = "unsure"
    REJECTED = "rejected"
    FAILED = "failed"
