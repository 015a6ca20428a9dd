"""The line sources of everyday: documents, receipts, books, catalogues, screens, labels, hands, and plain print."""

import cv2
import numpy as np

from scripts.foundry import degrade, draw, grounds
from scripts.foundry.fonts import Face
from scripts.foundry.marks import neighbours, rules
from scripts.foundry.sample import Image, Sample
from scripts.foundry.texts import Text, chinese, english, odds, one, receipts, spec, weighted
from scripts.foundry.writing import Look, finish, fitting, height, mask

BEND = ((0.35, "tilt", 0.5), (0.12, "slant", 0.5), (0.15, "perspective", 0.6), (0.12, "curve", 0.5))
SCAN = (
    (0.3, "ink_spread", 0.6), (0.12, "ink_thin", 0.8), (0.12, "dropout", 0.6), (0.08, "bleed_through", 1), (0.5, "paper", 0.6), (0.25, "uneven", 0.6), (0.1, "shadow", 0.8),
    (0.3, "low_contrast", 0.7), (0.25, "gamma", 1), (0.45, "defocus", 0.6), (0.1, "motion_blur", 0.6), (0.12, "resample", 0.7), (0.35, "noise", 0.5), (0.15, "sharpen", 0.7),
    (0.06, "binarise", 0.8), (0.05, "salt_pepper", 0.5), (0.4, "jpeg", 0.9),
)  # fmt: skip
THERMAL = (
    (0.35, "ink_spread", 0.6), (0.2, "ink_thin", 1), (0.2, "dropout", 0.8), (0.35, "thermal_fade", 0.9), (0.4, "paper", 0.5), (0.3, "uneven", 0.7), (0.2, "shadow", 1),
    (0.4, "low_contrast", 0.9), (0.5, "defocus", 0.8), (0.15, "motion_blur", 0.7), (0.25, "resample", 0.8), (0.4, "noise", 0.5), (0.2, "sharpen", 1), (0.12, "binarise", 1),
    (0.1, "smudge", 0.6), (0.06, "scratches", 0.7), (0.06, "colour_cast", 0.8), (0.5, "jpeg", 1),
)  # fmt: skip
OLD_PRINT = (
    (0.6, "ink_spread", 0.8), (0.25, "ink_thin", 1), (0.3, "dropout", 0.8), (0.25, "bleed_through", 1), (0.7, "paper", 0.9), (0.3, "uneven", 0.6), (0.25, "low_contrast", 0.7),
    (0.4, "defocus", 0.5), (0.2, "noise", 0.5), (0.15, "sharpen", 0.8), (0.3, "binarise", 0.9), (0.1, "salt_pepper", 0.6), (0.15, "smudge", 0.4), (0.3, "jpeg", 0.8),
)  # fmt: skip
DIGITAL = ((0.2, "defocus", 0.4), (0.1, "sharpen", 0.8), (0.1, "resample", 0.5), (0.08, "low_contrast", 0.5), (0.05, "noise", 0.3), (0.65, "jpeg", 1))
LABEL = (
    (0.2, "ink_spread", 0.7), (0.2, "ink_thin", 0.8), (0.2, "dropout", 0.7), (0.2, "scratches", 0.8), (0.25, "smudge", 0.6), (0.3, "uneven", 0.9), (0.2, "shadow", 0.9), (0.25, "glare", 0.9),
    (0.3, "low_contrast", 0.8), (0.2, "gamma", 1), (0.2, "colour_cast", 1), (0.5, "defocus", 0.8), (0.18, "motion_blur", 0.8), (0.15, "resample", 0.8), (0.4, "noise", 0.7), (0.2, "sharpen", 0.8),
    (0.5, "jpeg", 1),
)  # fmt: skip

