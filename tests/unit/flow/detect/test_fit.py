"""Frames of any size in a few fixed ones."""

import cv2
import numpy as np
import pytest

from edged.flow.detect.fit import COARSEST, ENLARGED, canvases, choose, fit, padded

SIZES = ((64, 192), (128, 128), (192, 96), (256, 384))


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (640, 1920, (256, 384)),  # the one that shows most
        (2000, 1000, (256, 384)),
        (12, 36, (64, 192)),  # enlarged as far as makes sense, and no further
        (1, 5000, (256, 384)),
    ],
)
def test_a_frame_takes_the_smallest_size_that_shows_it_well(height: int, width: int, expected: tuple[int, int]) -> None:
    """A larger one would cost more and show nothing more."""
    assert choose(height, width, SIZES) == expected


@pytest.mark.parametrize(("height", "width"), [(60, 190), (8, 8), (800, 1500), (1, 900), (900, 1), (100, 100)])
def test_a_frame_lies_whole_in_its_size_and_corners_find_back(height: int, width: int) -> None:
    """Its aspect is kept."""
    fitted = fit(np.full((height, width, 3), 200, np.uint8), SIZES)
    tall, wide = fitted.pixels.shape[:2]
    assert any(tall <= size[0] and wide <= size[1] for size in SIZES)
    assert (fitted.pixels == 200).all()
    assert max(fitted.across, fitted.down) <= ENLARGED + 1
    corners = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], np.float32)
    assert np.allclose(fitted.back(corners), [(0, 0), (width, 0), (width, height), (0, height)], rtol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(2048, 1536), (2046, 1534), (2047, 1535), (1200, 1500)])
def test_a_large_frame_is_shrunk_as_by_areas_in_one_step(height: int, width: int) -> None:
    """Nothing moves, whether it can be halved or not."""
    spots = np.random.default_rng(1).integers(0, 256, (height // 20, width // 20, 3), np.uint8)
    drawn = np.asarray(cv2.resize(spots, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    shown = fit(drawn, SIZES).pixels
    expected = cv2.resize(drawn, shown.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert shown.shape[0] * 3 < height
    off = np.abs(shown.astype(int) - expected).mean()
    for axis in range(2):  # as far as a tenth of a pixel would be
        assert off < 0.1 * np.abs(np.diff(expected.astype(int), axis=axis)).mean()


def test_a_huge_frame_is_shown_larger_than_any_size() -> None:
    """A quarter of it, whatever that makes: more reduced, small text would leave nothing."""
    fitted = fit(np.zeros((2000, 3000, 3), np.uint8), SIZES)
    assert fitted.pixels.shape == (500, 750, 3)
    assert (fitted.across, fitted.down) == (COARSEST, COARSEST)


def test_the_last_size_is_stacked_as_high_as_a_canvas_may_be() -> None:
    """Each further one adds what does not overlap; a size that is higher already stands alone."""
    assert canvases([(256, 704), (480, 1088)]) == [(256, 704), (480, 1088), (864, 1088), (1248, 1088)]
    assert canvases([(1280, 928)]) == [(1280, 928)]
    assert canvases([(64, 192)]) == [(64, 192)]


def test_what_is_smaller_than_its_size_is_padded() -> None:
    """Right of the frame and below it; a whole one stays what it is."""
    pixels = np.full((50, 80, 3), 200, np.uint8)
    whole = padded(pixels, (64, 192), 128)
    assert whole.shape == (64, 192, 3)
    assert (whole[:50, :80] == 200).all()
    assert (whole[50:] == 128).all()
    assert (whole[:, 80:] == 128).all()
    assert padded(whole, (64, 192), 128) is whole
