"""Which way up a page stands."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from edged.flow.detect.boxes import Corners, clockwise, is_across
from edged.flow.detect.order import in_reading_order
from edged.flow.detect.stacked import standing
from edged.flow.detect.view import Find
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


def test_a_page_that_reads_surely_costs_four_lines() -> None:
    """And one that does not costs six, both ways."""
    sure, doubtful = Reads(), Reads(right=0.8)
    the_right_way(page(*MANY), found, sure)
    the_right_way(page(*MANY), found, doubtful)
    assert (sure.asked, doubtful.asked) == (4, 12)


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
    assert reads.asked == 4 + 2


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


def level_only(image: Pixels) -> list[Corners]:
    """A detector that sees nothing of what lies on its side."""
    return [box for box in found(image) if not is_across(box)]


class Counted:
    """How often a picture was looked at."""

    def __init__(self, find: Find) -> None:
        self.find, self.looks = find, 0

    def __call__(self, image: Pixels) -> list[Corners]:
        self.looks += 1
        return self.find(image)


@pytest.mark.parametrize("quarters", [1, 3])
def test_where_nothing_is_found_the_picture_is_looked_at_on_its_side(quarters: int) -> None:
    image = page(*FEW)
    got = the_right_way(np.ascontiguousarray(np.rot90(image, quarters)), level_only, Reads())
    assert np.allclose(got, [turned(box, quarters) for box in found(image)])


def test_what_reads_surely_costs_no_look_from_the_side() -> None:
    the_right_way(page(*FEW), look := Counted(found), Reads(right=0.7))
    assert look.looks == 1


def test_a_side_that_tells_no_more_is_left() -> None:
    """Nothing reads surely either way: the picture stays as it came."""
    image = page(*FEW)
    got = the_right_way(image, look := Counted(found), Reads(right=0.4, wrong=0.4))
    assert look.looks == 2
    assert np.allclose(got, found(image))


MIDDLE = tuple((60, 84 + 28 * row, 180 + 30 * row, 100 + 28 * row) for row in range(3))
"""Texts that stay within the page when it is tilted."""


def tilted(image: Pixels, degrees: float) -> tuple[Pixels, "np.ndarray[tuple[int, int], np.dtype[np.float64]]"]:
    """The picture turned clockwise about its middle; and the matrix that takes its points there."""
    tall, wide = image.shape[:2]
    turn = cv2.getRotationMatrix2D((wide / 2, tall / 2), -degrees, 1)
    centred = turn.copy()
    centred[:, 2] += turn[:, :2] @ (0.5, 0.5) - 0.5
    return np.asarray(cv2.warpAffine(image, centred, (wide, tall), borderValue=(255, 255, 255)), np.uint8), turn


def tight(image: Pixels) -> list[Corners]:
    """Whatever is not white, in boxes that lie as it lies."""
    mask = (image[:, :, 0] < 200).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return in_reading_order([clockwise(cv2.boxPoints(cv2.minAreaRect(contour)) + np.float32(0.5)) for contour in contours])


@pytest.mark.parametrize("degrees", [-13, -6, 6, 13])
def test_a_tilted_page_is_levelled_and_looked_at_again(degrees: float) -> None:
    """Its boxes stand where the texts are in the frame."""
    image, turn = tilted(page(*MIDDLE), degrees)
    expected = [box @ turn[:, :2].T + turn[:, 2] for box in found(page(*MIDDLE))]
    got = the_right_way(image, look := Counted(tight), Reads())
    assert look.looks == 2
    assert np.abs(np.array(got) - expected).max() < 2


def test_a_page_that_hangs_nearly_straight_is_not_looked_at_again() -> None:
    the_right_way(tilted(page(*MIDDLE), 3)[0], look := Counted(tight), Reads())
    assert look.looks == 1


def test_a_second_look_that_loses_text_does_not_count() -> None:
    image, _ = tilted(page(*MIDDLE), 10)
    first, looks = tight(image), iter((tight(image), tight(image)[:1]))
    assert np.allclose(the_right_way(image, lambda _: next(looks), Reads()), first)


def test_a_page_on_its_side_may_be_tilted_as_well() -> None:
    image, turn = tilted(page(*MIDDLE), 8)
    expected = [turned(box @ turn[:, :2].T + turn[:, 2], 1) for box in found(page(*MIDDLE))]
    got = the_right_way(np.ascontiguousarray(np.rot90(image)), tight, Reads())
    assert np.abs(np.array(got) - expected).max() < 2


def test_where_columns_stand_the_page_stands() -> None:
    """However surely they would read from the side."""
    image = page((20, 20, 60, 36), (200, 20, 220, 220))
    columns = Counted(lambda view: standing(found(view)))
    got = the_right_way(image, columns, lambda cuts: [said(0.95 if cut.shape[1] > 150 else 0.4) for cut in cuts])
    assert columns.looks == 1
    assert np.allclose(got, standing(found(image)))
