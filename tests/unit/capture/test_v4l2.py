"""The controls of a USB camera, against recorded answers of a driver's ioctls."""

import errno
import struct
from collections.abc import Callable

import pytest

from edged.capture import v4l2

GAIN, AUTO, EXPOSURE = 0x00980913, 0x009A0901, 0x009A0902
# id, type, name, minimum, maximum, step, default, flags: as uvcvideo answers for a webcam
RECORDED = (
    (0x00980001, 6, "User Controls", 0, 0, 0, 0, 0x4),
    (0x00980900, 1, "Brightness", -64, 64, 1, 0, 0),
    (0x0098090C, 2, "White Balance, Automatic", 0, 1, 1, 1, 0),
    (0x00980913, 1, "Gain", 0, 100, 1, 0, 0),
    (0x00980918, 3, "Power Line Frequency", 0, 2, 1, 1, 0),
    (0x009A0001, 6, "Camera Controls", 0, 0, 0, 0, 0x4),
    (0x009A0901, 3, "Auto Exposure", 0, 3, 1, 3, 0),
    (0x009A0902, 1, "Exposure Time, Absolute", 1, 5000, 1, 157, 0x10),
    (0x009A0903, 2, "Exposure, Dynamic Framerate", 0, 1, 1, 0, 0x1),
)
MENUS = {0x00980918: {0: "Disabled", 1: "50 Hz", 2: "60 Hz"}, 0x009A0901: {1: "Manual Mode", 3: "Aperture Priority Mode"}}


class Driver:
    """Answers as the recorded driver did; exposure is inactive while it is automatic."""

    def __init__(self) -> None:
        self.values = {id: default for id, _, _, _, _, _, default, _ in RECORDED}
        self.set: list[tuple[int, int]] = []
        self.sticky: Callable[[int, int], int] = lambda id, value: value

    def ioctl(self, request: int, argument: bytes) -> bytes:
        answer = {
            v4l2.QUERYCAP: self._capability,
            v4l2.QUERYCTRL: self._control,
            v4l2.QUERYMENU: self._menu,
            v4l2.G_CTRL: self._get,
            v4l2.S_CTRL: self._put,
        }[request](argument)
        assert len(answer) == len(argument)
        return answer

    def _capability(self, argument: bytes) -> bytes:
        return struct.pack("=16s32s32sIII12x", b"uvcvideo", b"HD Webcam: HD Webcam", b"usb-1.2", 0x6010D, 0x84A00001, 0x04200001)

    def _control(self, argument: bytes) -> bytes:
        after = struct.unpack_from("=I", argument)[0] & 0x7FFFFFFF
        for id, kind, name, low, high, step, default, flags in RECORDED:
            if id > after:
                now = flags & ~0x10 if id == EXPOSURE and self.values[AUTO] == 1 else flags
                return struct.pack("=II32siiiiI8x", id, kind, name.encode(), low, high, step, default, now)
        raise OSError(errno.EINVAL, "Invalid argument")

    def _menu(self, argument: bytes) -> bytes:
        id, index = struct.unpack_from("=II", argument)
        if index not in MENUS[id]:
            raise OSError(errno.EINVAL, "Invalid argument")
        return struct.pack("=II32s4x", id, index, MENUS[id][index].encode())

    def _get(self, argument: bytes) -> bytes:
        id, _ = struct.unpack("=Ii", argument)
        return struct.pack("=Ii", id, self.values[id])

    def _put(self, argument: bytes) -> bytes:
        id, value = struct.unpack("=Ii", argument)
        if id == 0x00980900:
            raise OSError(errno.EIO, "Input/output error")
        self.set.append((id, value))
        self.values[id] = self.sticky(id, value)
        return argument


@pytest.fixture
def driver() -> Driver:
    return Driver()


def test_the_requests_are_those_of_the_kernel() -> None:
    """The numbers of linux/videodev2.h, as the kernel's header computes them."""
    assert (v4l2.QUERYCAP, v4l2.QUERYCTRL, v4l2.QUERYMENU) == (0x80685600, 0xC0445624, 0xC02C5625)
    assert (v4l2.G_CTRL, v4l2.S_CTRL) == (0xC008561B, 0xC008561C)


def test_controls_have_the_names_of_v4l2_ctl(driver: Driver) -> None:
    """Classes and disabled controls are none; menus have their entries, with the numbers that the driver leaves out."""
    found = v4l2.controls(driver.ioctl)
    names = ["brightness", "white_balance_automatic", "gain", "power_line_frequency", "auto_exposure", "exposure_time_absolute"]
    assert list(found) == names
    assert found["auto_exposure"].menu == {1: "Manual Mode", 3: "Aperture Priority Mode"}


def test_controls_are_set_in_order_and_read_back(driver: Driver) -> None:
    """The automatic goes off before the time is set, by the text of its entry; what is told is what the device has."""
    held, differs = v4l2.apply(driver.ioctl, {"auto_exposure": "manual mode", "exposure_time_absolute": 100, "gain": 7})
    assert driver.set == [(AUTO, 1), (EXPOSURE, 100), (GAIN, 7)]
    assert (held, differs) == ({"auto_exposure": "Manual Mode", "exposure_time_absolute": 100, "gain": 7}, [])


def test_what_the_device_does_not_take_is_told(driver: Driver) -> None:
    """An unknown name, a value out of range or no entry, a driver's error, and a value that did not stay; the others are set."""
    driver.sticky = lambda id, value: 157 if id == EXPOSURE else value
    held, differs = v4l2.apply(
        driver.ioctl,
        {"gian": 1, "gain": 101, "power_line_frequency": "70 Hz", "brightness": 3, "exposure_time_absolute": 100, "auto_exposure": 2},
    )
    assert differs == [
        f"it has no control gian, but {', '.join(v4l2.controls(driver.ioctl))}",
        'gain takes 0 to 100, not "101"',
        'power_line_frequency takes "Disabled" or "50 Hz" or "60 Hz", not "70 Hz"',
        "brightness cannot be set to 3: Input/output error",
        'auto_exposure takes "Manual Mode" or "Aperture Priority Mode", not "2"',
        "exposure_time_absolute is 157, not 100 (it is inactive: switch off the automatic before it)",
    ]
    assert held["gain"] == 0
    assert driver.set == [(EXPOSURE, 100)]


def test_nothing_asked_asks_nothing(driver: Driver) -> None:
    """A camera without settings is left as it is."""
    assert v4l2.apply(driver.ioctl, {}) == ({}, [])


def test_a_node_without_pictures_is_known(driver: Driver) -> None:
    """The capabilities of the node count, not those of the whole device."""
    assert v4l2.can_capture(driver.ioctl) == ("HD Webcam: HD Webcam", True)
    metadata = struct.pack("=16s32s32sIII12x", b"uvcvideo", b"HD Webcam", b"usb-1.2", 0x6010D, 0x84A00001, 0x04A00000)
    assert v4l2.can_capture(lambda request, argument: metadata) == ("HD Webcam", False)


def test_a_driver_gone_wild_ends(driver: Driver) -> None:
    """One that answers with the same control for ever is not listened to for ever."""
    same = struct.pack("=II32siiiiI8x", 5, 1, b"Gain", 0, 1, 1, 0, 0)
    assert list(v4l2.controls(lambda request, argument: same)) == ["gain"]
