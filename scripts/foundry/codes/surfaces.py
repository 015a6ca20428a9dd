"""What codes stand on: plain, printed, metal, foil, cardboard, glass; drawn as float pictures from ready-made noise."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.foundry.codes.chance import Rng, between, chance, pick, whole

Field: TypeAlias = NDArray[np.float32]
"""height x width x 3 (BGR) or height x width, 0 to 255 unless said otherwise."""
Colour: TypeAlias = tuple[float, float, float]
Size: TypeAlias = tuple[int, ...]
"""Height and width, as `shape` gives them."""

_POOL = (320, 2600)


@lru_cache(maxsize=48)
def _noise(across: float, down: float) -> Field:
    """Noise of deviation one, smooth over so many pixels; the same on every machine."""
    raw = np.random.default_rng(20260).standard_normal(_POOL, dtype=np.float32)
    if across or down:
        shrink = max(1, int(min(across, down) / 2))
        raw = np.ascontiguousarray(raw[: max(8, _POOL[0] // shrink), : max(8, _POOL[1] // shrink)])
        raw = np.asarray(cv2.GaussianBlur(raw, (0, 0), max(0.01, across / shrink), sigmaY=max(0.01, down / shrink)), np.float32)
        raw = np.asarray(cv2.resize(raw, (_POOL[1], _POOL[0]), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(raw / raw.std(), np.float32)


def noise(rng: Rng, size: Size, across: float = 0.0, down: float = 0.0) -> Field:
    """A random cut of the ready-made noise, flipped at random."""
    height, width = size[:2]
    pool = _noise(round(across, 1), round(down, 1))
    high, wide = min(height, pool.shape[0]), min(width, pool.shape[1])
    y, x = whole(rng, 0, pool.shape[0] - high), whole(rng, 0, pool.shape[1] - wide)
    cut = pool[y : y + high, x : x + wide][:: pick(rng, (1, -1)), :: pick(rng, (1, -1))]
    if cut.shape != (height, width):
        cut = np.asarray(cv2.resize(np.ascontiguousarray(cut), (width, height)), np.float32)
    return np.ascontiguousarray(cut)


def luma(colour: Colour) -> float:
    """How light a colour is to the eye."""
    return 0.114 * colour[0] + 0.587 * colour[1] + 0.299 * colour[2]


def flat(size: Size, colour: Colour) -> Field:
    return np.full((*size[:2], 3), colour, np.float32)


def grey(rng: Rng, low: float, high: float, tint: float = 12.0) -> Colour:
    """A grey with a tint."""
    base = between(rng, low, high)
    return (base + between(rng, -tint, tint), base + between(rng, -tint, tint), base + between(rng, -tint, tint))


def vivid(rng: Rng, low: float = 0.35, high: float = 1.0) -> Colour:
    """A saturated colour of any hue, value between low and high."""
    hsv = np.array([[[whole(rng, 0, 179), whole(rng, 90, 255), whole(rng, int(low * 255), int(high * 255))]]], np.uint8)
    blue, green, red = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0, 0].tolist()
    return (float(blue), float(green), float(red))


def slope(rng: Rng, size: Size, strength: float) -> Field:
    """A light gradient around one, in any direction."""
    height, width = size[:2]
    angle = between(rng, 0, 2 * np.pi)
    x = np.linspace(-1, 1, width, dtype=np.float32) * np.float32(np.cos(angle))
    y = np.linspace(-1, 1, height, dtype=np.float32) * np.float32(np.sin(angle))
    return np.asarray(1 + strength * (x[None, :] + y[:, None]), np.float32)


def plain(rng: Rng, size: Size) -> Field:
    colour = grey(rng, 120, 245) if chance(rng, 0.7) else vivid(rng, 0.6)
    return flat(size, colour) * slope(rng, size, between(rng, 0, 0.15))[..., None]


def paper(rng: Rng, size: Size) -> Field:
    """White, cream or a little grey, as labels and receipts are."""
    tone = between(rng, 190, 255)
    ground = flat(size, (tone * between(rng, 0.85, 1), tone, tone)) * slope(rng, size, between(rng, 0, 0.12))[..., None]
    return np.asarray(ground + np.float32(between(rng, 0, 5)) * noise(rng, size, 2, 2)[..., None], np.float32)


def dark(rng: Rng, size: Size) -> Field:
    colour = grey(rng, 10, 80, 8) if chance(rng, 0.7) else vivid(rng, 0.1, 0.4)
    return flat(size, colour) * slope(rng, size, between(rng, 0, 0.3))[..., None]


def metal(rng: Rng, size: Size) -> Field:
    """Brushed: streaks along the line, or across it, and a broad sheen."""
    streaks = noise(rng, size, *pick(rng, ((30, 0.6), (12, 0.5), (0.6, 12), (1.2, 1.2)), (4, 3, 1, 2)))
    sheen = noise(rng, size, 60, 60)
    tone = between(rng, 70, 200) + between(rng, 4, 18) * streaks + between(rng, 5, 25) * sheen
    return tone[..., None] * np.asarray(grey(rng, 1.0, 1.0, 0.05), np.float32)


def foil(rng: Rng, size: Size) -> Field:
    """Crumpled foil: ridges of light between dark folds."""
    folds = np.abs(noise(rng, size, 14, 14)) + 0.5 * np.abs(noise(rng, size, 5, 5))
    tone = between(rng, 90, 190) + between(rng, 15, 55) * (folds - 1)
    tint = pick(rng, ((1, 1, 1), (0.55, 0.85, 1), (0.95, 1, 1.02), (1.1, 1, 0.9)))
    return np.asarray(tone[..., None] * np.asarray(tint, np.float32), np.float32)


def cardboard(rng: Rng, size: Size) -> Field:
    tone = 1 + 0.05 * noise(rng, size, 3, 0.8) + 0.05 * noise(rng, size, 30, 30)
    return np.asarray(flat(size, (between(rng, 70, 130), between(rng, 120, 170), between(rng, 160, 210))) * tone[..., None], np.float32)


def glass(rng: Rng, size: Size) -> Field:
    """A bottle or a cap: light bands along a curved wall."""
    width = size[1]
    across = np.linspace(-1, 1, width, dtype=np.float32)
    bands = sum(between(rng, -0.3, 0.5) * np.exp(-(((across - between(rng, -1, 1)) / between(rng, 0.1, 0.5)) ** 2)) for _ in range(3))
    colour = vivid(rng, 0.3, 0.8) if chance(rng, 0.5) else grey(rng, 60, 220)
    return flat(size, colour) * (1 + np.asarray(bands, np.float32))[None, :, None] * slope(rng, size, 0.1)[..., None]


def printed(rng: Rng, size: Size) -> Field:
    """A package whose print changes colour under the code, with the odd line."""
    height, width = size[:2]
    colour = vivid(rng, 0.6) if chance(rng, 0.6) else grey(rng, 170, 250)
    out = flat(size, colour)
    other = vivid(rng, 0.6)
    level = sum(colour) / max(1.0, sum(other))  # as light as its neighbour, so that one ink stands off both
    other = (min(255.0, other[0] * level), min(255.0, other[1] * level), min(255.0, other[2] * level))
    if chance(rng, 0.5):
        out[:, whole(rng, 0, width) :] = other
    else:
        out[: whole(rng, 0, height // 3)] = other
    if chance(rng, 0.3):
        y = whole(rng, 0, height)
        cv2.line(out, (0, y), (width, y + whole(rng, -4, 4)), vivid(rng), whole(rng, 1, 3), cv2.LINE_AA)
    return np.asarray(out * (1 + 0.04 * noise(rng, size, 40, 40))[..., None], np.float32)


SURFACES: dict[str, Callable[[Rng, Size], Field]] = {
    "plain": plain,
    "paper": paper,
    "dark": dark,
    "metal": metal,
    "foil": foil,
    "cardboard": cardboard,
    "glass": glass,
    "printed": printed,
}
