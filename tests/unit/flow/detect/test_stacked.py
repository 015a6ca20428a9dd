"""Columns of characters."""

from typing import Any

import cv2
import numpy as np
import pytest

from edged.flow.detect.boxes import Corners, clockwise
from edged.flow.detect.lines import lines_of
from edged.flow.detect.stacked import _gaps, in_a_row, standing
from edged.flow.detect.way_up import the_right_way
from edged.types import Pixels


def column(text: str, *, pitch: int = 36, wide: int = 40) -> Pixels:
    """Characters one below the other, dark on white."""
    image = np.full((pitch * len(text), wide, 3), 255, np.uint8)
    for row, character in enumerate(text):
        (across, up), _ = cv2.getTextSize(character, cv2.FONT_HERSHEY_SIMPLEX, 0.9, 2)
        origin = (wide - across) // 2, pitch * row + (pitch + up) // 2
        cv2.putText(image, character, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (0, 0, 0), 2, cv2.LINE_AA)
    return image


def ring(left: float, top: float, right: float, bottom: float) -> Corners:
    return clockwise(np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32))


@pytest.mark.parametrize("text", ["HOTEL", "AB", "BAKERY24"])
@pytest.mark.parametrize("pitch", [30, 36, 48])
def test_a_column_becomes_a_row_of_whole_characters(text: str, pitch: int) -> None:
    """As many as there are, each as it was, in their order."""
    row = in_a_row(column(text, pitch=pitch))
    assert row.shape[1] == 40 * len(text)
    for number, character in enumerate(text):
        piece, alone = row[:, 40 * number : 40 * (number + 1)], column(character, pitch=pitch)
        assert (piece < 128).sum() == pytest.approx((alone < 128).sum(), rel=0.02)
        assert np.abs((piece < 128).sum(axis=0).astype(int) - (alone < 128).sum(axis=0)).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (5, 1), (400, 3), (2, 1), (60, 40)])
def test_whatever_is_cut_there_is_a_row(shape: tuple[int, int]) -> None:
    """Thin columns, and such without any ink."""
    assert min(in_a_row(np.zeros((*shape, 3), np.uint8)).shape) >= 1
    assert min(in_a_row(np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)).shape) >= 1


def test_tall_boxes_stand_and_wide_ones_stay() -> None:
    """A column begins at its top left."""
    tall, wide = ring(10, 10, 30, 110), ring(50, 10, 150, 30)
    got = standing([tall, wide])
    assert got[0].tolist() == [[10, 10], [30, 10], [30, 110], [10, 110]]
    assert got[1].tolist() == wide.tolist()


def test_a_column_stands_as_its_page_and_is_read_as_a_row() -> None:
    """Nobody is asked which way up it is, and its box is that of the column."""
    image = np.full((220, 120, 3), 255, np.uint8)
    image[10:190, 20:60] = column("HOTEL")

    def find(_: Pixels) -> list[Corners]:
        return standing([ring(20, 10, 60, 190)])

    def read(_: object) -> list[object]:
        raise AssertionError

    boxes = the_right_way(image, find, read)  # type: ignore[arg-type]
    (line,) = lines_of(image, boxes, lambda cut: cut)
    assert line.box == ((20.0, 10.0), (60.0, 10.0), (60.0, 190.0), (20.0, 190.0))
    assert line.image.shape[1] > 4 * line.image.shape[0]


def test_an_endless_column_costs_no_endless_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers of characters that are tried do not grow with its length, else the gaps grow with its square."""
    tried: list[int] = []

    def counted(ink: Any, count: int) -> list[int]:
        tried.append(count)
        return _gaps(ink, count)

    monkeypatch.setattr("edged.flow.detect.stacked._gaps", counted)
    assert in_a_row(np.zeros((16_000, 20, 3), np.uint8)).shape[0] > 0
    assert len(tried) <= 96
    assert min(tried) == 534
    assert max(tried) > 1320
