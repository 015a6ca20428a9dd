"""A camera on USB, by its node below /dev: opened by OpenCV, its controls set and read back by `v4l2.py`."""

import errno
import fcntl
import os
import stat
from typing import Final

import cv2

from edged.capture import v4l2
from edged.capture.players import CaptureError, Pixels, decoded
from edged.capture.protocol import Ending, Opened, Order
from edged.capture.video import fourcc

_ENDINGS: Final[dict[int, Ending]] = {
    errno.ENOENT: Ending.ABSENT,
    errno.ENXIO: Ending.ABSENT,
    errno.ENODEV: Ending.ABSENT,
    errno.EACCES: Ending.DENIED,
    errno.EPERM: Ending.DENIED,
    errno.EBUSY: Ending.BUSY,
}
_NEAR: Final = 0.1  # a rate that differs by less is the one that was asked for


class V4l2Camera:
    """A device that is open."""

    live = True

    def __init__(self, order: Order) -> None:
        """Open it, and set it as it should be.

        Raises:
            CaptureError: It is not there, not ours, in use, or no camera.
        """
        self._path, self._fd = order.place, _node(order.place)
        try:
            self._probe()
            self._capture = _capture(order)
            held, differs = v4l2.apply(self._ioctl, order.controls)
        except BaseException:
            os.close(self._fd)
            raise
        width, height = (int(self._capture.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        fps, code = self._capture.get(cv2.CAP_PROP_FPS), fourcc(self._capture.get(cv2.CAP_PROP_FOURCC))
        self.opened = Opened(
            width=width, height=height, fps=round(fps, 3), format=code, controls=held,
            differs=[*_differs(order, width, height, fps, code), *differs],
        )  # fmt: skip

    def _probe(self) -> None:
        try:
            card, captures = v4l2.can_capture(self._ioctl)
        except OSError as error:
            raise CaptureError(Ending.UNSUPPORTED, f"it is no video device: {error.strerror}") from error
        if not captures:
            cause = f"no pictures come from this node of {card}, but from another: look into /dev/v4l/by-id for …-video-index0"
            raise CaptureError(Ending.UNSUPPORTED, cause)

    def _ioctl(self, request: int, argument: bytes) -> bytes:
        return fcntl.ioctl(self._fd, request, argument)

    def grab(self) -> float | None:
        """See `Player`."""
        if not self._capture.grab():
            there = os.path.exists(self._path)  # noqa: PTH110 - a str is what OpenCV gets
            raise CaptureError(Ending.LOST if there else Ending.ABSENT, "" if there else "it was unplugged")
        return None

    def retrieve(self, into: Pixels | None) -> Pixels:
        """See `Player`."""
        return decoded(self._capture.retrieve(into))

    def close(self) -> None:
        """See `Player`."""
        self._capture.release()
        os.close(self._fd)


def _node(path: str) -> int:
    """The device, opened; other programs may have it open, too, until one takes pictures."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise CaptureError(_ENDINGS.get(error.errno or 0, Ending.UNOPENED), error.strerror or "") from error
    if not stat.S_ISCHR(os.fstat(fd).st_mode):
        os.close(fd)
        raise CaptureError(Ending.UNSUPPORTED, "it is no device")
    return fd


def _capture(order: Order) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(order.place, cv2.CAP_V4L2, _parameters(order))
    if not capture.isOpened():
        raise CaptureError(Ending.BUSY, "it is there, and gives no pictures: another program may have it")
    return capture


def _parameters(order: Order) -> list[int]:
    """What OpenCV asks the driver for while it opens, the format before the size."""
    wanted: list[int] = [cv2.CAP_PROP_BUFFERSIZE, 1]
    if order.format is not None:
        wanted += [cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*order.format)]
    if order.width is not None and order.height is not None:
        wanted += [cv2.CAP_PROP_FRAME_WIDTH, order.width, cv2.CAP_PROP_FRAME_HEIGHT, order.height]
    if order.fps is not None:
        wanted += [cv2.CAP_PROP_FPS, round(order.fps)]
    return wanted


def _differs(order: Order, width: int, height: int, fps: float, code: str) -> list[str]:
    """What the driver chose in place of what was asked for."""
    found = []
    if order.width is not None and order.height is not None and (order.width, order.height) != (width, height):
        found.append(f"its pictures have {width} x {height} pixels, not {order.width} x {order.height}")
    if order.format is not None and order.format != code:
        found.append(f"its format is {code or 'unknown'}, not {order.format}")
    if order.fps is not None and abs(order.fps - fps) > _NEAR * order.fps:
        found.append(f"it gives {fps:g} frames per second, not {order.fps:g}")
    return found
