"""The line sources on paper, board and plate: documents, receipts, books, labels, hands."""

import numpy as np

from scripts.foundry import degrade, draw, grounds
from scripts.foundry.legible import worn
from scripts.foundry.marks import neighbours, rules
from scripts.foundry.sample import Sample
from scripts.foundry.texts import Text, chinese, english, odds, receipts, spec, weighted
from scripts.foundry.writing import Look, finish, fitting, height, mask

BEND = ((0.35, "tilt", 0.5), (0.12, "slant", 0.5), (0.15, "perspective", 0.6), (0.12, "curve", 0.5))
SCAN = (
    (0.3, "ink_spread", 0.6), (0.12, "ink_thin", 0.8), (0.12, "dropout", 0.6), (0.08, "bleed_through", 1), (0.5, "paper", 0.6),
    (0.25, "uneven", 0.6), (0.1, "shadow", 0.8),
    (0.3, "low_contrast", 0.7), (0.25, "gamma", 1), (0.45, "defocus", 0.6), (0.1, "motion_blur", 0.6), (0.12, "resample", 0.7),
    (0.35, "noise", 0.5), (0.15, "sharpen", 0.7),
    (0.06, "binarise", 0.8), (0.05, "salt_pepper", 0.5), (0.4, "jpeg", 0.9),
)  # fmt: skip
THERMAL = (
    (0.35, "ink_spread", 0.6), (0.2, "ink_thin", 1), (0.2, "dropout", 0.8), (0.35, "thermal_fade", 0.9), (0.4, "paper", 0.5),
    (0.3, "uneven", 0.7), (0.2, "shadow", 1),
    (0.4, "low_contrast", 0.9), (0.5, "defocus", 0.8), (0.15, "motion_blur", 0.7), (0.25, "resample", 0.8), (0.4, "noise", 0.5),
    (0.2, "sharpen", 1), (0.12, "binarise", 1),
    (0.1, "smudge", 0.6), (0.06, "scratches", 0.7), (0.06, "colour_cast", 0.8), (0.5, "jpeg", 1),
)  # fmt: skip
OLD_PRINT = (
    (0.6, "ink_spread", 0.8), (0.25, "ink_thin", 1), (0.3, "dropout", 0.8), (0.25, "bleed_through", 1), (0.7, "paper", 0.9),
    (0.3, "uneven", 0.6), (0.25, "low_contrast", 0.7),
    (0.4, "defocus", 0.5), (0.2, "noise", 0.5), (0.15, "sharpen", 0.8), (0.3, "binarise", 0.9), (0.1, "salt_pepper", 0.6),
    (0.15, "smudge", 0.4), (0.3, "jpeg", 0.8),
)  # fmt: skip
LABEL = (
    (0.2, "ink_spread", 0.7), (0.2, "ink_thin", 0.8), (0.2, "dropout", 0.7), (0.2, "scratches", 0.8), (0.25, "smudge", 0.6),
    (0.3, "uneven", 0.9), (0.2, "shadow", 0.9), (0.25, "glare", 0.9),
    (0.3, "low_contrast", 0.8), (0.2, "gamma", 1), (0.2, "colour_cast", 1), (0.5, "defocus", 0.8), (0.18, "motion_blur", 0.8),
    (0.15, "resample", 0.8), (0.4, "noise", 0.7), (0.2, "sharpen", 0.8),
    (0.5, "jpeg", 1),
)  # fmt: skip

DOCUMENT = Look(
    latin="latin -hand -fancy -bitmap -ocr -display -script -caps",
    chinese="chinese -hand -display -bitmap -rare",
    low=13,
    high=60,
    full_width=0.06,
)
TILL = Look(
    latin="latin receipt", chinese="chinese -hand -display -rare", low=11, high=44, tracking=(-0.05, 0.15), squeeze=(0.6, 1.3), bold=0.2
)
BOOK = Look(latin="latin book", chinese="chinese serif", low=20, high=58, longest=1900, tracked=0.05, squeeze=(0.88, 1.1), bold=0.1)
PLATE = Look(latin="latin -hand -fancy -script -book", chinese="chinese -hand -rare", low=12, high=64, full_width=0.05)
HAND = Look(
    latin="latin hand",
    chinese="chinese hand",
    low=20,
    high=70,
    tracking=(-0.06, 0.06),
    tracked=1,
    squeeze=(0.8, 1.2),
    bold=0.15,
    unsteady=0.06,
)
PEN = Look(
    latin="latin hand",
    chinese="chinese kai",
    low=20,
    high=70,
    tracking=(-0.1, 0.05),
    tracked=1,
    squeeze=(0.8, 1.2),
    bold=0.1,
    unsteady=0.09,
)