DOCUMENT = Look(latin="latin -hand -fancy -bitmap -ocr -display -script -caps", chinese="chinese -hand -display -bitmap -rare", low=13, high=60, full_width=0.06)
TILL = Look(latin="latin receipt", chinese="chinese -hand -display -rare", low=11, high=44, tracking=(-0.05, 0.15), squeeze=(0.6, 1.3), bold=0.2)
BOOK = Look(latin="latin book", chinese="chinese serif", low=22, high=60, tracked=0.05, squeeze=(0.88, 1.1), bold=0.1)
CELL = Look(latin="latin sans -display", chinese="chinese -hand -display -bitmap -rare", low=11, high=36, tracked=0.05, squeeze=(0.9, 1.05), bold=0.03, full_width=0.1)
PLATE = Look(latin="latin -hand -fancy -script -book", chinese="chinese -hand -rare", low=12, high=64, full_width=0.05)
HAND = Look(latin="latin hand", chinese="chinese hand", low=20, high=70, tracking=(-0.06, 0.06), squeeze=(0.8, 1.2), bold=0.15)
ANY = Look(latin="latin -fancy", chinese="chinese -hand", low=13, high=64)
BOLD_SANS = Look(latin="latin sans", chinese="chinese", low=16, high=64)


def _papery(rng: np.random.Generator, text: Text, look: Look, recipe: degrade.Recipe, *, kind: str, cut: draw.Cut, ground: tuple[float, float], bend: degrade.Recipe = BEND) -> Sample:
    """Dark ink on a bright ground: what documents, receipts, books and labels have in common."""
    words, face = fitting(rng, text, look)
    size = height(rng, look, words)
    ink = draw.pad(mask(rng, words, face, size, look), int(0.6 * size) + 3)
    ink = draw.bend(ink, rng, bend)
    box = draw.bounds(ink)
    marked = rules(neighbours(ink, box, rng, face, size), box, rng)
    paper = grounds.colour(rng, *ground) if rng.random() < 0.4 else (int(rng.uniform(*ground)),) * 3
    under = grounds.flat(*ink.shape[:2], paper)
    dark = grounds.colour(rng, 0, 70) if rng.random() < 0.25 else (int(rng.integers(0, 80)),) * 3
    picture = draw.compose(marked, dark, under, float(rng.uniform(0.75, 1)))
    picture = degrade.apply(picture, rng, recipe)
    return Sample(image=finish(picture, box, rng, cut), text=words, kind=kind)


def print_document(rng: np.random.Generator) -> Sample:
    """Black on paper, scanned or photographed; mostly Chinese."""
    text = weighted(rng, [(7, chinese.document), (1, chinese.receipt), (1, lambda r: english.sentence(r, 60)), (0.6, odds.punctuated), (0.6, odds.numbers), (0.3, english.name), (0.4, odds.symbols)])
    return _papery(rng, text, DOCUMENT, SCAN, kind="document", cut=draw.Cut(), ground=(150, 255))


def receipt(rng: np.random.Generator) -> Sample:
    """Thermal and dot-matrix slips, small and pale."""
    text = receipts.receipt if rng.random() < 0.85 else chinese.receipt
    return _papery(rng, text, TILL, THERMAL, kind="receipt", cut=draw.Cut(near=-0.05, far=0.3), ground=(140, 255))


def book(rng: np.random.Generator) -> Sample:
    """Old print on yellowed paper, long lines."""
    return _papery(rng, english.book, BOOK, OLD_PRINT, kind="book", cut=draw.Cut(far=0.4), ground=(150, 245))


def catalogue(rng: np.random.Generator) -> Sample:
    """Born-digital cells of machine-part catalogues: small, JPEG, coloured rows, loose boxes."""
    cut = draw.Cut(near=-0.03, far=0.9 if rng.random() < 0.4 else 0.3)
    return _papery(rng, spec.cell, CELL, DIGITAL, kind="catalogue", cut=cut, ground=(170, 255), bend=())


def label(rng: np.random.Generator) -> Sample:
    """Rating plates and packages: print on metal, foil and board, in either polarity."""
    look = PLATE
    words, face = fitting(rng, spec.plate if rng.random() < 0.75 else chinese.scene, look)
    size = height(rng, look, words)
    ink = draw.bend(draw.pad(mask(rng, words, face, size, look), int(0.6 * size) + 3), rng, BEND)
    box = draw.bounds(ink)
    marked = rules(neighbours(ink, box, rng, face, size), box, rng)
    tall, wide = ink.shape[:2]
    first, second = grounds.colour(rng), grounds.colour(rng)
    under = weighted(rng, [(4, lambda: grounds.flat(tall, wide, first)), (2, lambda: grounds.gradient(tall, wide, first, second, rng)), (3, lambda: grounds.scenery(rng, tall, wide))])()
    over = grounds.contrast(rng, float(under.mean()), float(rng.uniform(70, 140)))
    picture = draw.compose(marked, over, grounds.calm(under, marked, over, 60))
    picture = degrade.apply(picture, rng, LABEL)
    return Sample(image=finish(picture, box, rng, draw.Cut()), text=words, kind="label")


