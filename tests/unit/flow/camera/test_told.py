"""What a camera tells of itself."""

from edged.capture.protocol import Opened
from edged.flow.camera.states import COUNTERS
from tests.doubles.cameras import capture_of


def test_counters_stay_counters_whatever_the_camera_says() -> None:
    """Size, rate, format and settings stand beside them; what it did not take is told in its trouble."""
    capture = capture_of({"url": "v4l2:///dev/video0"})
    told = {"width": 640, "height": 480, "fps": 30.0, "format": "MJPG", "controls": {"gain": 3}}
    capture._course.opened = Opened(**told, differs=["its format is MJPG, not YUYV"])  # type: ignore[arg-type]
    assert capture.told() == {"state": "starting", **dict.fromkeys(COUNTERS, 0), **told}
