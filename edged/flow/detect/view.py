"""A frame as it came, turned or levelled: where text stands in it, and what its texts say."""

from collections.abc import Callable, Sequence
from typing import Final

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
Affine = npt.NDArray[np.float64]  # 2 x 3

_AS_IT_CAME: Final[Affine] = np.eye(2, 3)
_AROUND: Final = 0.1  # of the longer side of all texts: so much beyond them is looked at, too, when they are levelled


class Asked:
    """What texts of a picture say, turned; each is read once."""

    def __init__(self, image: Pixels, read: Read) -> None:
        """Nothing is read before it is asked for."""
        self._image, self._read = image, read
        self._known: dict[tuple[int, int], Transcript] = {}

    def __call__(self, boxes: Sequence[Corners], *turns: int) -> list[list[Transcript]]:
        """For each turn, by so many quarters against the clock, what each of these texts says; the boxes live as long as this."""
        wanted = [(box, turn) for turn in turns for box in boxes if (id(box), turn) not in self._known]
        said = self._read([np.ascontiguousarray(np.rot90(cut_out(self._image, box), turn)) for box, turn in wanted]) if wanted else ()
        self._known |= {(id(box), turn): text for (box, turn), text in zip(wanted, said, strict=True)}
        return [[self._known[id(box), turn] for box in boxes] for turn in turns]

    def known(self, box: Corners) -> list[Transcript]:
        """What a text says from each way that it was asked."""
        return [said for (one, _), said in self._known.items() if one == id(box)]


class View:
    """One look at a frame."""

    def __init__(self, image: Pixels, find: Find, read: Read, back: Affine = _AS_IT_CAME) -> None:
        """Look at *image*; *back* takes its points to those of the frame."""
        self._image, self._find, self._read, self._back = image, find, read, back
        self.boxes, self.asked = find(image), Asked(image, read)

    def turned(self, quarters: int) -> "View":
        """By quarters against the clock."""
        image = np.ascontiguousarray(np.rot90(self._image, quarters))
        tall, wide = image.shape[:2]
        turn, start = (
            (((1, 0), (0, 1)), (0, 0)),
            (((0, -1), (1, 0)), (tall, 0)),
            (((-1, 0), (0, -1)), (wide, tall)),
            (((0, 1), (-1, 0)), (0, wide)),
        )[quarters]
        return self._of(image, np.array(turn, float), np.array(start, float))

    def levelled(self, degrees: float) -> "View":
        """Against the clock, and no more of it than where text was found, and around that; there must be text."""
        cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        turn = np.array(((cos, -sin), (sin, cos)))  # of the levelled points to those of this picture
        tall, wide = self._image.shape[:2]
        whole = np.array(((0, 0), (wide, 0), (wide, tall), (0, tall))) @ turn
        texts = np.concatenate(self.boxes) @ turn
        around = _AROUND * np.ptp(texts, axis=0).max()
        left, top = np.floor(np.maximum(whole.min(axis=0), texts.min(axis=0) - around)).astype(int)
        right, bottom = np.ceil(np.minimum(whole.max(axis=0), texts.max(axis=0) + around)).astype(int)
        corners = np.array(((left, top), (right, top), (right, bottom), (left, bottom))) @ turn.T
        image = level(self._image, corners, int(right - left), int(bottom - top))
        return self._of(image, turn * ((right - left) / image.shape[1]), turn @ (left, top))

    def back(self, corners: Corners) -> Corners:
        """Corners in pixels of the frame."""
        return np.asarray(corners @ self._back[:, :2].T + self._back[:, 2], np.float32)

    def _of(self, image: Pixels, turn: "npt.NDArray[np.float64]", start: "npt.NDArray[np.float64]") -> "View":
        """A view of this one: its points, turned and then moved to *start*, are those of this picture."""
        before = self._back[:, :2]
        return View(image, self._find, self._read, np.column_stack((before @ turn, before @ start + self._back[:, 2])))
