"""Which way up a page stands."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from edged.flow.detect.boxes import Corners, clockwise
from edged.flow.detect.order import in_reading_order
from edged.flow.detect.way_up import the_right_way
from edged.types import Character, Pixels, Transcript

Rectangle = tuple[int, int, int, int]  # left, top, right, bottom


def page(*texts: Rectangle, height: int = 240, width: int = 320) -> Pixels:
    """White, with texts that begin dark and end grey."""
    image = np.full((height, width, 3), 255, np.uint8)
    for left, top, right, bottom in texts:
        image[top:bottom, left:right] = 128
        image[top:bottom, left : (left + right) // 2] = 0
    return image


def found(image: Pixels) -> list[Corners]:
    """Whatever is not white."""
    mask = (image[:, :, 0] < 200).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = []
    for left, top, wide, tall in map(cv2.boundingRect, contours):
        boxes.append(clockwise(np.array([(left, top), (left + wide, top), (left + wide, top + tall), (left, top + tall)], np.float32)))
    return in_reading_order(boxes)


def said(confidence: float, text: str = "some text") -> Transcript:
    characters = tuple(Character(text=one, confidence=confidence, alternative="", margin=0.0, others=()) for one in text)
    return Transcript(text=text, confidence=confidence, characters=characters)


class Reads:
    """Sure where a text begins dark, and counts what it is asked."""

    def __init__(self, *, right: float = 0.95, wrong: float = 0.3) -> None:
        self.right, self.wrong, self.asked = right, wrong, 0

    def __call__(self, cuts: Sequence[Pixels]) -> list[Transcript]:
        self.asked += len(cuts)
        return [said(self.right if self._stands(cut[:, :, 0].astype(int)) else self.wrong) for cut in cuts]

    def _stands(self, cut: "np.ndarray[tuple[int, int], np.dtype[np.int_]]") -> bool:
        wide = cut.shape[1]
        left, right = cut[:, wide // 8 : wide * 3 // 8].mean(), cut[:, wide * 5 // 8 : wide * 7 // 8].mean()
        return bool(right - left > 100)


MANY = tuple((20, 12 + 28 * row, 120 + 20 * row, 28 + 28 * row) for row in range(8))
FEW = MANY[:3]


def turned(corners: Corners, quarters: int, *, wide: int = 320, tall: int = 240) -> Corners:
    """Corners where they are once a page, wide x tall, is turned by quarters against the clock."""
    for _ in range(quarters):
        corners = np.stack((corners[:, 1], wide - corners[:, 0]), axis=1)
        wide, tall = tall, wide
    return corners


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("texts", [MANY, FEW, FEW[:1]])
def test_a_turned_page_is_read_as_it_was_written(texts: tuple[Rectangle, ...], quarters: int) -> None:
    """In its own order; the boxes stand where the texts are in the frame, and begin where they begin."""
    image = page(*texts)
    expected = [turned(box, quarters) for box in found(image)]
    got = the_right_way(np.ascontiguousarray(np.rot90(image, quarters)), found, Reads())
    assert np.allclose(got, expected)


def test_a_page_that_reads_surely_costs_three_lines() -> None:
    """And one that does not costs six, both ways."""
    sure, doubtful = Reads(), Reads(right=0.8)
    the_right_way(page(*MANY), found, sure)
    the_right_way(page(*MANY), found, doubtful)
    assert (sure.asked, doubtful.asked) == (3, 12)


@pytest.mark.parametrize("texts", [MANY, FEW])
@pytest.mark.parametrize("quarters", [0, 2])
def test_what_reads_alike_from_both_ends_stays(texts: tuple[Rectangle, ...], quarters: int) -> None:
    """1001 may be anything: nothing is turned on a whim."""
    image = np.ascontiguousarray(np.rot90(page(*texts), quarters))
    assert np.allclose(the_right_way(image, found, Reads(right=0.85, wrong=0.8)), found(image))


def test_of_few_texts_each_is_asked() -> None:
    """Two markers hang one way, the third the other: the picture stays, the third is turned."""
    image = page(*FEW)
    left, top, right, bottom = FEW[1]
    image[top:bottom, left:right] = image[top:bottom, left:right][::-1, ::-1]
    first, second, third = found(image)
    got = the_right_way(image, found, Reads())
    assert np.allclose(got, [first, np.roll(second, 2, axis=0), third])


def test_a_tall_text_in_an_upright_page_is_read_from_its_end() -> None:
    """The page stands, and the margin note runs up it: of many lines only those that lie across them are asked."""
    note = np.ascontiguousarray(np.rot90(page((10, 10, 190, 26), height=36, width=200)))  # runs upwards
    image = page(*MANY)
    image[20:220, 284:320] = note
    got = the_right_way(image, found, reads := Reads())
    tall = [box for box in got if abs(box[1] - box[0])[1] > 100]
    assert len(got) == 9
    assert len(tall) == 1
    assert tall[0][1][1] < tall[0][0][1]  # upwards
    assert reads.asked == 3 + 2


def test_a_short_text_alone_may_lie_on_its_side() -> None:
    """Its box does not tell; reading does."""
    image = page((100, 100, 124, 120))
    got = the_right_way(np.ascontiguousarray(np.rot90(image)), found, Reads())
    assert np.allclose(got, [turned(found(image)[0], 1)])


def test_where_no_text_is_nothing_is_read() -> None:
    reads = Reads()
    assert the_right_way(page(), found, reads) == []
    assert reads.asked == 0


def test_a_text_that_says_nothing_is_no_reason_to_turn() -> None:
    """Blanks, however sure."""
    image = page(*FEW)
    assert np.allclose(the_right_way(image, found, lambda cuts: [said(1.0, " ") for _ in cuts]), found(image))
