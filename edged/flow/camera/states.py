"""The words for how a camera is doing, as its topic, `edged status` and the metrics tell it."""

from enum import StrEnum
from typing import Final


class CameraState(StrEnum):
    """What `told()["state"]` may say; a trouble stays until the first frame after it."""

    STARTING = "starting"  # the process that captures is being started
    CONNECTING = "connecting"  # the camera is being opened, for the first time or as it was changed
    STREAMING = "streaming"  # frames come
    DIFFERS = "differs"  # frames come, but the camera did not take a setting
    FROZEN = "frozen"  # frames come, and have been the same for frozen_seconds
    BLACK = "black"  # frames come, and have been black for black_seconds
    REFUSED = "refused"  # it does not take the user or the password
    UNREACHABLE = "unreachable"  # nobody answers at its address, or the device is not there
    LOST = "lost"  # its stream ended: switched off, unplugged, or it closed the connection
    SILENT = "silent"  # it was opened, and no frame came for read_seconds
    FAILED = "failed"  # what it sends cannot be used, or the process that captures ended or hung
    ENDED = "ended"  # a file was played to its end
    CLOSED = "closed"  # we look at it no more


TROUBLES: Final = (
    CameraState.REFUSED,
    CameraState.UNREACHABLE,
    CameraState.LOST,
    CameraState.SILENT,
    CameraState.FROZEN,
    CameraState.BLACK,
    CameraState.DIFFERS,
    CameraState.FAILED,
)
"""Each has a counter of its name in `told()`: how often it began."""

COUNTERS: Final = ("frames", "passed_over", "connects", "resized", *map(str, TROUBLES))
"""What `told()` counts since the start; `frames` came, of which `passed_over` were never asked for."""
