"""Marks that are no ink: pecked, burned or pressed into the part, seen by their light and shadow alone."""

import cv2
import numpy as np

from scripts.foundry.codes import faces, glyphs, strings
from scripts.foundry.codes.chance import Rng, between, chance, pick, whole
from scripts.foundry.codes.dot_matrix import Jet, draw, line_dots
from scripts.foundry.codes.finish import Wear, contrasting, ink, shot, with_ink
from scripts.foundry.codes.glyphs import Mask
from scripts.foundry.codes.surfaces import SURFACES, Field, cardboard, metal, noise
from scripts.foundry.sample import Sample

_WEAR = Wear(tilt=3, shear=0.12, bend=0.06, blur=0.035, motion=0.08, shade=0.3, flatten=0.25, noise=7)


def text_of(rng: Rng) -> str:
    """What is marked for good: serial numbers, lots, dates, ratings; no hanzi, for which such tools have no letters."""
    while True:
        text = pick(rng, (strings.serial, strings.lot, strings.day, strings.rating), (5, 2, 2, 1))(rng)
        if faces.holds("hershey-simplex", text):
            return text


def height_of(rng: Rng, middle: float = 38) -> int:
    return int(np.clip(np.exp(rng.normal(np.log(middle), 0.4)), 14, 110))


