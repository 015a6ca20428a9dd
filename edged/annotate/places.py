"""Pure: where a label finds room beside its box, covering neither another label nor another box."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from edged.types import Box


class Rect(NamedTuple):
    """Pixels: the first that belongs to it, and the first that does not."""

    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: "Rect") -> bool:
        """Whether they share a pixel."""
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom

    def lies_in(self, other: "Rect") -> bool:
        """Whether nothing of it lies outside of the other."""
        return self.left >= other.left and self.top >= other.top and self.right <= other.right and self.bottom <= other.bottom


def hull(box: Box) -> Rect:
    """The upright rectangle around a box."""
    across, down = [x for x, _ in box], [y for _, y in box]
    return Rect(int(min(across)), int(min(down)), int(max(across)) + 1, int(max(down)) + 1)


def room_beside(box: Rect, size: tuple[int, int], picture: Rect, others: Sequence[Rect], gap: int, *, sides: bool = False) -> Rect | None:
    """Where a label may stand next to its box; None where there is no room.

    Args:
        box: Around what the label is about.
        size: Width and height of the label.
        picture: What it may not leave.
        others: What it may not cover: other boxes, and the labels that stand already.
        gap: Pixels between box and label.
        sides: Only left and right of the box, where a number cannot be taken for that of the line above or below.
    """
    places = _at_sides(box, size, gap) if sides else chain(_above_and_below(box, size, picture, gap), _at_sides(box, size, gap))
    return next((place for place in places if _free(place, picture, others)), None)


def room_inside(box: Rect, size: tuple[int, int], picture: Rect, labels: Sequence[Rect]) -> Rect | None:
    """A corner of the box itself for a small label; it may cover what it is about, and no other label."""
    wide, tall = size
    lefts, tops = (box.left, box.right - wide), (box.top, box.bottom - tall)
    places = (_shifted(Rect(left, top, left + wide, top + tall), picture) for left in lefts for top in tops)
    return next((place for place in places if _free(place, picture, labels)), None)


def _above_and_below(box: Rect, size: tuple[int, int], picture: Rect, gap: int) -> Iterator[Rect]:
    wide, tall = size
    above, below = box.top - gap - tall, box.bottom + gap
    for left, top in ((box.left, above), (box.left, below), (box.right - wide, above), (box.right - wide, below)):
        yield _shifted(Rect(left, top, left + wide, top + tall), picture, across_only=True)


def _at_sides(box: Rect, size: tuple[int, int], gap: int) -> Iterator[Rect]:
    wide, tall = size
    middle = (box.top + box.bottom - tall) // 2
    for left in (box.right + gap, box.left - gap - wide):
        yield Rect(left, middle, left + wide, middle + tall)


def _shifted(place: Rect, picture: Rect, *, across_only: bool = False) -> Rect:
    """Moved into the picture as far as it fits."""
    across = max(picture.left - place.left, 0) + min(picture.right - place.right, 0)
    down = 0 if across_only else max(picture.top - place.top, 0) + min(picture.bottom - place.bottom, 0)
    return Rect(place.left + across, place.top + down, place.right + across, place.bottom + down)


def _free(place: Rect, picture: Rect, others: Sequence[Rect]) -> bool:
    return place.lies_in(picture) and not any(place.meets(other) for other in others)
