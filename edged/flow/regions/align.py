"""How the part lies in a frame: patches of a reference picture are looked for around their places.

Each patch is found by normalised cross-correlation, its peak to a fraction of a pixel by a parabola through its
neighbours. One patch tells the shift; from two on, shift, turn and scale are those of least squares (S. Umeyama,
Least-Squares Estimation of Transformation Parameters Between Two Point Patterns, 1991).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from edged.config import AlignSection, LimitsSection
from edged.errors import ConfigError, FrameError
from edged.flow.decode import decode
from edged.types import Box, Pixels

Grey = npt.NDArray[np.uint8]
Affine = npt.NDArray[np.float64]  # 2 x 3

_OTHER: Final = 0.05  # of a side: a frame that differs more was not taken as the reference picture was
_FLAT: Final = 2.0  # standard deviation in grey levels: less has nothing to be found by


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patch:
    """A piece of the reference picture."""

    number: int  # as the operator counts, from 1
    left: int
    top: int
    image: Grey = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """What one frame is to the reference picture."""

    move: Affine | None = field(repr=False)  # from places in the reference to places in the frame; None leaves them
    doubts: tuple[str, ...] = ()  # patches that were not found

    def moved(self, place: Box) -> Box:
        """Where this place lies in the frame."""
        if self.move is None:
            return place
        there = np.array(place) @ self.move[:, :2].T + self.move[:, 2]
        (a, b), (c, d), (e, f), (g, h) = there.round(2).tolist()  # finer is chance, and would blur a part that stands still
        return (a, b), (c, d), (e, f), (g, h)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """The patches of one reference picture, and how to look for them."""

    name: str  # of the file
    patches: tuple[Patch, ...] = field(repr=False)
    search: int  # pixels
    min_score: float
    size: tuple[int, int]  # width and height of the whole picture

    def align(self, frame: Pixels) -> Alignment:
        """Look for all patches in a frame, H x W x 3; one that is not found leaves every place as it is."""
        grey: Grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)  # type: ignore[assignment]
        found = [_look(grey, patch, self.search) for patch in self.patches]
        doubts = tuple(
            f"patch {patch.number} of {self.name} was not found: its best score {score:.2f} < {self.min_score:g}"
            for patch, (score, _, _) in zip(self.patches, found, strict=True)
            if score < self.min_score
        )
        if doubts:
            return Alignment(move=None, doubts=(*self._other_size(frame), *doubts))
        there = [(patch.left + patch.image.shape[1] / 2, patch.top + patch.image.shape[0] / 2) for patch in self.patches]
        here = [(x + dx, y + dy) for (x, y), (_, dx, dy) in zip(there, found, strict=True)]
        return Alignment(move=similarity(there, here))

    def _other_size(self, frame: Pixels) -> tuple[str, ...]:
        """Why nothing will ever be found: patches are looked for at their own scale, near their own place."""
        size = frame.shape[1], frame.shape[0]
        if all(abs(here / there - 1) <= _OTHER for here, there in zip(size, self.size, strict=True)):
            return ()
        found, wanted = ("{} x {}".format(*one) for one in (size, self.size))
        return (f"the frame has {found} pixels, and {self.name} {wanted}: take the reference picture as the frames are taken",)


def reference_of(section: AlignSection, data: bytes, limits: LimitsSection) -> Reference:
    """The patches of the picture in *data*.

    Raises:
        ConfigError: It is no picture, or a patch is not in it or shows nothing.
    """
    try:
        grey: Grey = cv2.cvtColor(decode(data, limits).image, cv2.COLOR_BGR2GRAY)  # type: ignore[assignment]
    except FrameError as error:
        message = f"the reference picture {section.reference} cannot be read: {error}"
        raise ConfigError(message, hint="name a whole picture in align.reference, such as a PNG") from error
    patches = []
    for number, (left, top, width, height) in enumerate(section.patches, 1):
        image = np.ascontiguousarray(grey[top : top + height, left : left + width])
        where = f"patch {number} of the reference picture {section.reference}, {[left, top, width, height]},"
        if image.shape != (height, width):
            message = f"{where} is not inside of its {grey.shape[1]} x {grey.shape[0]} pixels"
            raise ConfigError(message, hint="correct the patch in align.patches")
        if float(image.std()) < _FLAT:
            message = f"{where} shows nothing that it can be found by"
            raise ConfigError(message, hint="choose a patch with edges in both directions, such as a corner or a logo")
        patches.append(Patch(number=number, left=left, top=top, image=image))
    return Reference(
        name=Path(section.reference).name,
        patches=tuple(patches),
        search=section.search,
        min_score=section.min_score,
        size=(grey.shape[1], grey.shape[0]),
    )


def _look(frame: Grey, patch: Patch, search: int) -> tuple[float, float, float]:
    """The best score of a patch within *search* pixels of its place, and its shift there, in pixels."""
    tall, wide = patch.image.shape
    left, top = max(0, patch.left - search), max(0, patch.top - search)
    window = frame[top : patch.top + tall + search, left : patch.left + wide + search]
    if window.shape[0] < tall or window.shape[1] < wide:
        return 0.0, 0.0, 0.0
    scores = cv2.matchTemplate(window, patch.image, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(scores)
    if float(window[y : y + tall, x : x + wide].std()) < _FLAT:  # where nothing is, the score is chance
        return 0.0, 0.0, 0.0
    return float(best), left + x + _peak(scores[y], x) - patch.left, top + y + _peak(scores[:, x], y) - patch.top


def _peak(scores: npt.NDArray[Any], at: int) -> float:
    """How far from the highest of the scores the parabola through it and its neighbours has its peak, -0.5..0.5."""
    if not 0 < at < len(scores) - 1:
        return 0.0
    before, here, after = (float(score) for score in scores[at - 1 : at + 2])
    bend = before - 2 * here + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0


def similarity(there: Sequence[tuple[float, float]], here: Sequence[tuple[float, float]]) -> Affine:
    """The shift, and from two points on turn and scale, that brings *there* nearest to *here* (Umeyama 1991, equations 40 to 42)."""
    x, y = np.array(there), np.array(here)
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    spread = float(((x - mean_x) ** 2).sum()) / len(x)
    turn = np.eye(2)
    if spread > 0:
        u, values, v = np.linalg.svd((y - mean_y).T @ (x - mean_x) / len(x))
        sign = np.array((1.0, np.sign(np.linalg.det(u) * np.linalg.det(v)) or 1.0))
        turn = (u * sign) @ v * (float((values * sign).sum()) / spread)
    return np.column_stack((turn, mean_y - turn @ mean_x))
