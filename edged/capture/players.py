"""What every kind of camera can do once it is open."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from edged.capture.protocol import Ending, Opened

Pixels = npt.NDArray[np.uint8]


class CaptureError(Exception):
    """It cannot be opened, or is over: how, and what was found."""

    def __init__(self, ending: Ending, cause: str = "") -> None:
        super().__init__(cause)
        self.ending = ending


class Player(Protocol):
    """A camera that is open. `grab` may block for ever."""

    opened: Opened
    live: bool  # frames come whether we take them or not

    def grab(self) -> float | None:
        """Take the next frame; when it is due, in seconds since the first, where it is played at its own pace.

        Raises:
            CaptureError: There is none.
        """

    def retrieve(self, into: Pixels | None) -> Pixels:
        """The frame, in *into* where it fits in there.

        Raises:
            CaptureError: It cannot be decoded.
        """

    def close(self) -> None:
        """Let go of it."""


def decoded(retrieved: tuple[bool, Any]) -> Pixels:
    """The frame of what OpenCV's `retrieve` gives: whether it is whole, and the frame.

    Raises:
        CaptureError: It is not.
    """
    whole, image = retrieved
    if not whole or image is None:
        raise CaptureError(Ending.UNSUPPORTED, "a frame cannot be decoded")
    frame: Pixels = image
    return frame
