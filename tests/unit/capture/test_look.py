"""What is cheaply known of a frame."""

import numpy as np
import pytest

from edged.capture.look import looked_at


def test_equal_frames_have_one_digest() -> None:
    """A sensor's noise tells two frames apart, however alike they look; equal ones are equal."""
    frame = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)
    noisy = frame.copy()
    noisy[60, 60] ^= 1
    noisy[::7] ^= 1
    assert looked_at(frame)[0] == looked_at(frame.copy())[0]
    assert looked_at(frame)[0] != looked_at(noisy)[0]


@pytest.mark.parametrize(("level", "spot", "dark"), [(0, 0, True), (20, 0, True), (60, 0, False), (5, 40, False), (5, 4, True)])
def test_black_is_a_picture_on_which_nothing_can_be_seen(level: int, spot: int, dark: bool) -> None:
    """A dark frame with a lit part is not black, one with a hot pixel is."""
    frame = np.full((240, 320, 3), level, np.uint8)
    frame[:spot, :spot] = 255
    assert looked_at(frame)[1] is dark
