"""Streams of network cameras and video files, by OpenCV's FFmpeg."""

import os
import time
from typing import Final

import cv2

from edged.capture.address import MAX_USERINFO, ffmpeg_options, userinfo, with_userinfo
from edged.capture.players import CaptureError, Pixels, decoded
from edged.capture.protocol import Ending, Opened, Order

_OPTIONS: Final = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "40"  # AV_LOG_VERBOSE: the other side learns there that a stream changes its size
_MAX_FPS: Final = 1000.0  # more is what a stream says that does not know


def fourcc(code: float) -> str:
    """The four letters in a number; empty where there are none."""
    letters = "".join(chr(int(code) >> shift & 0xFF) for shift in (0, 8, 16, 24))
    return letters.strip("\0 ") if letters.isprintable() else ""


class Video:
    """A stream, or a video file."""

    def __init__(self, order: Order) -> None:
        """Open it.

        Raises:
            CaptureError: It cannot be opened; what FFmpeg said of it stands on standard error.
        """
        if order.username is not None and len(userinfo(order.username, order.password)) > MAX_USERINFO:
            cause = f"user and password have more than {MAX_USERINFO} characters as they stand in an address, and FFmpeg cuts them off"
            raise CaptureError(Ending.UNSUPPORTED, cause)
        if order.kind == "video" and not os.path.exists(order.place):  # noqa: PTH110 - a str is what OpenCV gets
            raise CaptureError(Ending.ABSENT, "there is no such file")
        os.environ[_OPTIONS] = ffmpeg_options(order)
        self.live = order.kind == "stream"
        timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, order.open_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, order.read_ms]
        self._capture = cv2.VideoCapture(
            with_userinfo(order), cv2.CAP_FFMPEG, [*(timeouts if self.live else ()), cv2.CAP_PROP_N_THREADS, 1]
        )
        if not self._capture.isOpened():
            raise CaptureError(Ending.UNOPENED)
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._interval = 1 / fps if 0 < fps < _MAX_FPS else 0.04
        self._patience = order.read_ms / 1000
        self._file, self._loop, self._played, self._began = order.kind == "video", order.loop, 0, 0.0
        self.opened = Opened(
            width=int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            height=int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            fps=round(fps, 3) if 0 < fps < _MAX_FPS else 0.0,
            format=fourcc(self._capture.get(cv2.CAP_PROP_FOURCC)),
        )

    def grab(self) -> float | None:
        """See `Player`."""
        began = time.monotonic()
        got = self._capture.grab()
        if self.live and time.monotonic() - began >= self._patience:  # OpenCV then flushes a frame out of its decoder, and waits again
            raise CaptureError(Ending.LOST)
        if not got and not (self._file and self._loop and self._played and self._again()):
            raise CaptureError(Ending.ENDED if self._file and self._played else Ending.LOST)
        self._played += 1
        return self._began + self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 if self._file else None

    def _again(self) -> bool:
        """Back to the start of a file."""
        self._began += self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 + self._interval
        return self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0) and self._capture.grab()

    def retrieve(self, into: Pixels | None) -> Pixels:
        """See `Player`."""
        return decoded(self._capture.retrieve(into))

    def close(self) -> None:
        """See `Player`."""
        self._capture.release()
