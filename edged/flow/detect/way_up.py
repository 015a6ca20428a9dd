"""Which way up a page stands: which way its texts lie, and how surely they read from one end and from the other.

Boxes tell whether texts run across a picture or along it, never from which end. Only reading tells that: a few of the longest are read
from both ends, and where they read clearly surer from the other, the picture is turned and looked at again, for a detector finds less in
what lies on its side. Where few texts stand in a picture each of them is asked, too, for they may hang both ways; so are those that
lie across the lines of their page. Columns of upright characters are not asked: they stand as their page does.
"""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Final

import numpy as np

from edged.flow.detect.boxes import Corners
from edged.flow.detect.crop import cut_out
from edged.flow.detect.stacked import is_column
from edged.types import Pixels, Transcript

Find = Callable[[Pixels], list[Corners]]
"""Where text stands in a picture, as if it stood upright, in reading order."""
Read = Callable[[Sequence[Pixels]], Sequence[Transcript]]
"""Reads cuts now, and waits for them."""

_FEW: Final = 6  # texts in a picture: each is asked
_ASKED: Final = 6  # lines of a page
_ACROSS: Final = 12  # texts that lie across a page
_FIRST: Final = 3  # lines of a page that are read as they stand; where they are
_SURE: Final = 0.9  # nothing more is asked: upside down three long lines reached 0.76 at most
_SURER: Final = 0.06  # nothing is turned on a whim: what reads alike from both ends, or hardly, stays
_FEWER: Final = 0.25  # characters more, of which nothing is sure
_LONG: Final = 1.5  # times as long as high: this box tells which way its text runs


def the_right_way(image: Pixels, find: Find, read: Read) -> list[Corners]:
    """Where text stands in a frame, in the order in which it is read, each clockwise from the top left of its text.

    Args:
        image: H x W x 3.
        find: Finds text; asked once more where the page is turned.
        read: Reads cuts.

    Raises:
        FrameFailed: The detector or the recogniser failed.
    """
    boxes = find(image)
    if not boxes:
        return []
    asked = _Asked(image, read)
    quarters = _quarters(boxes, asked)
    if quarters:
        image = np.ascontiguousarray(np.rot90(image, quarters))
        boxes, asked = find(image), _Asked(image, read)
    rows = [box for box in boxes if not is_column(_length(box), 1)]
    doubtful = rows if len(rows) <= _FEW else [box for box in rows if _is_across(box)][:_ACROSS]
    rolls = dict(zip(map(id, doubtful), _rolls(doubtful, asked), strict=True))
    return [_back(np.roll(box, -rolls.get(id(box), 0), axis=0), quarters, image.shape[1], image.shape[0]) for box in boxes]


class _Asked:
    """What texts of a picture say, turned; each is read once."""

    def __init__(self, image: Pixels, read: Read) -> None:
        self._image, self._read = image, read
        self._known: dict[tuple[int, int], Transcript] = {}

    def __call__(self, boxes: Sequence[Corners], *turns: int) -> list[list[Transcript]]:
        """For each turn, by so many quarters against the clock, what each of these texts says; the boxes live as long as this."""
        wanted = [(box, turn) for turn in turns for box in boxes if (id(box), turn) not in self._known]
        said = self._read([np.ascontiguousarray(np.rot90(cut_out(self._image, box), turn)) for box, turn in wanted]) if wanted else ()
        self._known |= {(id(box), turn): text for (box, turn), text in zip(wanted, said, strict=True)}
        return [[self._known[id(box), turn] for box in boxes] for turn in turns]


