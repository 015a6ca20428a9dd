"""Scene text: signs, posters and shop fronts in any face, colour and ground, outlined or shadowed, seen at an angle."""

import cv2
import numpy as np

from scripts.foundry import draw, grounds
from scripts.foundry.legible import worn
from scripts.foundry.sample import Image, Sample
from scripts.foundry.texts import Text, chinese, english, odds, weighted
from scripts.foundry.writing import Look, finish, fitting, height, mask

BEND = ((0.5, "tilt", 1.0), (0.25, "slant", 0.8), (0.45, "perspective", 1.0), (0.2, "curve", 1.0))
STREET = (
    (0.15, "shadow", 1), (0.25, "uneven", 0.8), (0.15, "glare", 0.9), (0.25, "low_contrast", 0.8), (0.25, "gamma", 1),
    (0.15, "colour_cast", 1), (0.08, "grey", 1), (0.08, "smudge", 0.5),
    (0.45, "defocus", 0.9), (0.2, "motion_blur", 0.9), (0.2, "resample", 0.9), (0.4, "noise", 0.7), (0.2, "sharpen", 0.9),
    (0.05, "posterise", 0.8), (0.5, "jpeg", 1),
)  # fmt: skip
CHINESE = Look(
    latin="latin -fancy", chinese="chinese -bitmap", low=15, high=76, tracking=(-0.04, 0.5), tracked=0.3, squeeze=(0.6, 1.4), bold=0.25
)
ENGLISH = Look(
    latin="latin -mono", chinese="chinese -bitmap", low=13, high=76, tracking=(-0.05, 0.35), tracked=0.3, squeeze=(0.6, 1.4), bold=0.15
)


def _shift(ink: Image, x: int, y: int) -> Image:
    return np.asarray(cv2.warpAffine(ink, np.array([[1, 0, x], [0, 1, y]], np.float64), ink.shape[1::-1]), np.uint8)


def _dress(rng: np.random.Generator, ink: Image, under: Image, over: draw.Colour, size: int) -> Image:
    """An outline, a shadow, a plate behind, or nothing, in a colour that keeps the letters apart from it."""
    kind, edge = float(rng.random()), grounds.contrast(rng, draw.luminance(over), 90)
    step = max(1, round(size * float(rng.uniform(0.03, 0.09))))
    if kind < 0.14:
        return draw.compose(draw.embolden(ink, 2 * step), edge, under)
    if kind < 0.28:
        away = (int(rng.choice([-1, 1])) * step, step)
        shade = _shift(ink, *away)
        shade = np.asarray(cv2.GaussianBlur(shade, (0, 0), step / 2), np.uint8) if rng.random() < 0.5 else shade
        return draw.compose(shade, edge, under, float(rng.uniform(0.4, 1)))
    if kind < 0.36:  # raised letters: a run of shifted copies
        for depth in range(step, 0, -1):
            under = draw.compose(_shift(ink, depth, depth), edge, under)
    elif kind < 0.42:  # neon
        glow = cv2.GaussianBlur(ink, (0, 0), 0.12 * size)
        return draw.compose(np.asarray(np.clip(glow * 1.2, 0, 255), np.uint8), over, under, 0.5)
    return under


def _fill(rng: np.random.Generator, ink: Image, over: draw.Colour, picture: Image) -> Image:
    """One colour, or now and then one that runs from lighter to darker."""
    if rng.random() < 0.12:
        tone = (np.array(over, np.float32) * 0.6 + 0.4 * (0 if draw.luminance(over) < 127 else 255)).astype(int)
        tall, wide = ink.shape[:2]
        paint = grounds.gradient(tall, wide, over, (int(tone[0]), int(tone[1]), int(tone[2])), rng)
        weight = (ink.astype(np.float32) / 255)[..., None]
        return np.asarray(picture * (1 - weight) + paint * weight, np.uint8)
    return draw.compose(ink, over, picture, float(rng.uniform(0.8, 1)))


def _sign(rng: np.random.Generator, text: Text, look: Look, kind: str) -> Sample:
    words, face = fitting(rng, text, look)
    size = height(rng, look, words)
    ink = draw.pad(mask(rng, words, face, size, look), int(0.7 * size) + 3)
    if len(words) < 9 and rng.random() < 0.07:  # the upright box of a tilted word
        ink = draw.turn(ink, float(rng.uniform(-25, 25)))
    ink = draw.bend(ink, rng, BEND)
    box = draw.bounds(ink)
    under = grounds.board(rng, ink.shape[0], ink.shape[1], plain=0.35, restless=0.5)
    over = grounds.contrast(rng, float(under.mean()), float(rng.uniform(60, 150)))
    under = _dress(rng, ink, under, over, size)
    picture = _fill(rng, ink, over, grounds.calm(under, ink, over, 60))
    picture = worn(picture, ink, box, rng, STREET, text=words)
    return Sample(image=finish(picture, box, rng, draw.Cut(near=-0.05, far=0.45)), text=words, kind=kind)


def sign_chinese(rng: np.random.Generator) -> Sample:
    """Chinese shop fronts, posters, web pictures."""
    text = weighted(rng, [(8, chinese.scene), (1, odds.numbers), (0.5, chinese.rare), (0.5, odds.lone), (0.5, odds.punctuated)])
    return _sign(rng, text, CHINESE, "sign")


def sign_english(rng: np.random.Generator) -> Sample:
    """English words in the street and on the web."""
    text = weighted(rng, [(10, english.scene), (0.5, english.name), (0.5, odds.web), (0.5, odds.numbers)])
    return _sign(rng, text, ENGLISH, "scene")
