"""Which way up a page stands: which way its texts lie, and how surely they read from one end and from the other.

Boxes tell whether texts run across a picture or along it, never from which end. Only reading tells that: a few of the longest are read
from both ends, and where they read clearly surer from the other, the picture is turned and looked at again, for a detector finds less in
what lies on its side, and may see nothing of a short text: where nothing reads surely, the picture is looked at on its side, too. A page
that is tilted is levelled and looked at again. Where few texts stand in a picture each of them is asked, too, for they may hang both
ways; so are those that lie across the lines of their page. Columns of upright characters are not asked: they stand as their page does.
"""

from collections.abc import Callable, Sequence
from functools import partial
from statistics import fmean
from typing import Final

import numpy as np

from edged.flow.detect.boxes import Corners, is_across, length, side
from edged.flow.detect.stacked import is_column
from edged.flow.detect.tilt import tilt
from edged.flow.detect.view import Find, Read, View, levelled, turned
from edged.types import Pixels, Transcript

_FEW: Final = 6  # texts in a picture: each is asked
_ASKED: Final = 6  # lines of a page
_ACROSS: Final = 12  # texts that lie across a page
_FIRST: Final = 4  # lines of a page that are read as they stand, so many that two cores are busy; where they are
_SURE: Final = 0.9  # nothing more is asked: upside down three long lines together reached 0.76 at most
_SURER: Final = 0.06  # nothing is turned on a whim: what reads alike from both ends, or hardly, stays
_FEWER: Final = 0.25  # characters more, of which nothing is sure
_LONG: Final = 1.5  # times as long as high: this box tells which way its text runs
_READ: Final = 0.6  # no text reads so surely: the picture is looked at on its side, too
_MORE: Final = 1.0  # sure characters, that it must tell more then
_TILTED: Final = 4.0  # degrees: the picture is levelled, and looked at again
_AS_MUCH: Final = 0.7  # of the length of all texts: what a second look loses is mostly none


def the_right_way(image: Pixels, find: Find, read: Read) -> list[Corners]:
    """Where text stands in a frame, in the order in which it is read, each clockwise from the top left of its text.

    Args:
        image: H x W x 3.
        find: Finds text; asked once more where the page is turned or tilted, and where hardly anything can be read as it stands.
        read: Reads cuts.

    Raises:
        FrameFailed: The detector or the recogniser failed.
    """
    view = _straight(_upright(partial(turned, image, find, read)), find)
    rows = _rows(view)
    doubtful = rows if len(rows) <= _FEW else [box for box in rows if is_across(box)][:_ACROSS]
    rolls = dict(zip(map(id, doubtful), _rolls(doubtful, view), strict=True))
    return [view.back(np.roll(box, -rolls.get(id(box), 0), axis=0)) for box in view.boxes]


def _upright(look: Callable[[int], View]) -> View:
    """The frame as its texts stand; where nothing reads surely as its boxes lie, it is looked at on its side, too."""
    came = look(0)
    quarters = _quarters(came)
    view = look(quarters) if quarters else came
    if quarters % 2 or _is_read(view):
        return view
    side_on = look(1)
    quarters = _quarters(side_on)
    if quarters % 2:  # its texts run as they ran before
        return view
    side_on = look(1 + quarters) if quarters else side_on
    return side_on if _told(side_on) > _told(view) + _MORE else view


def _straight(view: View, find: Find) -> View:
    """The view as it would hang level, where that shows as much text."""
    degrees = tilt(view.boxes)
    if abs(degrees) <= _TILTED:
        return view
    straight = levelled(view, find, degrees)
    return straight if sum(map(side, straight.boxes)) >= _AS_MUCH * sum(map(side, view.boxes)) else view


def _is_read(view: View) -> bool:
    """Whether any of the longest texts reads surely; where there are columns, the page stands."""
    if len(_rows(view)) < len(view.boxes) or any(_sure(said) >= _READ for box in view.boxes for said in view.known(box)):
        return True
    return any(_sure(said) >= _READ for ways in _longest(view) for said in ways)


def _told(view: View) -> float:
    """How many characters of the longest texts are read surely."""
    best = (max(ways, key=_sure) for ways in _longest(view))
    return sum(_sure(said) * len(said.characters) for said in best if _sure(said) >= _READ)


def _longest(view: View) -> list[list[Transcript]]:
    """What the longest texts say as they stand, and as they were asked."""
    longest = sorted(_rows(view), key=length, reverse=True)[:_ASKED]
    view.said(longest, 0)
    return [view.known(box) for box in longest]


def _rows(view: View) -> list[Corners]:
    return [box for box in view.boxes if not is_column(length(box), 1)]


def _quarters(view: View) -> int:
    """By how many quarters against the clock the picture is to be turned."""
    ranked = sorted(_rows(view), key=length, reverse=True)
    if not ranked:
        return 0
    wide, tall = [box for box in ranked if not is_across(box)][:_ASKED], [box for box in ranked if is_across(box)][:_ASKED]
    if not tall and length(ranked[0]) < _LONG:  # nothing but short texts: they may lie any way
        return _surest(view.said(ranked[:_FEW], 0, 2, 1, 3), (0, 2, 1, 3))
    if _lie(view.boxes) and not _are_sure(wide, view):
        return _surest(view.said(tall, 0, 2), (1, 3), margin=0)
    if len(view.boxes) > _FEW and _are_sure(wide, view):
        return 0
    return _surest(view.said(wide, 0, 2), (0, 2)) if wide and not _is_settled(*view.said(wide, 0)) else 0


def _are_sure(lines: Sequence[Corners], view: View) -> bool:
    """Whether the longest of these lines read so surely as they stand that nothing else need be asked."""
    (said,) = view.said(lines[:_FIRST], 0)
    return bool(said) and fmean(map(_sure, said), map(_weight, said)) > _SURE


def _rolls(boxes: Sequence[Corners], view: View) -> list[int]:
    """By how many corners each text begins later than its box says; a short one may lie on its side."""
    if not boxes:
        return []
    ways = (0, 2, 1, 3)
    (upright,) = view.said(boxes, 0)
    open_ones = [box for box, said in zip(boxes, upright, strict=True) if not _is_settled([said])]
    short = [box for box in open_ones if length(box) < _LONG]
    ends, sides = view.said(open_ones, 0, 2), view.said(short, 1, 3)
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
    wide = sum(side(box) for box in boxes if length(box) >= _LONG and not is_across(box))
    return sum(side(box) for box in boxes if is_across(box)) > wide
