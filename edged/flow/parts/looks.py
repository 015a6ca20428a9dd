"""What is seen in a frame before anything is read: whether there is text, whether something moved, how sharp it is.

All of it is taken from one small grey picture of the region. Text is told by its strokes: a horizontal closing and an opening find
what is dark or light and narrow (the black and the white top hat), which edges of parts, horizontal lines and slow shadows are
not; where several stand side by side, there is text; a spot of glare is one. Text that runs upwards has fewer such strokes, one
character alone too few, and hatched or woven grounds have as many: there another trigger, or a region, is needed.
"""

from functools import cached_property
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edged.config.places import Length, is_per_cent, numbers
from edged.types import Pixels

Grey = npt.NDArray[np.uint8]  # H x W

_WIDTH: Final = 640  # pixels of the small picture at most
_MOVING_WIDTH: Final = 160
_STROKE: Final = 8  # grey levels between a stroke and what is around it, at least
_ABOVE_NOISE: Final = 3.5  # times what is dark or light and narrow on the ground
_WINDOW: Final = 4, 16  # in what share of the region's width and height strokes are counted
_ROWS: Final = 64  # of a region are enough to tell its noise
_LEAST_WINDOW: Final = 24, 12  # pixels of the small picture
_WIDEST_STROKE: Final = 9, 31  # pixels, by the height of the region


class Look:
    """One frame as the triggers and windows see it; each measure is taken once, when it is asked for."""

    def __init__(self, image: Pixels, region: tuple[Length, ...] | None) -> None:
        self._image, self._region = image, region

    @cached_property
    def grey(self) -> Grey:
        """The region, at most 640 pixels wide."""
        image = self._image if self._region is None else _cut(self._image, self._region)
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        return _narrow(grey, _WIDTH)  # type: ignore[arg-type]

    @cached_property
    def small(self) -> Grey:
        """The same, small enough to tell what moves."""
        return _narrow(self.grey, _MOVING_WIDTH)

    @cached_property
    def text(self) -> float:
        """How many strokes stand side by side, where most do: the mean of some rows, in a quarter of the width."""
        tall, _ = self.grey.shape
        smooth: Grey = cv2.GaussianBlur(self.grey, (5, 5), 0)  # type: ignore[assignment]
        least, most = _WIDEST_STROKE
        kernel = np.ones((1, min(most, max(least, tall // 6) | 1)), np.uint8)
        narrow = [np.asarray(cv2.morphologyEx(smooth, how, kernel), np.uint8) for how in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)]
        return max(_side_by_side(hat) for hat in narrow)

    @cached_property
    def energy(self) -> float:
        """How much is to be seen, and how sharply: the mean squared gradient (Tenengrad; Krotkov 1988) without the finest noise."""
        smooth = cv2.GaussianBlur(self.grey, (3, 3), 0)
        across, down = (cv2.Sobel(smooth, cv2.CV_16S, *order) for order in ((1, 0), (0, 1)))
        pixels = self.grey.size
        return float((cv2.norm(across, cv2.NORM_L2SQR) + cv2.norm(down, cv2.NORM_L2SQR)) / pixels)


def _side_by_side(narrow: Grey) -> float:
    """Of what is dark, or light, and narrow: how many such strokes begin in a row of a window, where most do."""
    tall, wide = narrow.shape
    sample = narrow[:: max(1, tall // _ROWS)]
    strokes = narrow > max(_STROKE, _ABOVE_NOISE * float(np.median(sample)))  # most of a region is ground
    begins = np.zeros(narrow.shape, np.uint8)
    np.greater(strokes[:, 1:], strokes[:, :-1], out=begins[:, 1:], casting="unsafe")
    across, down = (min(side, max(few, side // share)) for side, share, few in zip((wide, tall), _WINDOW, _LEAST_WINDOW, strict=True))
    dense = cv2.boxFilter(begins, cv2.CV_16U, (across, down), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return int(dense.max(initial=0)) / int(down)


class Still:
    """What stands still in front of a camera: a mean that follows within half a second."""

    _SECONDS: Final = 0.5
    _LEVELS: Final = 20  # grey levels that are no noise

    def __init__(self) -> None:
        self._mean: npt.NDArray[np.float32] | None = None
        self._at = 0.0

    def changed(self, look: Look, at: float) -> float:
        """Per cent of the region that is not as it was, 0..100; 0 for the first frame."""
        small = cv2.GaussianBlur(look.small, (5, 5), 0)
        if self._mean is None or self._mean.shape != small.shape:
            self._mean, self._at = small.astype(np.float32), at
            return 0.0
        apart = cv2.absdiff(small.astype(np.float32), self._mean)
        share = min(1.0, max(0.0, at - self._at) / self._SECONDS)
        cv2.accumulateWeighted(small, self._mean, share)
        self._at = at
        return 100 * float(np.count_nonzero(apart > self._LEVELS)) / small.size


def _cut(image: Pixels, region: tuple[Length, ...]) -> Pixels:
    """The region, as far as it lies in the frame; the whole frame where none of it does."""
    tall, wide = image.shape[:2]
    left, top, width, height = numbers(region)
    if is_per_cent(region):
        left, width, top, height = left * wide / 100, width * wide / 100, top * tall / 100, height * tall / 100
    cut = image[round(top) : round(top + height), round(left) : round(left + width)]
    return cut if min(cut.shape[:2]) > 0 else image


def _narrow(grey: Grey, most: int) -> Grey:
    tall, wide = grey.shape
    if wide <= most:
        return grey
    return cv2.resize(grey, (most, max(1, round(tall * most / wide))), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
