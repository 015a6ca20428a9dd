"""The steps that every line source shares: a text set in a face it fits, bent, put on a ground, degraded, cut, brought to its height."""

import re
from dataclasses import dataclass

import numpy as np

from scripts.foundry import degrade, draw
from scripts.foundry.fonts import Face, pick
from scripts.foundry.sample import Image
from scripts.foundry.texts import Text

_CURLED = 0.6
NO_STEPS: degrade.Recipe = ()
ALIKE = str.maketrans("0123456789~%-+=/#&*<>", "０１２３４５６７８９～％－＋＝／＃＆＊＜＞")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a line is set: face tags by the script of the text, the heights in pixels, and the freedom in its setting."""

    latin: str
    chinese: str
    low: int = 14
    high: int = 56
    tracking: tuple[float, float] = (-0.02, 0.12)
    tracked: float = 0.15  # how often the tracking is drawn at all
    squeeze: tuple[float, float] = (0.8, 1.15)
    bold: float = 0.08
    full_width: float = 0.0
    unsteady: float = 0.0  # how far the characters stray from the line and from each other in size, as in a hand
    longest: int = 1500  # pixels along the line


def curled(text: str) -> str:
    """The text with the quotes of print, which open after a space and close after a letter; the truth says `"` and `'`, as keys do."""
    for straight, (opening, closing) in (('"', "“”"), ("'", "‘’")):
        text = re.sub(rf"(^|[\s(\[]){straight}", rf"\1{opening}", text).replace(straight, closing)
    return text


def fitting(rng: np.random.Generator, text: Text, look: Look) -> tuple[str, Face]:
    """A text and a face that has its glyphs; a text that no face of the look has is drawn anew."""
    for _ in range(20):
        words = text(rng)
        face = pick(rng, words, look.latin if words.isascii() else look.chinese)
        if face is not None and words:
            return (words.upper() if "caps" in face.tags else words), face
    raise LookupError(f"no face of {look.chinese!r} or {look.latin!r} has the glyphs of {words!r}: run scripts/foundry/fonts.sh")


def height(rng: np.random.Generator, look: Look, text: str) -> int:
    """Small ones as often as large ones; hanzi need some pixels more, long lines are no wider than real crops."""
    low = look.low if text.isascii() else max(look.low, 13)
    drawn = float(np.exp(rng.uniform(np.log(low), np.log(look.high))))
    widest = look.longest / (len(text) * (0.55 if text.isascii() else 1.0))
    return int(max(low, min(drawn, widest)))


def mask(rng: np.random.Generator, text: str, face: Face, size: int, look: Look) -> Image:
    """The ink of the line, set a little differently each time."""
    seen = text
    if look.full_width and not text.isascii() and rng.random() < look.full_width and face.has(text.translate(ALIKE)):
        seen = text.translate(ALIKE)
    if text.isascii() and rng.random() < _CURLED and face.has(curled(text)):
        seen = curled(text)
    tracking = float(rng.uniform(*look.tracking)) if rng.random() < look.tracked else 0.0
    drawn = (
        draw.ink(seen, face, size, tracking=tracking)
        if not look.unsteady
        else draw.hand(seen, face, size, rng, tracking=tracking, unsteady=look.unsteady)
    )
    if rng.random() < 0.35:
        drawn = draw.stretch(drawn, float(rng.uniform(*look.squeeze)))
    if rng.random() < look.bold:
        drawn = draw.embolden(drawn, round(size / 24))
    return drawn


def finish(image: Image, box: tuple[int, int, int, int], rng: np.random.Generator, cut: draw.Cut) -> Image:
    """The crop; a picture lower than 10 pixels is scaled to 10, as no reader gets less."""
    done = draw.crop(image, box, rng, cut)
    if done.shape[0] < 10:
        done = draw.to_height(done, 10, rng)
    return np.ascontiguousarray(done)
