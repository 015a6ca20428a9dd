"""Small text looked at again."""

from collections.abc import Sequence

import numpy as np
import pytest

from edged.flow.detect.boxes import Corners
from edged.flow.detect.closer import LARGEST, SMALL, closer, covered, height_of


def box(left: float, top: float, wide: float, tall: float) -> Corners:
    return np.array([(left, top), (left + wide, top), (left + wide, top + tall), (left, top + tall)], np.float32)


class Searcher:
    """Finds what it was told, and remembers what it was asked."""

    def __init__(self, *answers: list[Corners]) -> None:
        self._answers = iter(answers)
        self.asked: list[tuple[int, list[Corners]]] = []

    def __call__(self, by: int, around: Sequence[Corners]) -> list[Corners]:
        self.asked.append((by, list(around)))
        return next(self._answers)


def test_what_stands_large_enough_costs_no_second_look() -> None:
    """A page of large print is done."""
    boxes = [box(0, 0, 400, SMALL / 0.25), box(0, 100, 400, 80)]
    search = Searcher()
    assert closer(boxes, 0.25, 12_000_000, search) == boxes
    assert search.asked == []


def test_small_text_is_replaced_by_what_is_found_closer() -> None:
    """Two lines that were taken for one are two; what large ones cover is theirs; what is not found again stays."""
    large, both, lost = box(0, 0, 900, 100), box(0, 200, 400, 40), box(800, 800, 90, 30)
    first, second, letter = box(2, 202, 300, 20), box(2, 228, 390, 20), box(20, 10, 60, 80)
    search = Searcher([first, letter, second], [first, second])
    got = closer([large, both, lost], 0.25, 12_000_000, search)
    by, around = search.asked[0]
    assert (by, [id(one) for one in around]) == (2, [id(both), id(lost)])
    assert sorted(height_of(one) for one in got) == [20, 20, 30, 100]


def test_it_looks_closer_until_the_text_stands_large_or_the_frame_has_no_more() -> None:
    """At two pixels of the frame, then at one; never larger than the frame is."""
    tiny = box(0, 0, 90, 10)
    search = Searcher([tiny], [tiny])
    assert [height_of(one) for one in closer([tiny], 0.25, 12_000_000, search)] == [10]
    assert [by for by, _ in search.asked] == [2, 1]
    search = Searcher()
    closer([tiny], 0.8, 1_000_000, search)
    assert search.asked == []


def test_the_map_of_a_huge_frame_has_bounds() -> None:
    """Where it would be larger, what was found stays."""
    tiny = box(0, 0, 90, 10)
    search = Searcher([tiny])
    closer([tiny], 0.25, 3 * LARGEST, search)
    assert [by for by, _ in search.asked] == [2]


def test_how_much_of_a_box_lies_in_another() -> None:
    """Of its own area."""
    assert covered(box(0, 0, 10, 10), box(5, 0, 100, 10)) == 0.5
    assert covered(box(0, 0, 10, 10), box(20, 0, 10, 10)) == 0
    assert covered(box(2, 2, 5, 5), box(0, 0, 10, 10)) == 1


def test_a_page_of_a_thousand_small_texts_is_compared_where_they_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with each would take longer than a feed may be silent."""
    compared: list[int] = []

    def counted(corners: Corners, other: Corners) -> float:
        compared.append(1)
        return covered(corners, other)

    monkeypatch.setattr("edged.flow.detect.closer.covered", counted)
    page = [box(200 * (number % 25), 60 * (number // 25), 150, 12) for number in range(1000)]
    found = [one + np.float32(1) for one in page]
    assert len(closer(page, 0.25, 40_000_000, Searcher(found))) == 1000
    assert len(compared) <= 2000