def _quarters(boxes: Sequence[Corners], asked: _Asked) -> int:
    """By how many quarters against the clock the picture is to be turned."""
    ranked = sorted((box for box in boxes if not is_column(_length(box), 1)), key=_length, reverse=True)
    if not ranked:
        return 0
    wide, tall = [box for box in ranked if not _is_across(box)][:_ASKED], [box for box in ranked if _is_across(box)][:_ASKED]
    if not tall and _length(ranked[0]) < _LONG:  # nothing but short texts: they may lie any way
        return _surest(asked(ranked[:_FEW], 0, 2, 1, 3), (0, 2, 1, 3))
    if _lie(boxes) and not _are_sure(wide, asked):
        return _surest(asked(tall, 0, 2), (1, 3), margin=0)
    if len(boxes) > _FEW and _are_sure(wide, asked):
        return 0
    return _surest(asked(wide, 0, 2), (0, 2)) if wide and not _is_settled(*asked(wide, 0)) else 0


def _are_sure(lines: Sequence[Corners], asked: _Asked) -> bool:
    """Whether the longest of these lines read so surely as they stand that nothing else need be asked."""
    (said,) = asked(lines[:_FIRST], 0)
    return bool(said) and fmean(map(_sure, said), map(_weight, said)) > _SURE


def _rolls(boxes: Sequence[Corners], asked: _Asked) -> list[int]:
    """By how many corners each text begins later than its box says; a short one may lie on its side."""
    if not boxes:
        return []
    ways = (0, 2, 1, 3)
    (upright,) = asked(boxes, 0)
    open_ones = [box for box, said in zip(boxes, upright, strict=True) if not _is_settled([said])]
    short = [box for box in open_ones if _length(box) < _LONG]
    ends, sides = asked(open_ones, 0, 2), asked(short, 1, 3)
    of_short = dict(zip(map(id, short), zip(*sides, strict=True), strict=True))
    said = {id(box): (*both, *of_short.get(id(box), ())) for box, both in zip(open_ones, zip(*ends, strict=True), strict=True)}
    return [_surest([[text] for text in said[id(box)]], ways[: len(said[id(box)])]) if id(box) in said else 0 for box in boxes]


def _is_settled(said: Sequence[Transcript]) -> bool:
    """Whether texts read so surely as they stand that from no other way they could read surer by the margin, however sure and long."""
    most = 2 * max(map(_weight, said)) + 2
    return fmean(map(_sure, said), map(_weight, said)) + _SURER >= most / (most + _FEWER)


def _surest(said: Sequence[Sequence[Transcript]], ways: Sequence[int], margin: float = _SURER) -> int:
    """The way that these texts read surest; the first, if none is surer by a margin. From each way a text counts as much."""
    weights = [max(_weight(text) for text in one) for one in zip(*said, strict=True)]
    sure = [fmean(map(_sure, texts), weights) for texts in said]
    best = max(range(len(said)), key=sure.__getitem__)
    return ways[best if sure[best] > sure[0] + margin else 0]


def _sure(said: Transcript) -> float:
    """The mean of the characters, for the weakest one of many is weak by chance; a few say less: on its side VS1 is a good S."""
    return sum(one.confidence for one in said.characters) / (len(said.characters) + _FEWER) if said.text.strip() else 0.0


def _weight(said: Transcript) -> int:
    return max(1, len(said.characters))


def _lie(boxes: Sequence[Corners]) -> bool:
    """Whether most of the text runs up or down the frame."""
    wide = sum(_side(box) for box in boxes if _length(box) >= _LONG and not _is_across(box))
    return sum(_side(box) for box in boxes if _is_across(box)) > wide


def _is_across(box: Corners) -> bool:
    """Whether a text runs up or down its picture."""
    along, down = box[1] - box[0]
    return bool(abs(down) > abs(along))


def _side(box: Corners) -> float:
    return float(np.linalg.norm(box[1] - box[0]))


def _length(box: Corners) -> float:
    """Of the text, in its heights."""
    return _side(box) / max(float(np.linalg.norm(box[3] - box[0])), 1e-6)


def _back(corners: Corners, quarters: int, wide: int, tall: int) -> Corners:
    """Corners in pixels of the frame, from those of the picture, wide x tall, turned by quarters against the clock."""
    x, y = corners[:, 0], corners[:, 1]
    turned = ((x, y), (tall - y, x), (wide - x, tall - y), (y, wide - x))[quarters]
    return np.stack(turned, axis=1).astype(np.float32)