def handwriting(rng: np.random.Generator) -> Sample:
    """Fonts that look like hands, on ruled or plain paper."""
    text = weighted(rng, [(5, chinese.handwriting), (1, odds.numbers), (1, english.name), (1, lambda r: english.sentence(r, 40))])
    return _papery(rng, text, HAND, SCAN, kind="handwriting", cut=draw.Cut(), ground=(150, 255))


def rare(rng: np.random.Generator) -> Sample:
    """Rare hanzi, drawn evenly over the charset, in plain print."""
    text = chinese.rare_mixed if rng.random() < 0.85 else odds.lone
    return _papery(rng, text, DOCUMENT, SCAN, kind="rare", cut=draw.Cut(), ground=(150, 255))


def plain(rng: np.random.Generator) -> Sample:
    """Anything, hardly degraded, in either polarity and any colours."""
    text = weighted(rng, [(3, chinese.document), (3, english.scene), (1, odds.web), (2, odds.symbols), (2, odds.numbers), (1, odds.lone), (1, odds.punctuated), (1, spec.cell)])
    words, face = fitting(rng, text, ANY)
    size = height(rng, ANY, words)
    ink = draw.pad(mask(rng, words, face, size, ANY), int(0.5 * size) + 2)
    box = draw.bounds(ink)
    under = grounds.flat(*ink.shape[:2], grounds.colour(rng))
    picture = draw.compose(ink, grounds.contrast(rng, float(under.mean()), 80), under)
    picture = degrade.apply(picture, rng, DIGITAL)
    return Sample(image=finish(picture, box, rng, draw.Cut(near=0)), text=words, kind="plain")


def screen(rng: np.random.Generator) -> Sample:
    """Text of 11 to 20 pixels as a screen draws it: hinted or not, fringed or not, then sometimes scaled or photographed."""
    text = odds.screen
    look = Look(latin="latin sans -display", chinese="chinese sans -rare") if rng.random() < 0.7 else Look(latin="latin -hand -fancy -display", chinese="chinese -hand -display -rare")
    words, face = fitting(rng, text, look)
    size = int(rng.integers(11 if words.isascii() else 12, 21))
    aliased = rng.random() < 0.2 and size >= 13
    ink = draw.pad(draw.ink(words, face, size, aliased=aliased), 9)
    box = draw.bounds(ink)
    tall, wide = ink.shape[:2]
    first, second = grounds.colour(rng), grounds.colour(rng)
    under = weighted(rng, [(6, lambda: grounds.flat(tall, wide, first)), (2, lambda: grounds.gradient(tall, wide, first, second, rng)), (3, lambda: grounds.scenery(rng, tall, wide))])()
    over = grounds.contrast(rng, float(under.mean()), float(rng.uniform(70, 150)))
    if rng.random() < 0.3:
        halo = cv2.dilate(ink, np.ones((3, 3), np.uint8))
        under = draw.compose(np.asarray(halo, np.uint8), (0, 0, 0) if draw.luminance(over) > 127 else (255, 255, 255), under)
    picture = draw.compose(ink, over, grounds.calm(under, ink, over, 60))
    steps = ((0.15, "subpixel", 0.5), (0.12, "resample", 0.3), (0.08, "moire", 0.7), (0.15, "defocus", 0.5), (0.1, "sharpen", 0.6), (0.08, "posterise", 0.6), (0.1, "noise", 0.4), (0.4, "jpeg", 0.9))
    picture = finish(degrade.apply(picture, rng, steps), box, rng, draw.Cut(near=0, far=0.3))
    if rng.random() < 0.25:
        picture = draw.to_height(picture, int(picture.shape[0] * rng.uniform(0.85, 3)), rng)
    return Sample(image=picture, text=words, kind="screen")


