"""Pixels that are drawn on: chips of text, and the outlines of boxes."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np

from edged.annotate.lettering import Lettering, height
from edged.annotate.marks import State
from edged.annotate.places import Rect
from edged.types import Box, Pixels

Colour = tuple[int, int, int]  # BGR

WHITE: Final[Colour] = (255, 255, 255)
DARK: Final[Colour] = (38, 32, 30)
GREY: Final[Colour] = (96, 88, 84)
# Dark enough that white letters stand out from each (a contrast of 4.9 and more).
COLOURS: Final[dict[State, Colour]] = {State.OK: (50, 125, 20), State.UNSURE: (0, 90, 190), State.NOT_READ: (40, 40, 200)}


class Chip(NamedTuple):
    """A piece of text on a ground of its own."""

    text: str
    ground: Colour


def padding(size: int) -> int:
    """Pixels between the letters of a chip and its edge."""
    return max(2, size // 5)


def size_of(chips: Sequence[Chip], lettering: Lettering, size: int) -> tuple[int, int]:
    """Width and height of chips that stand in a row."""
    pad = padding(size)
    return sum(lettering.width(chip.text, size) + 2 * pad for chip in chips), height(size) + pad


def draw_chips(canvas: Pixels, at: tuple[int, int], chips: Sequence[Chip], lettering: Lettering, size: int) -> None:
    """Draw chips in a row, from their left and top on; what leaves the canvas is cut off."""
    left, top = at
    pad = padding(size)
    for chip in chips:
        wide, tall = size_of((chip,), lettering, size)
        canvas[max(0, top) : top + tall, max(0, left) : left + wide] = chip.ground
        draw_text(canvas, (left + pad, top + pad // 2), chip.text, lettering, size)
        left += wide


def draw_text(canvas: Pixels, at: tuple[int, int], text: str, lettering: Lettering, size: int) -> None:
    """Lay white letters over what is there."""
    left, top = at
    part = canvas[top:, left:]
    mask = lettering.mask(text, size)[: part.shape[0], : part.shape[1], None].astype(np.float32) / 255
    part = part[: mask.shape[0], : mask.shape[1]]
    part[:] = np.round(part + (np.array(WHITE, np.float32) - part) * mask)


def outline(canvas: Pixels, box: Box, colour: Colour, thick: int) -> None:
    """The four sides of a box, in its colour with white beside it: to be seen on any ground.

    What would lie outside of the canvas is drawn at its edge.
    """
    tall, wide = canvas.shape[:2]
    margin = thick // 2 + 1
    corners = np.clip(np.array(box), margin, (max(margin, wide - 1 - margin), max(margin, tall - 1 - margin)))
    points = [corners.round().astype(np.int32)]
    for width, tone in ((thick + 3, WHITE), (thick, colour)):
        cv2.polylines(canvas, points, True, tone, width, cv2.LINE_AA)


def bordered(canvas: Pixels, rect: Rect, colour: Colour = WHITE) -> None:
    """A thin line around a label, so that it stands out from a ground of its own colour."""
    cv2.rectangle(canvas, (rect.left, rect.top), (rect.right - 1, rect.bottom - 1), colour, 1)
