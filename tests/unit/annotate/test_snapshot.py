"""Small copies of pictures."""

import cv2
import numpy as np
import pytest

from edged.annotate import IMAGE_BYTES, restored, snapshot, thumbnail
from edged.types import Pixels


def noise(tall: int, wide: int) -> Pixels:
    """What compresses worst."""
    return np.random.default_rng(1).integers(0, 256, (tall, wide, 3), np.uint8)


@pytest.mark.parametrize(("tall", "wide"), [(1, 1), (32, 320), (48, 2600), (9000, 60), (960, 1280), (3000, 4000), (20_000, 2)])
def test_a_copy_is_bounded_and_a_long_line_stays_readable(tall: int, wide: int) -> None:
    """By its area: the height of a line is what is read."""
    image = np.full((tall, wide, 3), 200, np.uint8)
    data = snapshot(image)
    assert data is not None
    copy = restored(data)
    assert copy.shape[0] * copy.shape[1] <= 1280 * 961
    assert max(copy.shape[:2]) <= 4096
    assert tall * wide > 1280 * 960 or max(tall, wide) > 4096 or copy.shape == image.shape


def test_what_cannot_be_copied_is_no_error() -> None:
    """A reading is worth more than its picture."""
    assert snapshot(np.empty((10, 10, 7), np.uint8)) is None


@pytest.mark.parametrize(("tall", "wide"), [(1000, 1280), (4000, 300), (30, 30), (2, 4000)])
def test_a_picture_for_the_broker_is_small_whatever_is_on_it(tall: int, wide: int) -> None:
    """Poorer first, then smaller."""
    data = thumbnail(noise(tall, wide))
    assert len(data) <= IMAGE_BYTES
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert max(image.shape[:2]) <= 640


def test_a_quiet_picture_keeps_its_size() -> None:
    """Nothing is made poorer than it must be."""
    data = thumbnail(np.full((960, 1280, 3), 90, np.uint8))
    assert restored(data).shape == (480, 640, 3)
