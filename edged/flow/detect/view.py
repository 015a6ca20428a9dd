"""A frame as it came, turned or levelled: where text stands in it, and what its texts say."""

from collections.abc import Callable, Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edged.flow.detect.boxes import Corners
from edged.flow.detect.crop import cut_out
from edged.flow.preprocess import level
from edged.types import Pixels, Transcript

Find = Callable[[Pixels], list[Corners]]
"""Where text stands in a picture, as if it stood upright, in reading order."""
Read = Callable[[Sequence[Pixels]], Sequence[Transcript]]
"""Reads cuts now, and waits for them."""
Matrix = npt.NDArray[np.float64]

_TURNS: Final = (((1, 0), (0, 1)), ((0, -1), (1, 0)), ((-1, 0), (0, -1)), ((0, 1), (-1, 0)))  # of quarters, back
_LARGEST: Final = 12_000_000  # pixels of a levelled picture: that of a larger frame is shown smaller
_AROUND: Final = 0.1  # of the longer side of all texts: so much beyond them is looked at, too, when they are levelled


class View:
    """Texts that were found in one look at a frame. What was looked at is gone: a frame may be large."""

    def __init__(self, frame: Pixels, read: Read, boxes: list[Corners], turn: Matrix, start: Matrix) -> None:
        """Points of the view, turned (2 x 2) and then moved to *start* (2), are those of the frame."""
        self.frame, self.read, self.boxes, self.turn, self.start = frame, read, boxes, turn, start
        self._known: dict[tuple[int, int], Transcript] = {}

    def back(self, corners: npt.ArrayLike) -> Corners:
        """Corners in pixels of the frame."""
        return np.asarray(np.asarray(corners) @ self.turn.T + self.start, np.float32)

    def said(self, boxes: Sequence[Corners], *turns: int) -> list[list[Transcript]]:
        """For each turn, by so many quarters against the clock, what each of these boxes says; each is read once."""
        wanted = [(box, turn) for turn in turns for box in boxes if (id(box), turn) not in self._known]
        cuts = [np.ascontiguousarray(np.rot90(cut_out(self.frame, self.back(box)), turn)) for box, turn in wanted]
        texts = self.read(cuts) if cuts else ()
        self._known |= {(id(box), turn): text for (box, turn), text in zip(wanted, texts, strict=True)}
        return [[self._known[id(box), turn] for box in boxes] for turn in turns]

    def known(self, box: Corners) -> list[Transcript]:
        """What a box says from each way that was asked."""
        return [text for (one, _), text in self._known.items() if one == id(box)]


def turned(frame: Pixels, find: Find, read: Read, quarters: int) -> View:
    """A look at a frame, H x W x 3, turned by quarters against the clock."""
    image = np.ascontiguousarray(np.rot90(frame, quarters))
    tall, wide = image.shape[:2]
    start = ((0, 0), (tall, 0), (wide, tall), (0, wide))[quarters]
    return View(frame, read, find(image), np.array(_TURNS[quarters], float), np.array(start, float))


def levelled(view: View, find: Find, degrees: float) -> View:
    """A look at what a view shows, turned against the clock, no farther than around its texts; there must be some."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = view.turn @ ((cos, -sin), (sin, cos))
    tall, wide = view.frame.shape[:2]
    whole = np.array(((0, 0), (wide, 0), (wide, tall), (0, tall))) @ turn
    texts = view.back(np.concatenate(view.boxes)) @ turn
    around = _AROUND * np.ptp(texts, axis=0).max()
    left, top = np.floor(np.maximum(whole.min(axis=0), texts.min(axis=0) - around)).astype(int)
    right, bottom = np.ceil(np.minimum(whole.max(axis=0), texts.max(axis=0) + around)).astype(int)
    corners = np.array(((left, top), (right, top), (right, bottom), (left, bottom))) @ turn.T
    colour = cv2.mean(view.frame)[:3]  # of what is beyond the frame: its border, repeated, looks like strokes
    shown = min(1.0, float(np.sqrt(_LARGEST / ((right - left) * (bottom - top)))))
    image = level(view.frame, corners, round((right - left) * shown), round((bottom - top) * shown), beyond=colour)
    straight = View(view.frame, view.read, find(image), turn * ((right - left) / image.shape[1]), turn @ (left, top))
    straight.boxes = [box for box in straight.boxes if _is_within(straight.back(box).mean(axis=0), wide, tall)]
    return straight


def _is_within(point: Corners, wide: int, tall: int) -> bool:
    return bool(0 <= point[0] <= wide and 0 <= point[1] <= tall)
