"""Roller counters of meters: digits on drums behind windows, the last ones red, some a little on their way to the next digit."""

from dataclasses import dataclass

import cv2
import numpy as np

from scripts.foundry.codes import faces, glyphs
from scripts.foundry.codes.chance import Rng, between, chance, pick, whole
from scripts.foundry.codes.finish import Wear, ink, shot
from scripts.foundry.codes.glyphs import Mask
from scripts.foundry.codes.surfaces import Colour, Field, flat, grey, luma, noise, vivid
from scripts.foundry.sample import Sample

_WEAR = Wear(tilt=2.5, shear=0.06, bend=0.06, blur=0.05, motion=0.1, shade=0.3, flatten=0.4, noise=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drum:
    """The look of the drums of one counter; lengths in parts of the window's height."""

    face: str
    digit: float
    """Height of a digit."""
    spacing: float
    """From one digit of the drum to the next."""
    width: float
    """Of a window."""
    back: Colour
    front: Colour
    stretch: float
    curve: float
    """How dark the drum gets at the edges of the window."""
    weight: int


def drum(rng: Rng) -> Drum:
    light = chance(rng, 0.42)
    back = (grey(rng, 150, 245, 14) if chance(rng, 0.7) else vivid(rng, 0.75)) if light else grey(rng, 12, 70, 8)
    front = grey(rng, 5, 80, 8) if light else grey(rng, 150, 255, 14)
    if light and chance(rng, 0.2):
        front = (40, 30, between(rng, 130, 210))
    if not light and chance(rng, 0.15):
        front = (between(rng, 120, 170), between(rng, 200, 255), between(rng, 120, 170))
    if abs(luma(front) - luma(back)) < 70:
        front = (245.0, 245.0, 245.0) if luma(back) < 110 else (15.0, 15.0, 15.0)
    stroked = chance(rng, 0.2)
    return Drum(
        face=pick(rng, ("hershey-simplex", "hershey-duplex")) if stroked else pick(rng, faces.family("drums")),
        digit=between(rng, 0.5, 0.85),
        spacing=between(rng, 0.9, 1.15),
        width=between(rng, 0.45, 0.85),
        back=back,
        front=front,
        stretch=between(rng, 0.75, 1.15),
        curve=between(rng, 0, 0.5),
        weight=whole(rng, 3, 6),
    )


def window(digit: int, turn: float, look: Drum, height: int) -> Mask:
    """The ink in one window; `turn` is how far the drum has gone from this digit towards the next, -0.5 to 0.5."""
    width = round(look.width * height)
    out = np.zeros((3 * height, width), np.uint8)
    for step in (-1, 0, 1):
        size = max(6, round(look.digit * height))
        drawn = glyphs.trim(glyphs.glyph(look.face, round(size / 0.72), str((digit + step) % 10), look.weight).mask)
        drawn = glyphs.scaled(drawn, size, look.stretch)
        if drawn.shape[1] > width - 2:
            drawn = np.asarray(cv2.resize(drawn, (max(2, width - 2), size), interpolation=cv2.INTER_AREA), np.uint8)
        x = (width - drawn.shape[1]) // 2
        y = round(height * (1.5 + (step - turn) * look.spacing) - size / 2)
        y0, y1 = max(0, y), min(3 * height, y + size)
        if y1 > y0:
            np.maximum(out[y0:y1, x : x + drawn.shape[1]], drawn[y0 - y : y1 - y], out=out[y0:y1, x : x + drawn.shape[1]])
    return out[height : 2 * height]


def turns(rng: Rng, count: int) -> list[float]:
    """How far each drum has turned: mostly settled, the last ones often on their way, never so near half that the digit is in doubt."""
    loose = between(rng, 0.01, 0.1)
    settled = [float(rng.normal(0, loose)) for _ in range(count)]
    if chance(rng, 0.3):
        settled[-1] = between(rng, -0.34, 0.34)
    if chance(rng, 0.06):
        settled[-2] = between(rng, -0.28, 0.28)
    return [float(np.clip(turn, -0.34, 0.34)) for turn in settled]


def roller(rng: Rng) -> Sample:
    """A whole counter of four to eight drums."""
    count = pick(rng, (3, 4, 5, 6, 7, 8), (1, 4, 5, 4, 3, 1))
    values = [0] * count if chance(rng, 0.02) else [int(value) for value in rng.integers(0, 10, count)]
    if chance(rng, 0.3):
        values[: whole(rng, 1, count - 1)] = [0] * whole(rng, 1, count - 1)
        values = values[:count] if len(values) >= count else [0] * (count - len(values)) + values
    height = int(np.clip(np.exp(rng.normal(np.log(52), 0.4)), 16, 110))
    tall = int(np.clip(height, 34, 72))
    look = drum(rng)
    reds = whole(rng, 1, 3) if chance(rng, 0.35) else 0
    patchwork = chance(rng, 0.4)
    gap = round(tall * pick(rng, (0.0, between(rng, 0.01, 0.08), between(rng, 0.08, 0.4)), (3, 4, 3)))
    bar = flat((tall, max(1, gap)), grey(rng, 0, 90) if chance(rng, 0.6) else grey(rng, 120, 240))
    cells: list[Field] = []
    for place, (value, turn) in enumerate(zip(values, turns(rng, count), strict=True)):
        red = place >= count - reds if not patchwork else chance(rng, 0.15 if reds else 0.0)
        cells.append(_cell(rng, window(value, turn, look, tall), look, red, patchwork))
        if gap:
            cells.append(bar)
    drawn = np.hstack(cells[:-1] if gap else cells)
    drawn = _case(rng, drawn, tall)
    return Sample(image=shot(rng, drawn, round(height * drawn.shape[0] / tall), _WEAR), text="".join(map(str, values)), kind="roller")


def _cell(rng: Rng, mask: Mask, look: Drum, red: bool, patchwork: bool) -> Field:
    """One window with its drum: the curve's shade, the edge of the drum, the teeth of a last drum."""
    height, width = mask.shape
    back, front = look.back, look.front
    if red and sum(look.back) > 380:
        front = (40, 30, between(rng, 150, 220))
    elif red:
        back = (30, 25, between(rng, 120, 200))
    ground = flat((height, width), back)
    if chance(rng, 0.4):
        ground[:, : whole(rng, 1, max(1, width // 12))] *= np.float32(between(rng, 0.4, 1.3))
        ground[:, -whole(rng, 1, max(1, width // 12)) :] *= np.float32(between(rng, 0.4, 1.3))
    drawn = ink(ground, mask, front, between(rng, 0.75, 1) if chance(rng, 0.7) else between(rng, 0.35, 0.75))
    if chance(rng, 0.12):  # the rim of the window or of the next drum, bright or dark
        x = pick(rng, (0, width - max(1, width // 14)))
        drawn[:, x : x + max(1, width // 14)] = front if chance(rng, 0.4) else grey(rng, 0, 200)
    if chance(rng, 0.05):
        for y in range(0, height, max(3, height // 9)):
            cv2.line(drawn, (width - max(2, width // 8), y), (width, y), front, 1)
    round_off = (
        1
        - look.curve * np.linspace(-1, 1, height, dtype=np.float32) ** 2
        + between(rng, -0.1, 0.1) * np.linspace(-1, 1, height, dtype=np.float32)
    )
    light = round_off[:, None, None] * np.float32(between(rng, 0.85, 1.1))
    if chance(rng, 0.08):  # a lamp mirrored in the window
        light = (
            light
            + np.float32(between(rng, 0.2, 0.6))
            * np.exp(-((np.linspace(-2, 2, height, dtype=np.float32) - between(rng, -1.5, 1.5)) ** 2))[:, None, None]
        )
    if patchwork:
        light = light * rng.uniform(0.75, 1.2, 3).astype(np.float32) * np.float32(between(rng, 0.7, 1.25))
    return np.asarray(drawn * light + 4 * noise(rng, (height, width), 2, 2)[..., None], np.float32)


def _case(rng: Rng, drawn: Field, tall: int) -> Field:
    """The frame round the windows, wide, narrow or cut off."""
    room = pick(rng, (0.0, 0.08, 0.3), (5, 3, 2)) * tall
    if room < 1:
        return drawn
    left, right, top, bottom = (round(between(rng, 0, room * times)) for times in (2, 2, 1, 1))
    colour = grey(rng, 10, 90) if chance(rng, 0.6) else grey(rng, 120, 245)
    return np.asarray(cv2.copyMakeBorder(drawn, top, bottom, left, right, cv2.BORDER_CONSTANT, value=colour), np.float32)
