"""The line sources that no printer and no camera made: cells of catalogues, screens, plain drawn text."""

import cv2
import numpy as np

from scripts.foundry import draw, grounds
from scripts.foundry.legible import worn
from scripts.foundry.marks import Box, neighbours
from scripts.foundry.sample import Image, Sample
from scripts.foundry.texts import chinese, english, odds, spec, weighted
from scripts.foundry.writing import Look, finish, fitting, height, mask

DIGITAL = (
    (0.2, "defocus", 0.4),
    (0.1, "sharpen", 0.8),
    (0.1, "resample", 0.5),
    (0.08, "low_contrast", 0.5),
    (0.05, "noise", 0.3),
    (0.65, "jpeg", 1),
)
SCREEN = (
    (0.15, "subpixel", 0.5), (0.12, "resample", 0.3), (0.08, "moire", 0.7), (0.15, "defocus", 0.5), (0.1, "sharpen", 0.6),
    (0.08, "posterise", 0.6), (0.1, "noise", 0.4), (0.4, "jpeg", 0.9),
)  # fmt: skip
CELL = Look(
    latin="latin sans -display",
    chinese="chinese -hand -display -bitmap -rare",
    low=11,
    high=36,
    tracked=0.05,
    squeeze=(0.9, 1.05),
    bold=0.03,
    full_width=0.1,
)
ANY = Look(latin="latin -fancy", chinese="chinese -hand", low=13, high=64)
MENU = Look(latin="latin sans -display", chinese="chinese sans -rare -display")
GAME = Look(latin="latin -hand -fancy -display", chinese="chinese -hand -display -rare")


def _cell(picture: Image, box: Box, rng: np.random.Generator) -> Image:
    """The table around: the other colour of the row below or above, and the lines of the grid."""
    top, bottom, left, right = box
    tall = bottom - top
    framed = picture.copy()
    gap = int(tall * rng.uniform(0.1, 0.5)) + 1
    other, line = grounds.paper(rng, 170, 255), (int(rng.integers(0, 200)),) * 3
    if rng.random() < 0.25:
        if rng.random() < 0.5:
            framed[bottom + gap :] = other
        else:
            framed[: max(0, top - gap)] = other
    if rng.random() < 0.35:
        side = left - gap - tall // 4 if rng.random() < 0.5 else right + gap + tall // 4
        cv2.line(framed, (side, 0), (side, framed.shape[0]), line, 1)
    if rng.random() < 0.3:
        for y in (top - gap, bottom + gap)[int(rng.integers(2)) :]:
            cv2.line(framed, (0, y), (framed.shape[1], y), line, 1)
    return framed


def catalogue(rng: np.random.Generator) -> Sample:
    """Cells of machine-part catalogues: small, JPEG, coloured rows, tight or loose boxes with the grid in them."""
    words, face = fitting(rng, spec.cell, CELL)
    size = height(rng, CELL, words)
    ink = draw.pad(mask(rng, words, face, size, CELL), int((0.6 if rng.random() < 0.7 else 1.6) * size) + 3)
    box = draw.bounds(ink)
    pastel = grounds.colour(rng, 170, 250) if rng.random() < 0.35 else grounds.paper(rng, 215, 256)
    picture = _cell(grounds.flat(ink.shape[0], ink.shape[1], pastel), box, rng)
    paint = grounds.colour(rng, 0, 120) if rng.random() < 0.3 else (int(90 * rng.random() ** 2),) * 3
    if rng.random() < 0.06:  # a heading: bright on dark
        picture, paint = np.asarray(255 - picture, np.uint8), grounds.paper(rng, 220, 255)
    picture = worn(draw.compose(ink, paint, picture), ink, box, rng, DIGITAL, text=words)
    cut = draw.Cut(near=-0.03, far=float(weighted(rng, [(5, 0.3), (3, 0.9), (1, 1.6)])))
    return Sample(image=finish(picture, box, rng, cut), text=words, kind="catalogue")


def _under(rng: np.random.Generator, tall: int, wide: int) -> Image:
    """A window's ground: black, white, a colour, shaded, or the picture of a game."""
    if rng.random() < 0.2:
        return grounds.flat(tall, wide, (int(rng.integers(0, 60)) if rng.random() < 0.5 else int(rng.integers(225, 256)),) * 3)
    return grounds.board(rng, tall, wide, plain=0.5, restless=0.3)


def screen(rng: np.random.Generator) -> Sample:
    """Text of 11 to 20 pixels as a screen draws it: smooth or jagged, fringed or not, haloed, then sometimes scaled or photographed."""
    words, face = fitting(rng, odds.screen, MENU if rng.random() < 0.7 else GAME)
    size = int(rng.integers(11 if words.isascii() else 12, 21))
    drawn = draw.ink(words, face, size, aliased=rng.random() < 0.2 and size >= 13)
    if rng.random() < 0.15:  # the cheap bold of games: drawn twice, a pixel apart
        drawn = np.maximum(np.pad(drawn, ((0, 0), (0, 1))), np.pad(drawn, ((0, 0), (1, 0))))
    ink = draw.pad(drawn, 9)
    box = draw.bounds(ink)
    under = _under(rng, ink.shape[0], ink.shape[1])
    over = grounds.contrast(rng, float(under.mean()), float(rng.uniform(70, 150)))
    if rng.random() < 0.3:
        halo = np.asarray(cv2.dilate(ink, np.ones((3, 3), np.uint8)), np.uint8)
        under = draw.compose(halo, (0, 0, 0) if draw.luminance(over) > 127 else (255, 255, 255), under)
    marked = neighbours(ink, box, rng, face, size)
    if rng.random() < 0.08:
        cv2.line(marked, (box[2], box[1] + 1), (box[3], box[1] + 1), (255,), 1)
    picture = worn(draw.compose(marked, over, grounds.calm(under, marked, over, 60)), ink, box, rng, SCREEN, text=words)
    picture = finish(picture, box, rng, draw.Cut(near=0, far=0.3))
    if rng.random() < 0.25:
        picture = draw.to_height(picture, int(picture.shape[0] * rng.uniform(0.85, 3)), rng)
    return Sample(image=picture, text=words, kind="screen")


def plain(rng: np.random.Generator) -> Sample:
    """Anything, hardly degraded, in any colours and either polarity."""
    text = weighted(
        rng,
        [
            (3, chinese.document),
            (3, english.scene),
            (1, odds.web),
            (4, odds.symbols),
            (2, odds.numbers),
            (1.5, odds.lone),
            (1, odds.punctuated),
            (1, spec.cell),
        ],
    )
    words, face = fitting(rng, text, ANY)
    ink = draw.pad(mask(rng, words, face, height(rng, ANY, words), ANY), 12)
    box = draw.bounds(ink)
    under = grounds.flat(ink.shape[0], ink.shape[1], grounds.colour(rng))
    picture = draw.compose(ink, grounds.contrast(rng, float(under.mean()), 80), under)
    return Sample(image=finish(worn(picture, ink, box, rng, DIGITAL, text=words), box, rng, draw.Cut(near=0)), text=words, kind="plain")
