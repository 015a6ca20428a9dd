"""A 5 x 7 dot font as coders have it, five columns a character with the top dot lowest, and what else is cut into dots."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.foundry.codes.glyphs import glyph

Dots = NDArray[np.bool_]

_TABLE = """
! 00005F0000|" 0007000700|# 147F147F14|$ 242A7F2A12|% 2313086462|& 3649552250|' 0005030000|( 001C224100|) 0041221C00|* 082A1C2A08
+ 08083E0808|, 0050300000|- 0808080808|. 0060600000|/ 2010080402|0 3E4141413E|1 00427F4000|2 4261514946|3 2141454B31|4 1814127F10
5 2745454539|6 3C4A494930|7 0171090503|8 3649494936|9 064949291E|: 0036360000|; 0056360000|< 0814224100|= 1414141414|> 0041221408
? 0201510906|@ 324979413E|A 7E1111117E|B 7F49494936|C 3E41414122|D 7F4141221C|E 7F49494941|F 7F09090901|G 3E4149497A|H 7F0808087F
I 00417F4100|J 2040413F01|K 7F08142241|L 7F40404040|M 7F020C027F|N 7F0408107F|O 3E4141413E|P 7F09090906|Q 3E4151215E|R 7F09192946
S 4649494931|T 01017F0101|U 3F4040403F|V 1F2040201F|W 3F4038403F|X 6314081463|Y 0708700807|Z 6151494543|[ 007F414100|\\ 0204081020
] 0041417F00|_ 4040404040|a 2054545478|b 7F48444438|c 3844444420|d 384444487F|e 3854545418|f 087E090102|g 0C5252523E|h 7F08040478
i 00447D4000|j 2040443D00|k 7F10284400|l 00417F4000|m 7C04180478|n 7C08040478|o 3844444438|p 7C14141408|q 081414187C|r 7C08040408
s 4854545420|t 043F444020|u 3C4040207C|v 1C2040201C|w 3C4030403C|x 4428102844|y 0C5050503C|z 4464544C44
"""
_ZEROS = ("3E4141413E", "3E5149453E", "1C2241221C", "003E41413E", "001C22221C")
"""Zeros: as the letter O, slashed, rounder, narrower."""


@lru_cache(maxsize=8)
def table(zero: int = 0, squeeze: bool = False) -> dict[str, Dots]:
    """Character -> 7 rows of dots; `squeeze` drops the empty columns at the sides, as proportional coders do."""
    out = {" ": np.zeros((7, 3 if squeeze else 5), np.bool_)}
    for entry in _TABLE.strip().replace("\n", "|").split("|"):
        character, columns = entry[0], entry[2:]
        columns = _ZEROS[zero % 4] if character == "0" else columns
        out[character] = _rows([int(columns[i : i + 2], 16) for i in range(0, 10, 2)], squeeze)
    return out


def _rows(columns: list[int], squeeze: bool) -> Dots:
    dots = np.array([[bool(column >> row & 1) for column in columns] for row in range(7)], np.bool_)
    return dots[:, dots.any(axis=0)] if squeeze else dots


@lru_cache(maxsize=20_000)
def bitmap(face: str, size: int, character: str) -> Dots | None:
    """A character of a pixel font at its own size, as dots; nothing when it is not drawn."""
    if character == " ":
        return np.zeros((glyph(face, size, "0").mask.shape[0], size // 2), np.bool_)
    drawn = glyph(face, size, character)
    dots = drawn.mask > 100
    return dots[:, : max(1, round(drawn.advance) + 1)] if dots.any() else None


def grid(text: str, zero: int, squeeze: bool, gap: int) -> Dots:
    """A line of the 5 x 7 font."""
    font = table(zero, squeeze)
    return _joined([font[character] for character in text], gap)


def pixel_grid(text: str, face: str, size: int, gap: int) -> Dots:
    """A line of a pixel font, cut to its rows."""
    parts = [dots for character in text if (dots := bitmap(face, size, character)) is not None]
    return trimmed(_joined(parts, gap))


def _joined(parts: list[Dots], gap: int) -> Dots:
    space = np.zeros((parts[0].shape[0], gap), np.bool_)
    out = [parts[0]]
    for part in parts[1:]:
        out += [space, part]
    return np.hstack(out)


def trimmed(dots: Dots) -> Dots:
    """The dots without empty rows and columns at the sides."""
    x, y, width, height = cv2.boundingRect(dots.astype(np.uint8))
    return dots[y : y + height, x : x + width]


def drawable(text: str) -> bool:
    """Whether the 5 x 7 font has every character."""
    return all(character in table() for character in text)
