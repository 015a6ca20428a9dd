"""Seven segments as polygons: a digit in a cell of height one, with the bevels, gaps and slopes that displays differ in."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.foundry.codes.glyphs import Mask

Polygon = NDArray[np.float64]
LIT = {
    "0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc", "5": "afgcd", "6": "afgedc", "7": "abc", "8": "abcdefg",
    "9": "abcdfg", "-": "g", " ": "",
    "A": "abcefg", "b": "fgcde", "C": "afed", "c": "ged", "d": "bcged", "E": "afged", "F": "afge", "H": "fbgec", "h": "fgec",
    "L": "fed", "n": "ceg", "o": "cdeg",
    "P": "abfge", "r": "eg", "t": "fged", "U": "bcdef", "u": "cde", "y": "fgbcd", "J": "bcde",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a display's digits are cut; lengths in parts of the height of a digit."""

    width: float = 0.52
    stroke: float = 0.11
    gap: float = 0.02
    step: float = 0.72
    """From one digit's left edge to the next."""
    point: float = 0.11
    """The side (or diameter) of the decimal point."""
    point_at: float = 0.5
    """Where between two digits the point stands: 0 touches the left digit, 1 the right one."""
    point_down: float = 0.0
    """How far the point hangs below the digits' foot."""
    round_point: bool = True
    mitred: bool = False
    """Corners cut to trapezoids instead of hexagons."""
    tails: bool = True
    """Whether 6 and 9 have their hooks."""
    hooked_seven: bool = False
    narrow_one: bool = False
    """Whether a 1 in front has a cell of its own width."""
    slope: float = 0.0
    """Italics: how far the top leans right."""
    aside: float = 0.0
    """Extra room that a point takes."""
    small: float = 1.0
    """The height of the digits behind the point."""
    small_low: bool = True
    """Whether small digits stand on the foot line, not hang from the top."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is lit and what could be, as polygons with x and y in parts of the digit's height."""

    lit: list[Polygon]
    dark: list[Polygon]
    width: float


def cell(shape: Shape) -> dict[str, Polygon]:
    """The polygon of each segment, x to the right and y down in a cell of height 1."""
    w, t, g, half = shape.width, shape.stroke, shape.gap, shape.stroke / 2
    middle = np.array([(half + g, half), (t + g, 0), (w - t - g, 0), (w - half - g, half), (w - t - g, t), (t + g, t)])
    if shape.mitred:
        top = np.array([(g, 0), (w - g, 0), (w - t - g, t), (t + g, t)])
        side = np.array([(0, g), (t, t + g), (t, 0.5 - half - g), (half, 0.5 - g), (0, 0.5 - half * 0.6 - g)])
    else:
        top = middle
        side = np.array([(half, half + g), (t, t + g), (t, 0.5 - half - g), (half, 0.5 - g), (0, 0.5 - half - g), (0, t + g)])
    other = side * (-1, 1) + (w, 0)
    down, turned = np.array([1, -1]), np.array([0, 1])
    return {
        "a": top,
        "g": middle + np.array([0, 0.5 - half]),
        "d": top * down + turned,
        "f": side,
        "b": other,
        "e": side * down + turned,
        "c": other * down + turned,
    }


def lay(text: str, shape: Shape, blanks: int = 0) -> Drawing:
    """A line of digits with points, commas and colons; `blanks` are cells in front in which nothing is lit."""
    lit: list[Polygon] = []
    dark: list[Polygon] = []
    parts = cell(shape)
    at, scale = 0.0, 1.0
    for character in " " * blanks + text:
        if character in ".,:":
            marks = _points(character, at - scale * (shape.step - shape.width), shape)
            lit += marks
            at += shape.aside
            scale = shape.small if character != ":" else scale
            continue
        on = _lit(character, shape)
        narrow = shape.width - shape.stroke if character == "1" and shape.narrow_one and at == 0 else 0.0
        drop = (1 - scale) if shape.small_low else 0.0
        for name, polygon in parts.items():
            if narrow and name not in "bc":
                continue
            (lit if name in on else dark).append(polygon * scale + (at - narrow, drop))
        at += scale * shape.step - narrow
    return Drawing(lit, dark, at)


def _lit(character: str, shape: Shape) -> str:
    on = LIT[character]
    if not shape.tails:
        on = {"6": on.replace("a", ""), "9": on.replace("d", "")}.get(character, on)
    return on + "f" if character == "7" and shape.hooked_seven else on


def _points(character: str, x: float, shape: Shape) -> list[Polygon]:
    room = shape.step - shape.width + shape.aside
    side = min(shape.point, room * 1.1)
    left = x + (room - side) * shape.point_at
    if character == ":":
        return [_dot(left, y - side / 2, side, shape.round_point) for y in (0.3, 0.7)]
    foot = 1 - side + shape.point_down
    dot = _dot(left, foot, side, shape.round_point)
    if character == ".":
        return [dot]
    tail = np.array(
        [
            (left + side, foot + side * 0.5),
            (left + side * 0.2, foot + side * 2.2),
            (left - side * 0.2, foot + side * 2.0),
            (left + side * 0.3, foot),
        ]
    )
    return [dot, tail]


def _dot(x: float, y: float, side: float, round_one: bool) -> Polygon:
    if not round_one:
        return np.array([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])
    turn = np.linspace(0, 2 * np.pi, 9)[:-1]
    return np.stack([x + side / 2 + side / 2 * np.cos(turn), y + side / 2 + side / 2 * np.sin(turn)], axis=1)


def fill(polygons: list[Polygon], shape: Shape, height: int, width: float, margin: int) -> Mask:
    """The polygons as a mask whose digits are `height` pixels, with a margin all round."""
    lean = abs(shape.slope)
    out = np.zeros((height + 2 * margin, int((width + lean) * height) + 2 * margin), np.uint8)
    for polygon in polygons:
        x = polygon[:, 0] + shape.slope * (1 - polygon[:, 1]) + (lean if shape.slope < 0 else 0.0)
        points = np.stack([x * height + margin, polygon[:, 1] * height + margin], axis=1)
        cv2.fillPoly(out, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return out


def plainer(shape: Shape) -> Shape:
    """The shape with every digit alike: for the segments that show through unlit."""
    return replace(shape, tails=True, hooked_seven=False)
