"""Frames of any size in a few fixed ones."""

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
