"""Looks at a frame that is turned or levelled: what is found there stands in the frame where it stands."""

import cv2
import numpy as np
import pytest

from edged.flow.detect.boxes import Corners
from edged.flow.detect.view import View, levelled, turned
from edged.types import Pixels

DOTS = np.array(((40.5, 30.5), (170.5, 42.5), (160.5, 90.5), (30.5, 80.5)))
"""In points of the frame, where 0.5 is the middle of the first pixel; clockwise."""


def frame() -> Pixels:
    """200 x 120 pixels, with a soft dot at each place."""
    y, x = np.mgrid[0:120, 0:200] + 0.5
    light = sum(np.exp(-((x - left) ** 2 + (y - top) ** 2) / 8) for left, top in DOTS)
    return np.repeat((light * 255).clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def dots(image: Pixels) -> list[Corners]:
    """Where the dots are, to a fraction of a pixel, as the corners of one box."""
    light = image[:, :, 0].astype(np.float64)
    _, parts = cv2.connectedComponents((light > 5).astype(np.uint8))
    y, x = np.mgrid[0 : light.shape[0], 0 : light.shape[1]] + 0.5
    weights = [np.where(parts == part, light, 0) for part in range(1, 5)]
    return [np.array([((one * x).sum() / one.sum(), (one * y).sum() / one.sum()) for one in weights], np.float32)]


def nothing_read(_: object) -> list[object]:
    raise AssertionError("nothing is to be read")


def seen(view: View) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """The dots in points of the frame, in their order."""
    found = view.back(view.boxes[0])
    return np.array([min(found, key=lambda point: float(np.hypot(*(point - dot)))) for dot in DOTS])


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_what_a_turned_frame_shows_is_told_where_it_is(quarters: int) -> None:
    view = turned(frame(), dots, nothing_read, quarters)  # type: ignore[arg-type]
    assert np.abs(seen(view) - DOTS).max() < 0.1


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("degrees", [-44, -7, 5, 30])
def test_what_a_levelled_view_shows_is_told_where_it_is(quarters: int, degrees: float) -> None:
    view = levelled(turned(frame(), dots, nothing_read, quarters), dots, degrees)  # type: ignore[arg-type]
    assert np.abs(seen(view) - DOTS).max() < 0.1


def test_what_a_large_levelled_view_shows_is_told_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is shown smaller than it is."""
    monkeypatch.setattr("edged.flow.detect.view._LARGEST", 10_000)
    shown = list[Pixels]()

    def find(image: Pixels) -> list[Corners]:
        shown.append(image)
        return dots(image)

    view = levelled(turned(frame(), dots, nothing_read, 1), find, 7)  # type: ignore[arg-type]
    assert shown[0].shape[0] * shown[0].shape[1] == pytest.approx(10_000, rel=0.02)
    assert np.abs(seen(view) - DOTS).max() < 0.6


def test_what_is_found_beyond_the_frame_is_none() -> None:
    """Its border is no text, and what lies beyond has no colour of its own."""
    image, shown = np.full((100, 300, 3), 200, np.uint8), list[Pixels]()
    image[45:55] = 0  # runs off the frame
    texts = [np.array(((40, 40), (260, 40), (260, 60), (40, 60)), np.float32)]

    def find(view: Pixels) -> list[Corners]:
        shown.append(view)
        tall, wide = view.shape[:2]
        spots = ((2, 2), (wide / 2 - 5, tall / 2 - 5))  # beyond a corner of the frame, and in its middle
        return [np.array(((x, y), (x + 10, y), (x + 10, y + 10), (x, y + 10)), np.float32) for x, y in spots] if len(shown) > 1 else texts

    view = levelled(turned(image, find, nothing_read, 0), find, 40)  # type: ignore[arg-type]
    assert [view.back(box).mean(axis=0).round() for box in view.boxes] == [pytest.approx((150, 50), abs=2)]
    assert (shown[1][0, 0] == image.mean(axis=(0, 1)).round()).all()
