"""Amounts written by hand on cheques and forms: pen strokes, wavy security print, no two digits alike."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.foundry.codes import faces, glyphs
from scripts.foundry.codes.chance import Rng, between, chance, digits, pick, whole
from scripts.foundry.codes.finish import Wear, ink, shot, with_ink
from scripts.foundry.codes.glyphs import Mask
from scripts.foundry.codes.surfaces import Field, Size, flat, grey, noise
from scripts.foundry.sample import Sample

_WEAR = Wear(tilt=3, shear=0.15, bend=0.05, blur=0.03, motion=0.05, flatten=0.5, noise=6)
# A digit as a pen writes it, one way a line: the points of each stroke, x and y in sixtieths of its height, y down.
_WAYS = """
0 3000 0612 0342 2460 4848 5118 3300 2405
0 4203 1800 0330 1857 4551 5424 3601 1812 5406
1 0918 3000 2760
1 3000 2760
1 0627 3300 3060
1 0045 3000 2460
1 0621 2700 2459 / 0660 4558
2 0615 2400 4512 3036 0360 5157
2 0612 3000 4218 1848 0654 1848 3060 5454
3 0606 3000 4512 2127 4842 3060 0354
3 0601 4500 2424 4839 3060 0354
3 0600 4801 2124 5142 2763 0051
4 1800 0333 5130 / 3912 3360
4 3660 3700 0339 5437
4 0906 0630 2136 4527 / 4503 4263
5 1203 0927 3624 4842 2760 0354 / 1203 4800
5 4800 1502 0927 3624 4545 2460 0355
5 0900 0630 3325 4545 1861 0051 / 1200 5703
6 3900 1224 0648 2760 4545 3031 0945
6 4503 1809 0339 2460 4848 3630 0642
7 0305 5100 2160
7 0305 5100 2160 / 1530 4827
7 0012 0603 2407 5101 3030 2163 / 0933 4530
8 4509 2400 1215 4239 3060 0648 2427 4709
8 2727 0912 3000 4512 2428 0648 2760 4745 2727
8 5406 2700 1213 4242 2760 0745 3025 5703
9 4512 2400 0615 2130 4512 4236 3060
9 4218 2130 0612 3000 4315 3945 1860 0354
9 4806 1803 0621 3027 4806 4542 2769 0660
"""


@cache
def ways() -> dict[str, list[list[NDArray[np.float64]]]]:
    """Digit -> the ways to write it -> strokes -> points."""
    out: dict[str, list[list[NDArray[np.float64]]]] = {}
    for line in _WAYS.strip().splitlines():
        strokes = [[(int(point[:2]) / 60, int(point[2:]) / 60) for point in stroke.split()] for stroke in line[2:].split("/")]
        out.setdefault(line[0], []).append([np.array(stroke) for stroke in strokes])
    return out


def amount(rng: Rng) -> str:
    """A sum as people write it, with or without a point and the closing dash."""
    plain = str(whole(rng, 1, 9) * 10 ** whole(rng, 2, 5)) if chance(rng, 0.25) else digits(rng, 1).replace("0", "1") + digits(rng, 1, 5)
    if len(plain) > 3 and chance(rng, 0.45):
        plain = plain[:-3] + pick(rng, "..,") + plain[-3:]
    return plain + pick(rng, ("", ".-", "-", "="), (9, 1, 1, 0.3))


def curve(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A smooth line through the points (Catmull and Rom)."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, 7)[:, None]
    parts = []
    for before, a, b, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        parts.append(
            0.5 * (2 * a + (b - before) * t + (2 * before - 5 * a + 4 * b - after) * t**2 + (3 * a - before - 3 * b + after) * t**3)
        )
    return np.vstack(parts)


def written(rng: Rng, text: str, tall: int) -> Mask:
    """Strokes of one hand: its slant, its pen and its way to make each digit stay the same along the line."""
    pen, lean, wide, wild = (
        max(1, round(tall * between(rng, 0.04, 0.14))),
        between(rng, -0.15, 0.55),
        between(rng, 0.4, 0.9),
        between(rng, 0.02, 0.075),
    )
    habit = {digit: pick(rng, forms) for digit, forms in ways().items()}
    out = np.zeros((2 * tall, round(tall * (len(text) * (wide + 0.5) + 1.5))), np.uint8)
    at, base, rise = 0.4 * tall, 0.5 * tall, between(rng, -0.08, 0.08)
    for character in text:
        size = tall * between(rng, 0.65, 1.1)
        if character in habit:
            for stroke in habit[character]:
                points = stroke + rng.normal(0, wild, (len(stroke), 2))
                line = curve(points) * (size * wide, size)
                line[:, 0] += at + lean * (size - line[:, 1]) * 0.6
                line[:, 1] += base + tall - size
                cv2.polylines(out, [np.round(line * 16).astype(np.int32)], False, 255, pen, cv2.LINE_AA, 4)
            at += size * wide * between(rng, 0.72, 1.3) + pen
        else:
            at += _mark(rng, out[: round(base + tall) + 8, round(at) :], character, pen)
        base += rise * tall * 0.3
    return glyphs.trim(wavy(rng, out, tall))


def wavy(rng: Rng, mask: Mask, tall: int) -> Mask:
    """The writing drawn out and squeezed from place to place, as no two strokes of a hand are alike."""
    push, reach = tall * between(rng, 0.0, 0.07), pick(rng, (10.0, 16.0, 24.0))
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float32)
    x += np.float32(push) * noise(rng, mask.shape, reach, reach)
    y += np.float32(push) * noise(rng, mask.shape, reach, reach)
    return np.asarray(cv2.remap(mask, x, y, cv2.INTER_LINEAR), np.uint8)


def _mark(rng: Rng, room: Mask, character: str, pen: int) -> float:
    """A point, comma, dash or double dash at the left foot of the room; gives how wide it is."""
    tall = (int(room.shape[0]) - 8) / 1.5
    x, y = round(0.1 * tall), int(room.shape[0]) - 9
    if character in ".,":
        end = (max(0, x - round(0.06 * tall)), y + round(0.16 * tall)) if character == "," else (x, y)
        cv2.line(room, (x, y), end, 255, pen + 1, cv2.LINE_AA)
        return tall * between(rng, 0.2, 0.4)
    for level in (0.5,) if character == "-" else (0.4, 0.6):
        height = y - round(level * tall)
        cv2.line(room, (x, height), (x + round(0.4 * tall), height + whole(rng, -2, 2)), 255, pen, cv2.LINE_AA)
    return 0.65 * tall


def cheque(rng: Rng, size: Size) -> Field:
    """Paper with waves or crossing lines of security print."""
    height, width = size[:2]
    tone = between(rng, 150, 240)
    ground = flat((height, width), grey(rng, tone, tone, 4))
    if chance(rng, 0.75):
        x = np.arange(width)
        step, swing, turns = between(rng, 4, 9), between(rng, 1, 10), between(rng, 0.01, 0.06)
        for y in np.arange(-20, height + 20, step):
            points = np.stack([x, y + swing * np.sin(turns * x + between(rng, 0, 0.4)) + between(rng, -0.3, 0.3) * x * 0.1], axis=1)
            cv2.polylines(ground, [np.round(points[::4] * 16).astype(np.int32)], False, (tone - 28,) * 3, 1, cv2.LINE_AA, 4)
    return np.asarray(ground + 3 * noise(rng, (height, width))[..., None], np.float32)


def handwritten_digits(rng: Rng) -> Sample:
    """An amount in somebody's hand, by strokes of our own or a hand's font."""
    text = amount(rng)
    height = int(np.clip(np.exp(rng.normal(np.log(50), 0.3)), 22, 100))
    tall = int(np.clip(height, 32, 64))
    if chance(rng, 0.75):
        mask = written(rng, text, tall)
    else:
        face = pick(rng, faces.holding("hand", text))
        steps = rng.normal(0, tall * 0.04, len(text))
        mask = glyphs.sheared(
            glyphs.trim(glyphs.line(text, face, round(tall / 0.72), tracking=between(rng, 0, 0.15), steps=steps)), between(rng, -0.1, 0.3)
        )
    mask = glyphs.framed(mask, *(between(rng, 0.02, 0.3) * tall for _ in range(4)))
    ground = cheque(rng, mask.shape)
    pen = grey(rng, 10, 90, 5) if chance(rng, 0.7) else (between(rng, 80, 160), between(rng, 30, 70), between(rng, 10, 50))
    drawn = ink(ground, mask, pen, between(rng, 0.6, 1))
    if chance(rng, 0.3):
        y = mask.shape[0] - whole(rng, 1, max(2, mask.shape[0] // 5))
        cv2.line(drawn, (0, y), (mask.shape[1], y), grey(rng, 20, 90), 1, cv2.LINE_AA)
    return Sample(image=shot(rng, with_ink(drawn, mask), height, _WEAR), text=text, kind="handwritten_digits")