def lit(rng: Rng, ground: Field, depth: Field, strength: float) -> Field:
    """The ground under a lamp from the side: a slope of `depth` towards the lamp is bright, one away from it dark."""
    angle = between(rng, 0, 2 * np.pi)
    across, down = cv2.Sobel(depth, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(depth, cv2.CV_32F, 0, 1, ksize=3)
    shade = (across * np.float32(np.cos(angle)) + down * np.float32(np.sin(angle))) / 4
    top = max(1e-3, float(np.abs(shade).max()))
    return np.asarray(ground + np.float32(strength) * (shade / top)[..., None], np.float32)


def padded(rng: Rng, mask: Mask, unit: float) -> Mask:
    """Margins from tight to loose."""
    loose = pick(rng, (0.1, 0.4, 0.9), (5, 4, 1)) * unit
    return glyphs.framed(mask, *(between(rng, 0.02 * unit, loose) for _ in range(4)))


def dot_peen(rng: Rng) -> Sample:
    """Pecked dot by dot into metal: each dot a crater with a bright and a dark rim."""
    while not faces.holds("hershey-simplex", text := text_of(rng)) or len(text) > 16:
        pass
    height = height_of(rng)
    dots = line_dots(rng, text)
    step = max(3.2, min(7.0, height / 8.5)) if dots.shape[0] <= 9 else max(2.4, min(4.0, height / 16))
    jet = Jet(
        step=step,
        pitch=between(rng, 0.7, 1.3),
        radius=between(rng, 0.28, 0.5),
        jitter=between(rng, 0, 0.07),
        uneven=0.12,
        wave=between(rng, 0, 0.3),
    )
    mask = padded(rng, draw(rng, dots, jet), 5 * step)
    depth = cv2.GaussianBlur(mask, (0, 0), step * between(rng, 0.12, 0.28)).astype(np.float32)
    ground = metal(rng, mask.shape)
    drawn = lit(rng, ground, depth, between(rng, 60, 130))
    floor = pick(rng, (-1, 1), (3, 2)) * between(rng, 25, 80)
    drawn = drawn + np.float32(floor / 255) * depth[..., None]
    return Sample(image=shot(rng, drawn, height, _WEAR), text=text, kind="dot_peen")


def laser(rng: Rng) -> Sample:
    """Burned into metal or plastic: dark or pale strokes of little contrast, hatched, on brushed ground."""
    text = text_of(rng)
    height = height_of(rng)
    tall = int(np.clip(height, 26, 64))
    stroked = chance(rng, 0.4)
    face = (
        pick(rng, faces.STROKED, (5, 1, 2))
        if stroked
        else pick(rng, faces.holding(pick(rng, ("sans", "mono", "narrow", "ocr")), text) or faces.holding("sans", text))
    )
    weight = max(1, round(tall * between(rng, 0.04, 0.12)))
    mask = padded(rng, glyphs.trim(glyphs.line(text, face, round(tall / 0.72), tracking=between(rng, 0, 0.15), weight=weight)), tall)
    if chance(rng, 0.35):  # the beam's hatching
        lines = (
            (np.arange(mask.shape[0]) % pick(rng, (2, 3, 4)) == 0)[:, None]
            if chance(rng, 0.5)
            else (np.arange(mask.shape[1]) % 3 == 0)[None, :]
        )
        mask = np.where(lines, mask // 2, mask).astype(np.uint8)
    ground = (metal if chance(rng, 0.75) else SURFACES[pick(rng, ("plain", "dark", "glass"))])(rng, mask.shape)
    tone = float(ground.mean())
    dark = tone > 150 or (tone > 70 and chance(rng, 0.55))
    colour = tone - between(rng, 35, 110) if dark else tone + between(rng, 35, 110)
    if chance(rng, 0.3):  # a burnt rim
        rim = cv2.dilate(mask, np.ones((3, 3), np.uint8))
        ground = ink(ground, np.asarray(rim, np.uint8), (tone * 0.75,) * 3, 0.6)
    warm = between(rng, -15, 15)
    return Sample(
        image=shot(rng, with_ink(ink(ground, mask, (colour - warm, colour, colour + warm), 1.0), mask), height, _WEAR),
        text=text,
        kind="laser",
    )


def embossed(rng: Rng) -> Sample:
    """Pressed into card, plastic or foil, raised or sunk: the same colour everywhere, edges in light and shadow."""
    text = pick(rng, (text_of, strings.day, strings.code))(rng)
    if not faces.holds("hershey-simplex", text):
        text = text_of(rng)
    height = height_of(rng, 44)
    tall = int(np.clip(height, 30, 64))
    family = pick(rng, ("sans", "narrow", "typewriter", "mono"), (5, 4, 1, 2))
    face = "hershey-simplex" if chance(rng, 0.25) else pick(rng, faces.holding(family, text) or faces.holding("sans", text))
    mask = padded(
        rng, glyphs.trim(glyphs.line(text, face, round(tall / 0.72), tracking=between(rng, 0, 0.2), weight=max(2, tall // 9))), tall
    )
    depth = cv2.GaussianBlur(mask, (0, 0), tall * between(rng, 0.015, 0.05)).astype(np.float32)
    ground = pick(rng, (SURFACES["plain"], SURFACES["dark"], metal, cardboard, SURFACES["foil"], SURFACES["glass"]), (5, 4, 4, 2, 1, 1))(
        rng, mask.shape
    )
    drawn = lit(rng, ground, depth, between(rng, 60, 140))
    if chance(rng, 0.4):  # paint or wear on what is raised
        drawn = drawn + np.float32(between(rng, -60, 60) / 255) * depth[..., None]
    return Sample(image=shot(rng, drawn, height, _WEAR), text=text, kind="embossed")


_CLOSED = set("ABDOPQR04689abdegopq")
_BRIDGED = _CLOSED | set("CEFGHKLMNSTUVWXYZ12357#&")


def bridged(rng: Rng, text: str, face: str, size: int, tracking: float) -> Mask:
    """A line as a stencil cuts it: bridges through every closed letter, and through the open ones where the maker wished."""
    wanted = _CLOSED if chance(rng, 0.5) else _BRIDGED
    width = max(1, round(size * between(rng, 0.04, 0.09)))
    parts: list[Mask] = []
    for character in text:
        drawn = glyphs.glyph(face, size, character)
        mask = np.pad(drawn.mask, ((0, 0), (0, max(0, round(drawn.advance + tracking * size) - drawn.mask.shape[1]))))
        x, _, wide, _ = cv2.boundingRect(mask)
        if character in wanted and wide > 3 * width:
            mask = mask.copy()
            middle = x + wide // 2 + whole(rng, -1, 1)
            mask[:, middle - width // 2 : middle - width // 2 + width] = 0
        parts.append(mask)
    return np.hstack(parts)


def stencil(rng: Rng) -> Sample:
    """Sprayed or rolled through a stencil on crates, drums and steel."""
    text = text_of(rng)
    height = height_of(rng, 42)
    tall = int(np.clip(height, 28, 64))
    face = pick(rng, faces.holding(pick(rng, ("sans", "narrow", "plate", "serif"), (4, 3, 3, 2)), text) or faces.holding("sans", text))
    mask = padded(rng, glyphs.trim(bridged(rng, text, face, round(tall / 0.72), between(rng, 0, 0.12))), tall)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), tall * between(rng, 0.008, 0.035)), np.uint8)
    if chance(rng, 0.5):
        soft = (soft * np.clip(1.25 + 0.35 * noise(rng, mask.shape, 1.2, 1.2), 0.3, 1)).astype(np.uint8)
    ground = SURFACES[pick(rng, ("cardboard", "plain", "metal", "dark", "printed"), (4, 3, 3, 2, 1))](rng, mask.shape)
    return Sample(
        image=shot(rng, with_ink(ink(ground, soft, contrasting(rng, ground, 70), between(rng, 0.8, 1)), soft), height, _WEAR),
        text=text,
        kind="stencil",
    )
