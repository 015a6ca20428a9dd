"""Which way up a page stands: which way its texts lie, and how surely they read from one end and from the other.

Boxes tell whether texts run across a picture or along it, never from which end. Only reading tells that: a few of the longest are read
from both ends, and where they read clearly surer from the other, the picture is turned and looked at again, for a detector finds less in
what lies on its side. Where few texts stand in a picture each of them is asked, too, for they may hang both ways; so are those that
lie across the lines of their page. Columns of upright characters are not asked: they stand as their page does.
"""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edged.flow.detect.boxes import Corners
from edged.flow.detect.crop import cut_out
from edged.flow.detect.stacked import is_column
from edged.types import Pixels, Transcript

Find = Callable[[Pixels], list[Corners]]
"""Where text stands in a picture, as if it stood upright, in reading order."""
Affine = npt.NDArray[np.float64]  # 3 x 3
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
_READ: Final = 0.6  # no text reads so surely: the picture is looked at on its side, too
_MORE: Final = 1.0  # sure characters, that it must tell more then
_TILTED: Final = 4.0  # degrees: the picture is levelled, and looked at again
_TELLING: Final = 2.0  # times as long as high: this box tells its tilt
_ALIKE: Final = 3.0  # degrees from the middle one
_MOST: Final = 0.7  # of the length of all
_AROUND: Final = 0.1  # of the side of what has text


def the_right_way(image: Pixels, find: Find, read: Read) -> list[Corners]:
    """Where text stands in a frame, in the order in which it is read, each clockwise from the top left of its text.

    Args:
        image: H x W x 3.
        find: Finds text; asked once more where the page is turned or tilted, and where hardly anything can be read as it stands.
        read: Reads cuts.

    Raises:
        FrameFailed: The detector or the recogniser failed.
    """
    came = _View(image, find, read)
    view = _turned_up(came)
    if not view.is_read:
        side = _turned_up(came.turned(1))
        view = side if side.told > view.told + _MORE else view
    tilt = _tilt(view.boxes)
    if abs(tilt) > _TILTED:
        view = view.levelled(tilt)
    rows = [box for box in view.boxes if not is_column(_length(box), 1)]
    doubtful = rows if len(rows) <= _FEW else [box for box in rows if _is_across(box)][:_ACROSS]
    rolls = dict(zip(map(id, doubtful), _rolls(doubtful, view.asked), strict=True))
    return [view.back(np.roll(box, -rolls.get(id(box), 0), axis=0)) for box in view.boxes]


class _View:
    """A frame as it came, or turned: where text stands in it, and what was read of that."""

    def __init__(self, image: Pixels, find: Find, read: Read, back: Affine | None = None) -> None:
        """Look at the picture; *back* takes its points to those of the frame."""
        self._image, self._find, self._read = image, find, read
        self._back: Affine = np.eye(3) if back is None else back
        self.boxes, self.asked = find(image), _Asked(image, read)

    def turned(self, quarters: int) -> "_View":
        """By quarters against the clock."""
        image = np.ascontiguousarray(np.rot90(self._image, quarters))
        tall, wide = image.shape[:2]
        rows = (((1, 0, 0), (0, 1, 0)), ((0, -1, tall), (1, 0, 0)), ((-1, 0, wide), (0, -1, tall)), ((0, 1, 0), (-1, 0, wide)))[quarters]
        return _View(image, self._find, self._read, self._back @ np.array((*rows, (0, 0, 1)), float))

    def levelled(self, degrees: float) -> "_View":
        """Against the clock, and no more of it than where text was found, and around that."""
        cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        turn = np.array(((cos, sin), (-sin, cos)))
        tall, wide = self._image.shape[:2]
        whole = np.array(((0, 0), (wide, 0), (wide, tall), (0, tall))) @ turn.T
        texts = np.concatenate(self.boxes) @ turn.T
        around = _AROUND * np.ptp(texts, axis=0).max()
        start = np.floor(np.maximum(whole.min(axis=0), texts.min(axis=0) - around))
        end = np.ceil(np.minimum(whole.max(axis=0), texts.max(axis=0) + around))
        shift = (turn @ (0.5, 0.5) - 0.5) - start  # OpenCV counts from the middle of a pixel
        size = (int(end[0] - start[0]), int(end[1] - start[1]))
        image = cv2.warpAffine(self._image, np.hstack((turn, shift[:, None])), size, borderMode=cv2.BORDER_REPLICATE)
        back = np.vstack((np.hstack((turn.T, (turn.T @ start)[:, None])), (0, 0, 1)))
        return _View(np.asarray(image, np.uint8), self._find, self._read, self._back @ back)

    def back(self, corners: Corners) -> Corners:
        """Corners in pixels of the frame."""
        return (corners @ self._back[:2, :2].T + self._back[:2, 2]).astype(np.float32)

    @property
    def told(self) -> float:
        """How many characters of the longest texts are read surely."""
        return sum(max(_sure(said) * len(said.characters) for said in ways) for ways in self._longest())

    @property
    def is_read(self) -> bool:
        """Whether any of the longest texts reads surely; columns are not asked."""
        known = [said for box in self.boxes for said in self.asked.known(box)]
        if any(_sure(said) >= _READ for said in known) or (self.boxes and not self._rows()):
            return True
        return any(_sure(said) >= _READ for ways in self._longest() for said in ways)

    def _rows(self) -> list[Corners]:
        return [box for box in self.boxes if not is_column(_length(box), 1)]

    def _longest(self) -> list[list[Transcript]]:
        """What the longest texts say as they stand, and as they were asked."""
        longest = sorted(self._rows(), key=_length, reverse=True)[:_ASKED]
        self.asked(longest, 0)
        return [self.asked.known(box) for box in longest]


def _turned_up(view: _View) -> _View:
    quarters = _quarters(view.boxes, view.asked) if view.boxes else 0
    return view.turned(quarters) if quarters else view


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

    def known(self, box: Corners) -> list[Transcript]:
        """What a text says, from each way that it was asked."""
        return [said for (one, _), said in self._known.items() if one == id(box)]


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


def _tilt(boxes: Sequence[Corners]) -> float:
    """By how many degrees the lines of a picture run down; 0 where they do not agree, or say nothing."""
    lines = np.array([box[1] - box[0] for box in boxes if _length(box) >= _TELLING]).reshape(-1, 2)
    if not len(lines):
        return 0.0
    lengths, angles = np.linalg.norm(lines, axis=1), np.degrees(np.arctan2(lines[:, 1], lines[:, 0]))
    ranked = np.argsort(angles)
    middle = angles[ranked][np.searchsorted(np.cumsum(lengths[ranked]), lengths.sum() / 2)]
    alike = lengths[np.abs(angles - middle) <= _ALIKE].sum()
    return float(middle) if alike >= _MOST * lengths.sum() and abs(middle) < 45 else 0.0
