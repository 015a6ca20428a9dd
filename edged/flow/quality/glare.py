"""What a reflection leaves on a text line: saturated spots; and where the ground is saturated itself, ink that fades out.

On white paper a reflection is as white as the paper. What tells it is its rim: a stroke that runs into it fades out over
several pixels, where print ends at an edge.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edged.flow.quality.ink import Grey, ink_of, level
from edged.types import Pixels

_SATURATED: Final = 250  # of each colour: the sensor saw no more
_PAPER: Final = 250  # a ground this light all over is white paper, where nothing tells a lamp
_LIGHTER: Final = 4  # than the ground, so that its own grain does not glare
_SPOT: Final = 5  # what glares is wider than this part of the line's height: most strokes are not
_RIM: Final = 64  # pixels: the height in which rims are looked for; a line that is lower is taken as it is
_FAINT, _FULL = 0.1, 0.9  # of the usual darkness of the ink: between them it fades
_EDGE: Final = 11  # pixels across: what is fainter this near to full ink is the edge of a stroke
_ELSEWHERE: Final = 4  # times as much ink that fades as in the rest of the line is nothing special: worn print

_Mask = npt.NDArray[np.bool_]


def darkest_ground(lightness: Grey) -> float:
    """The lightness of the ground in that part of the line where it is darkest: paper is white all over, a lamp is not."""
    tall, wide = lightness.shape
    pieces = np.array_split(lightness, min(wide, max(2, round(2 * wide / tall))), axis=1) if wide > 1 else [lightness]
    return min(level(piece, 0.85)[0] for piece in pieces)


def spots(image: Pixels, ground: float) -> float:
    """The area of saturated pixels that is left where strokes are worn away, in squares as high as the line; 0 on white paper."""
    if ground >= _PAPER:
        return 0.0
    width = max(2, round(image.shape[0] / _SPOT))
    saturated = cv2.inRange(image, (max(_SATURATED, min(254, ground + _LIGHTER)),) * 3, (255,) * 3)
    left = cv2.morphologyEx(saturated, cv2.MORPH_OPEN, _disc(width))
    return float(cv2.countNonZero(left) / image.shape[0] ** 2)


def fading(lightness: Grey, ground: float) -> float:
    """The area of ink that fades out, in squares as high as the line: in the square that has most of it, beyond what the rest has.

    0 where the ground is not saturated: there `spots` tells.
    """
    if ground < _PAPER:
        return 0.0
    if lightness.shape[0] > _RIM:
        size = (max(1, round(lightness.shape[1] * _RIM / lightness.shape[0])), _RIM)
        lightness = cv2.resize(lightness, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    depth: Grey = 255 - lightness
    ink = depth[ink_of(lightness) > 0]
    (usual,) = level(ink, 0.6) if ink.size else (255.0,)
    faint = cv2.blur(depth, (3, 3)) > _FAINT * usual  # a speck is not
    full = (depth > _FULL * usual).astype(np.uint8)
    faded: _Mask = faint & (cv2.dilate(full, _disc(_EDGE)) == 0)
    tall, wide = lightness.shape
    columns = _inside(faded).sum(axis=0)
    total = float(columns.sum())
    if not total or wide <= tall:
        return float(total / tall**2)
    most = float(np.convolve(columns, np.ones(tall), "valid").max())
    elsewhere = (total - most) * tall / (wide - tall)
    return float(max(0.0, most - _ELSEWHERE * elsewhere) / tall**2)


def _inside(mask: _Mask) -> _Mask:
    """What is not connected to the border of the crop: there it is a neighbour, or the rule of a table."""
    _, areas, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    left, top, wide, tall = (stats[:, at] for at in (cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
    inside = (left > 1) & (top > 1) & (left + wide < mask.shape[1] - 1) & (top + tall < mask.shape[0] - 1)
    inside[0] = False  # the ground
    kept: _Mask = inside[areas]
    return kept


def _disc(across: int) -> Grey:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across))  # type: ignore[return-value]
