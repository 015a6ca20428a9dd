"""From maps that are drawn to boxes."""

import math

import cv2
import numpy as np
import pytest

from edged.flow.detect.boxes import MAX_BOXES, SURE, Map, Thresholds, boxes_of, clockwise

PLAIN = Thresholds(pixel=0.3, box=0.5, unclip=1.5)


def drawn(*rectangles: tuple[tuple[float, float], tuple[float, float], float], value: float = 1.0) -> Map:
    """A map of 240 x 320 with rectangles: centre, width and height, degrees."""
    likely = np.zeros((240, 320), np.uint8)
    for rectangle in rectangles:
        cv2.fillPoly(likely, [np.rint(cv2.boxPoints(rectangle)).astype(np.int32)], round(SURE * value))
    return likely


def test_a_box_grows_by_area_times_ratio_over_perimeter() -> None:
    """As the training shrank it."""
    (box,) = boxes_of(drawn(((160, 120), (100, 20), 0)), PLAIN)
    width, height = 101, 21  # with both outermost pixels
    offset = width * height * 1.5 / (2 * (width + height))
    left, top, right, bottom = 110 - offset, 110 - offset, 211 + offset, 131 + offset
    assert np.allclose(box, [(left, top), (right, top), (right, bottom), (left, bottom)], atol=0.1)


def test_what_is_faint_small_or_uneven_is_no_text() -> None:
    """Below the threshold of pixels, below that of the rectangle, and thinner than three pixels."""
    assert boxes_of(drawn(((160, 120), (100, 20), 0), value=0.25), PLAIN) == []
    assert boxes_of(drawn(((160, 120), (100, 20), 0), value=0.45), PLAIN) == []
    assert boxes_of(drawn(((160, 120), (100, 1), 0)), PLAIN) == []
    assert len(boxes_of(drawn(((160, 120), (100, 20), 0), value=0.55), PLAIN)) == 1


@pytest.mark.parametrize("degrees", [-40, -15, -3, 0, 3, 15, 40])
def test_a_tilted_box_begins_at_the_top_left_of_its_text(degrees: int) -> None:
    """Its first side runs along the text, to the right, and the corners go clockwise."""
    (box,) = boxes_of(drawn(((160, 120), (120, 24), degrees)), PLAIN)
    along, down = box[1] - box[0], box[3] - box[0]
    assert math.degrees(math.atan2(along[1], along[0])) == pytest.approx(degrees, abs=2)
    assert along[0] * down[1] - along[1] * down[0] > 0
    assert np.linalg.norm(along) > 2 * np.linalg.norm(down)


def test_a_tall_box_is_read_downwards() -> None:
    """Its text begins at the top right of the picture."""
    (box,) = boxes_of(drawn(((160, 120), (24, 120), 0)), PLAIN)
    along, down = box[1] - box[0], box[3] - box[0]
    assert along[1] > 3 * abs(along[0])
    assert down[0] < -3 * abs(down[1])


def test_a_square_stands_upright() -> None:
    """One character has no direction but that of the picture."""
    ring = clockwise(np.array([(20, 0), (20, 20), (0, 20), (0, 0)], np.float32))
    assert ring.tolist() == [[0, 0], [20, 0], [20, 20], [0, 20]]


def test_no_picture_makes_more_than_so_many_boxes() -> None:
    """The largest are kept: each costs an inference."""
    likely = np.zeros((400, 400), np.uint8)
    for y in range(0, 400, 10):
        for x in range(0, 400, 10):
            likely[y : y + 5, x : x + 5] = SURE
    likely[0:8, 0:8] = SURE
    boxes = boxes_of(likely, PLAIN)
    assert len(boxes) == MAX_BOXES
    assert min(box.min() for box in boxes) == pytest.approx(boxes[0].min())


def test_specks_that_are_no_text_take_no_place_of_texts() -> None:
    """What is too unlikely is not counted among the largest."""
    likely = np.zeros((800, 400), np.uint8)
    for y in range(0, 400, 10):
        for x in range(0, 400, 10):
            likely[y : y + 8, x : x + 8] = round(SURE * 0.4)  # larger, and likely enough for a pixel only
            likely[400 + y : 400 + y + 5, x : x + 5] = SURE
    assert len(boxes_of(likely, Thresholds())) >= 2 * MAX_BOXES - 1600
