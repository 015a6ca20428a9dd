"""Streams, where OpenCV does what nobody expects."""

import pytest

from edged.capture import video
from edged.capture.players import CaptureError
from edged.capture.protocol import Ending


class Flushing:
    """OpenCV after its read timed out: it hands out a frame that its decoder still had, as if it had come."""

    def grab(self) -> bool:
        return True


@pytest.mark.parametrize(("took", "lost"), [(3.9, False), (4.0, True)])
def test_a_frame_that_came_with_the_timeout_is_none(monkeypatch: pytest.MonkeyPatch, took: float, lost: bool) -> None:
    """Else a stream that stands still is told after twice the time."""
    stream = video.Video.__new__(video.Video)
    stream.live, stream._patience, stream._file, stream._played, stream._capture = True, 4.0, False, 5, Flushing()  # type: ignore[assignment]
    times = iter((10.0, 10.0 + took))
    monkeypatch.setattr(video.time, "monotonic", lambda: next(times))
    if lost:
        with pytest.raises(CaptureError) as over:
            stream.grab()
        assert over.value.ending is Ending.LOST
    else:
        assert stream.grab() is None
