"""From a plate's characters to its photograph: emblems, bands, small print, the car around it."""

from dataclasses import dataclass

import cv2
import numpy as np

from scripts.foundry.codes import faces, glyphs
from scripts.foundry.codes.chance import Rng, between, chance, pick, whole
from scripts.foundry.codes.finish import Wear, ink, shot, with_ink
from scripts.foundry.codes.glyphs import Mask
from scripts.foundry.codes.surfaces import Colour, Field, flat, grey, luma, noise, slope, vivid
from scripts.foundry.sample import Sample

_WEAR = Wear(tilt=5, shear=0.15, bend=0.12, blur=0.045, motion=0.15, shade=0.3, flatten=0.4, noise=8)
EMBLEM = "\x00"
"""Stands in a pattern where a seal or a picture is drawn that is no character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """One plate before it is drawn: its characters (the emblem among them), its colours and what stands above or beside."""

    pattern: str
    back: Colour
    front: Colour
    above: str = ""
    below: str = ""
    band: str = ""
    """The letters of the blue band at the left."""
    pictured: bool = False
    """Whether pictures and stickers come with it."""
    hand_made: bool = False
    """Whether sign writers made it, and cameras at gates see it."""


def text_of(plate: Plate) -> str:
    """What is to be read: an emblem between two groups reads as a space."""
    return plate.pattern.replace(EMBLEM, " ")


def row(rng: Rng, plate: Plate, tall: int, face: str) -> tuple[Mask, list[tuple[int, int]]]:
    """The characters as a mask, and where between them emblems stand (from x to x)."""
    parts: list[Mask] = []
    holes: list[tuple[int, int]] = []
    track = round(tall * between(rng, 0.03, 0.18))
    at = 0
    for character in plate.pattern:
        if character in {" ", EMBLEM}:
            part = np.zeros((tall, round(tall * between(rng, 0.3, 0.5))), np.uint8)
            if character == EMBLEM:
                holes.append((at, at + part.shape[1]))
        elif character in "-·.":
            part = np.zeros((tall, round(tall * 0.3)), np.uint8)
            middle = (part.shape[1] // 2, round(tall * (0.9 if character == "." else 0.5)))
            if character == "-":
                half = round(tall * 0.1)
                cv2.rectangle(part, (middle[0] - half, middle[1] - tall // 16), (middle[0] + half, middle[1] + tall // 16), 255, -1)
            else:
                cv2.circle(part, middle, max(1, round(tall * 0.07)), 255, -1, cv2.LINE_AA)
        else:
            part = glyphs.trim(glyphs.glyph(face, round(tall / 0.72), character, max(2, tall // 8)).mask)
            part = np.asarray(cv2.resize(part, (part.shape[1], tall), interpolation=cv2.INTER_AREA), np.uint8)
        parts += [part, np.zeros((tall, track), np.uint8)]
        at += part.shape[1] + track
    return np.hstack(parts[:-1]), holes


def draw(rng: Rng, plate: Plate, kind: str) -> Sample:
    """The plate from its characters outward, and how a detector cuts it."""
    height = int(np.clip(np.exp(rng.normal(np.log(44), 0.45)), 16, 110))
    tall = int(np.clip(height * 0.8, 26, 64))
    inked = plate.pattern.replace(EMBLEM, "").replace("·", "")
    face = pick(rng, faces.holding(pick(rng, ("plate", "narrow", "sans", "serif"), (6, 3, 2, 0.4)), inked))
    mask, holes = row(rng, plate, tall, face)
    if plate.pictured and chance(rng, 0.2):  # a picture before the number
        mask, holes = np.pad(mask, ((0, 0), (tall, 0))), [(0, round(0.8 * tall)), *((start + tall, end + tall) for start, end in holes)]
    if plate.hand_made and chance(rng, 0.1):
        mask = glyphs.sheared(mask, between(rng, 0.1, 0.3))
    left, right, top, bottom = _margins(rng, plate, tall)
    mask = np.pad(mask, ((top, bottom), (left, right)))
    front = _standing_off(plate.front, plate.back)
    drawn = ink(_sheet(rng, plate, mask), mask, front, between(rng, 0.75, 1))
    if chance(rng, 0.35):
        drawn = _stamped(rng, drawn, mask)
    for start, end in holes:
        _emblem(rng, drawn[top : top + tall, left + start : left + end])
    if plate.band:
        _band(rng, drawn, plate.band, round(tall * 0.45))
    _small(rng, drawn[:top], plate.above, front, at_foot=False)
    _small(rng, drawn[top + tall + round(tall * 0.08) :], plate.below, front, at_foot=True)
    if chance(rng, 0.5):
        cv2.rectangle(drawn, (1, 1), (drawn.shape[1] - 2, drawn.shape[0] - 2), front, max(1, tall // 30))
    if plate.hand_made and chance(rng, 0.6):  # cameras at gates are grey
        drawn = np.repeat(drawn.mean(axis=2, keepdims=True), 3, axis=2)
    seen = _on_car(rng, with_ink(drawn, mask), tall * (pick(rng, (0.2, 0.7), (4, 3 if plate.hand_made else 1))))
    return Sample(image=shot(rng, seen, height, _WEAR), text=text_of(plate), kind=kind)


def _standing_off(front: Colour, back: Colour) -> Colour:
    """The front colour, or white or black where it would not stand off the sheet."""
    if abs(luma(front) - luma(back)) > 80:
        return front
    return (235.0, 235.0, 235.0) if luma(back) < 127 else (20.0, 20.0, 20.0)


def _sheet(rng: Rng, plate: Plate, mask: Mask) -> Field:
    """The empty plate: its colour, a picture behind, a sticker in a corner."""
    tall, wide = mask.shape
    ground = flat(mask.shape, plate.back) * slope(rng, mask.shape, between(rng, 0, 0.15))[..., None]
    if not plate.pictured:
        return np.asarray(ground, np.float32)
    if chance(rng, 0.25):
        ground += np.float32(between(rng, 8, 25)) * noise(rng, mask.shape, 20, 8)[..., None] * rng.uniform(-1, 1, 3).astype(np.float32)
    for _ in range(pick(rng, (0, 1, 2), (5, 3, 2))):
        x, y = pick(rng, (0, wide - tall // 3)), pick(rng, (0, tall - tall // 6))
        ground[y : y + tall // 6, x : x + tall // 3] = vivid(rng)
    return np.asarray(ground, np.float32)


def _on_car(rng: Rng, drawn: Field, far: float) -> Field:
    """What a detector cuts out beside the plate: bumper, boot and shadow, or nothing."""
    if not chance(rng, 0.6):
        return drawn
    up, down, before, after = (round(between(rng, 0, far * part)) for part in (0.8, 0.8, 1.5, 1.5))
    car = (*grey(rng, 5, 180), 0.0)
    out = np.asarray(cv2.copyMakeBorder(drawn, up, down, before, after, cv2.BORDER_CONSTANT, value=car), np.float32)
    if chance(rng, 0.5):
        out[: whole(rng, 0, up)] *= np.float32(between(rng, 0.3, 1.5))
        out[out.shape[0] - whole(rng, 0, down) :] *= np.float32(between(rng, 0.2, 1.5))
    return out


def _margins(rng: Rng, plate: Plate, tall: int) -> tuple[int, int, int, int]:
    """Left, right, top and bottom; the print above and below needs some, and is cut off where it gets too little."""
    left, right = (round(tall * between(rng, 0.04, 0.3)) for _ in range(2))
    top, bottom = (round(tall * between(rng, 0.05, 0.25)) for _ in range(2))
    if plate.band:
        left = round(tall * between(rng, 0.5, 0.7))
    return left, right, top + (round(0.12 * tall) if plate.above else 0), bottom + (round(0.12 * tall) if plate.below else 0)


def _stamped(rng: Rng, drawn: Field, mask: Mask) -> Field:
    """Characters pressed out of the sheet: their edges catch the light."""
    edge = cv2.Sobel(cv2.GaussianBlur(mask, (0, 0), 1.0), cv2.CV_32F, 0, 1, ksize=3) / 4
    return np.asarray(drawn + np.float32(between(rng, -0.3, 0.3)) * edge[..., None], np.float32)


def _emblem(rng: Rng, gap: Field) -> None:
    """One or two round seals, a shield, or the outline of a tree, a bird, a horse, in the gap."""
    tall, wide = gap.shape[:2]
    x, radius = wide // 2, max(2, round(wide * between(rng, 0.22, 0.45)))
    kind = pick(rng, ("seals", "shield", "outline", "seal"), (4, 2, 2, 2))
    if kind == "seals":
        for y in (0.28, 0.74):
            middle = (x, round(tall * y))
            cv2.circle(gap, middle, round(radius * 0.8), vivid(rng), -1, cv2.LINE_AA)
            cv2.circle(gap, middle, max(1, round(radius * 0.4)), vivid(rng), -1, cv2.LINE_AA)
        return
    if kind == "shield":
        half, high = radius, round(tall * between(rng, 0.25, 0.4))
        outline = [(-half, -high), (half, -high), (half, high // 3), (0, high), (-half, high // 3)]
        shape = np.array([(x + across, tall // 2 + down) for across, down in outline], np.int32)
        cv2.fillPoly(gap, [shape], vivid(rng), cv2.LINE_AA)
        cv2.rectangle(gap, (x - half // 3, tall // 2 - high // 2), (x + half // 3, tall // 2 + high // 3), (230, 230, 230), -1, cv2.LINE_AA)
        return
    if kind == "outline":
        angles = np.linspace(0, 2 * np.pi, whole(rng, 9, 22))
        away = rng.uniform(0.35, 1, len(angles))
        shape = np.stack([x + np.cos(angles) * away * wide * 0.48, tall / 2 + np.sin(angles) * away * tall * 0.5], 1).astype(np.int32)
        cv2.fillPoly(gap, [shape], vivid(rng) if chance(rng, 0.5) else grey(rng, 10, 60, 10), cv2.LINE_AA)
        return
    cv2.circle(gap, (x, tall // 2), radius, vivid(rng), -1, cv2.LINE_AA)
    cv2.circle(gap, (x + whole(rng, -1, 1), tall // 2), max(1, radius // 2), vivid(rng), -1, cv2.LINE_AA)


def _band(rng: Rng, drawn: Field, words: str, width: int) -> None:
    """The blue band with its stars or its flag, and its letters, which are much smaller than the number."""
    drawn[:, :width] = (150, 70, 20)
    middle, radius = (width // 2, round(drawn.shape[0] * 0.3)), max(2, round(width * 0.32))
    if chance(rng, 0.6):
        for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
            star = (middle[0] + round(radius * np.cos(angle)), middle[1] + round(radius * np.sin(angle)))
            cv2.circle(drawn, star, max(1, width // 16), (60, 210, 240), -1, cv2.LINE_AA)
    else:
        cv2.rectangle(
            drawn, (middle[0] - radius, middle[1] - radius), (middle[0] + radius, middle[1] + radius), vivid(rng), -1, cv2.LINE_AA
        )
        cv2.circle(drawn, middle, radius // 2, (230, 230, 230), -1, cv2.LINE_AA)
    size = max(6, round(width * (0.55 if len(words) < 3 else 0.4)))
    mask = glyphs.trim(glyphs.line(words, faces.family("sans")[0], size))[:, : width - 1]
    y, x = drawn.shape[0] - mask.shape[0] - max(1, width // 5), (width - mask.shape[1]) // 2
    region = drawn[max(0, y) : max(0, y) + mask.shape[0], x : x + mask.shape[1]]
    region[:] = ink(region, mask[: region.shape[0]], (235, 235, 235))


def _small(rng: Rng, strip: Field, words: str, colour: Colour, *, at_foot: bool) -> None:
    """The name of a state or city above or below the number, cut off where the crop ends."""
    room, wide = strip.shape[:2]
    if not words or room < 5:
        return
    mask = glyphs.trim(glyphs.line(words, pick(rng, faces.family("sans")), max(6, round(room * between(rng, 0.7, 1.1)))))
    mask = (mask[:room] if at_foot else mask[-room:])[:, :wide]
    x = (wide - mask.shape[1]) // 2
    region = strip[: mask.shape[0], x : x + mask.shape[1]]
    region[:] = ink(region, mask, colour, 0.9)
