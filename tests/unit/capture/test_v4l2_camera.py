"""The opening of a USB camera, with a stand-in for OpenCV and the recorded answers of a driver: no real one was ever opened here."""

import errno
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edged.capture import v4l2_camera
from edged.capture.players import CaptureError
from edged.capture.protocol import Ending, Order
from edged.capture.v4l2_camera import V4l2Camera
from tests.unit.capture.test_v4l2 import Driver


class Webcam:
    """OpenCV's V4L2, with a device that does 1280 x 720 in MJPG at 30 and nothing else."""

    def __init__(self, path: str, api: int, parameters: list[int]) -> None:
        assert api == cv2.CAP_V4L2
        self.path, self.asked = path, dict(zip(parameters[::2], parameters[1::2], strict=True))
        self.plugged = True

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return "busy" not in self.path

    def get(self, key: int) -> float:
        mjpg = cv2.VideoWriter.fourcc(*"MJPG")
        return {cv2.CAP_PROP_FRAME_WIDTH: 1280, cv2.CAP_PROP_FRAME_HEIGHT: 720, cv2.CAP_PROP_FPS: 30, cv2.CAP_PROP_FOURCC: mjpg}[key]

    def grab(self) -> bool:
        return self.plugged

    def retrieve(self, into: Any) -> tuple[bool, Any]:
        return True, np.zeros((720, 1280, 3), np.uint8)

    def release(self) -> None:
        self.plugged = False


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    driver = Driver()
    monkeypatch.setattr(v4l2_camera, "_node", lambda path: os.open(os.devnull, os.O_RDWR))
    monkeypatch.setattr(v4l2_camera.fcntl, "ioctl", lambda fd, request, argument: driver.ioctl(request, argument))
    monkeypatch.setattr(v4l2_camera.cv2, "VideoCapture", Webcam)
    return driver


def order(place: str = "/dev/video0", **keys: Any) -> Order:
    return Order(kind="v4l2", place=place, **keys)


def test_it_is_asked_for_what_the_operator_wants_the_format_first(driver: Driver) -> None:
    """A size belongs to a format; one buffer, for the newest frame is wanted; the controls are set last and read back."""
    camera = V4l2Camera(order(format="MJPG", width=1280, height=720, fps=30.0, controls={"gain": 5}))
    asked = camera._capture.asked  # type: ignore[attr-defined]
    keys = [cv2.CAP_PROP_BUFFERSIZE, cv2.CAP_PROP_FOURCC, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS]
    assert list(asked) == keys
    assert camera.opened.differs == []
    assert (camera.opened.width, camera.opened.fps, camera.opened.format, camera.opened.controls) == (1280, 30.0, "MJPG", {"gain": 5})
    camera.close()


def test_what_it_does_instead_is_told(driver: Driver) -> None:
    """Another size, another format, another rate; a rate that is nearly right is right."""
    camera = V4l2Camera(order(format="YUYV", width=640, height=480, fps=60.0))
    assert camera.opened.differs == [
        "its pictures have 1280 x 720 pixels, not 640 x 480",
        "its format is MJPG, not YUYV",
        "it gives 30 frames per second, not 60",
    ]
    camera.close()
    camera = V4l2Camera(order(fps=29.0))
    assert camera.opened.differs == []
    camera.close()


def test_one_that_another_program_has_is_busy_and_nothing_stays_open(driver: Driver) -> None:
    """The device is let go of, whatever stood in the way."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(CaptureError) as busy:
        V4l2Camera(order("/dev/busy"))
    assert busy.value.ending is Ending.BUSY
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_one_that_is_unplugged_is_absent_and_one_that_fails_is_lost(driver: Driver, tmp_path: Path) -> None:
    """The node goes with the plug."""
    node = tmp_path / "video0"
    node.touch()
    camera = V4l2Camera(order(str(node)))
    assert camera.grab() is None
    camera._capture.release()
    with pytest.raises(CaptureError) as lost:
        camera.grab()
    assert lost.value.ending is Ending.LOST
    node.unlink()
    with pytest.raises(CaptureError) as absent:
        camera.grab()
    assert absent.value.ending is Ending.ABSENT
    camera.close()


@pytest.mark.parametrize(("number", "ending"), [(errno.EACCES, Ending.DENIED), (errno.EBUSY, Ending.BUSY), (errno.ENXIO, Ending.ABSENT)])
def test_why_the_node_cannot_be_opened_is_told(monkeypatch: pytest.MonkeyPatch, number: int, ending: Ending) -> None:
    """By the kernel's number."""

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(v4l2_camera.os, "open", refuse)
    with pytest.raises(CaptureError) as refused:
        V4l2Camera(order())
    assert refused.value.ending is ending
    assert str(refused.value) == os.strerror(number)