def _papery(
    rng: np.random.Generator,
    text: Text,
    look: Look,
    recipe: degrade.Recipe,
    *,
    kind: str,
    bright: tuple[float, float],
    cut: draw.Cut,
    waved: float = 0.0,
) -> Sample:
    """Dark ink on a bright ground: what documents, receipts, books and hands have in common."""
    words, face = fitting(rng, text, look)
    size = height(rng, look, words)
    ink = draw.bend(draw.pad(mask(rng, words, face, size, look), int(0.6 * size) + 3), rng, BEND)
    box = draw.bounds(ink)
    marked = rules(neighbours(ink, box, rng, face, size), box, rng)
    sheet = grounds.paper(rng, *bright)
    tall, wide = ink.shape[:2]
    under = grounds.waves(tall, wide, rng, sheet) if rng.random() < waved else grounds.flat(tall, wide, sheet)
    dark = grounds.colour(rng, 0, 70) if rng.random() < 0.2 else (int(80 * rng.random() ** 1.5),) * 3
    picture = draw.compose(marked, dark, under, float(rng.uniform(0.75, 1)))
    return Sample(image=finish(worn(picture, ink, box, rng, recipe, text=words), box, rng, cut), text=words, kind=kind)


def print_document(rng: np.random.Generator) -> Sample:
    """Black on paper, scanned or photographed; mostly Chinese."""
    text = weighted(
        rng,
        [
            (7, chinese.document),
            (1, chinese.receipt),
            (1, lambda r: english.sentence(r, 60)),
            (0.6, odds.punctuated),
            (0.6, odds.numbers),
            (0.3, english.name),
            (0.4, odds.symbols),
        ],
    )
    return _papery(rng, text, DOCUMENT, SCAN, kind="document", bright=(150, 255), cut=draw.Cut())


def receipt(rng: np.random.Generator) -> Sample:
    """Thermal and dot-matrix slips, small and pale."""
    text = receipts.receipt if rng.random() < 0.85 else chinese.receipt
    return _papery(rng, text, TILL, THERMAL, kind="receipt", bright=(130, 255), cut=draw.Cut(near=-0.05, far=0.3))


def book(rng: np.random.Generator) -> Sample:
    """Old print on yellowed paper, long lines."""
    return _papery(rng, english.book, BOOK, OLD_PRINT, kind="book", bright=(160, 255), cut=draw.Cut(far=0.4))


def label(rng: np.random.Generator) -> Sample:
    """Rating plates and packages: print on metal, foil and board, in either polarity."""
    look = PLATE
    words, face = fitting(rng, spec.plate if rng.random() < 0.75 else chinese.scene, look)
    size = height(rng, look, words)
    ink = draw.bend(draw.pad(mask(rng, words, face, size, look), int(0.6 * size) + 3), rng, BEND)
    box = draw.bounds(ink)
    marked = rules(neighbours(ink, box, rng, face, size), box, rng)
    under = grounds.board(rng, ink.shape[0], ink.shape[1], plain=0.45, restless=0.33)
    over = grounds.contrast(rng, float(under.mean()), float(rng.uniform(70, 140)))
    picture = draw.compose(marked, over, grounds.calm(under, marked, over, 60))
    picture = worn(picture, ink, box, rng, LABEL, text=words)
    return Sample(image=finish(picture, box, rng, draw.Cut()), text=words, kind="label")


def handwriting(rng: np.random.Generator) -> Sample:
    """Hands, and fonts set unsteadily; forms and cheques with waved lines under them."""
    text = weighted(rng, [(5, chinese.handwriting), (3, odds.numbers), (1, english.name), (1, lambda r: english.sentence(r, 40))])
    look = HAND if rng.random() < 0.6 else PEN
    return _papery(rng, text, look, SCAN, kind="handwriting", bright=(150, 255), cut=draw.Cut(), waved=0.35)


def rare(rng: np.random.Generator) -> Sample:
    """Rare hanzi, drawn evenly over the charset, in plain print."""
    text = weighted(rng, [(0.55, chinese.rare_mixed), (0.3, chinese.traditional), (0.15, odds.lone)])
    return _papery(rng, text, DOCUMENT, SCAN, kind="rare", bright=(150, 255), cut=draw.Cut())


def traditional(rng: np.random.Generator) -> Sample:
    """Books and papers in Traditional Chinese."""
    return _papery(rng, chinese.taiwanese, DOCUMENT, SCAN, kind="traditional", bright=(150, 255), cut=draw.Cut())
