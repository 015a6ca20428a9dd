"""The measures of one text line, taken from its own pixels before anything is done to them.

What a measure means must not depend on how the line was cut or lit, else its limit means nothing: sharpness and noise
are shares of the line's contrast, sharpness looks at strokes in the scale of the line.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edged.flow.quality.glare import darkest_ground, fading, spots
from edged.flow.quality.ink import Grey, ink_of, level, text_height, touching
from edged.types import Pixels

_HEIGHT: Final = 32  # pixels to which a line is brought to see how steep its strokes are
_LARGE: Final = 256  # a line taller than this is measured in this height: nothing is gained by more
_ROWS: Final = 64  # of a line are enough to tell its noise
_DIFFERENCES: Final = np.array(((1, -2, 1), (-2, 4, -2), (1, -2, 1)), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Of one line; each by the name that a reason gives it."""

    sharpness: float  # per cent of the contrast that a stroke's edge crosses in a 32nd of the line's height
    contrast: float  # lightness between the darkest and the lightest twentieth, 0..255
    brightness: float  # lightness above which the lightest twentieth lies, 0..255
    glare: float  # area saturated in spots wider than strokes, on a ground that is not: per cent of a square as high as the line
    faded: float  # ink that fades out on a ground that is saturated: per cent of a square as high as the line, in the worst one
    noise: float  # standard deviation of the pixels' colours, per cent of the contrast
    clipped: float  # per cent of the ink that is one piece with ink at an edge
    height: float  # of the text, in pixels of the frame
    size: float  # the shorter side of the crop, in pixels of the frame


def measure(image: Pixels) -> Measures:
    """Measure one line.

    Args:
        image: The crop at its own size, H x W x 3, BGR, at least one pixel.
    """
    own = min(image.shape[:2])
    scale = min(1.0, _LARGE / image.shape[0])
    if scale < 1:
        image = cv2.resize(image, (max(1, round(image.shape[1] * scale)), _LARGE), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    lightness: Grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)  # type: ignore[assignment]
    dark, light = level(lightness, 0.05, 0.95)
    contrast = max(1.0, light - dark)
    ink, ground = ink_of(lightness), darkest_ground(lightness)
    return Measures(
        sharpness=100 * _steepness(lightness),
        contrast=light - dark,
        brightness=light,
        glare=100 * spots(image, ground),
        faded=100 * fading(lightness, ground),
        noise=100 * _noise(image) / contrast,
        clipped=100 * touching(ink),
        height=text_height(ink) / scale,
        size=float(own),
    )


def _steepness(lightness: Grey) -> float:
    """How steep the strokes are: the mean gradient, weighted by itself so that empty ground does not count, by the contrast."""
    tall, wide = lightness.shape
    how = cv2.INTER_AREA if tall > _HEIGHT else cv2.INTER_LINEAR
    line = cv2.resize(lightness, (max(4, round(wide * _HEIGHT / tall)), _HEIGHT), interpolation=how)
    across, down = (cv2.Sobel(line, cv2.CV_32F, *order) / 8 for order in ((1, 0), (0, 1)))
    gradient = cv2.magnitude(across, down)
    dark, light = level(line, 0.05, 0.95)  # type: ignore[arg-type]
    return float(cv2.norm(gradient, cv2.NORM_L2SQR) / max(1.0, float(gradient.sum())) / max(1.0, light - dark))


def _noise(image: Pixels) -> float:
    """Standard deviation of the noise: second differences of second differences, which ground and even slopes do not have.

    J. Immerkær, Fast Noise Variance Estimation, 1996; by the median instead of the mean, so that strokes do not count. Of each
    colour, for grey is a mean that hides what a sensor does to each by itself.
    """
    differences: npt.NDArray[np.int16] = cv2.filter2D(image, cv2.CV_16S, _DIFFERENCES)  # type: ignore[assignment]
    enough = differences[:: max(1, image.shape[0] // _ROWS)]
    return float(np.median(np.abs(enough))) / 0.6745 / 6
