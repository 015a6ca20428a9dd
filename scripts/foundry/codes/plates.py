"""Number plates of Europe, Brazil, the United States and India; separators are labelled as they are drawn, emblems are not."""

from dataclasses import dataclass

import cv2
import numpy as np

from scripts.foundry.codes import faces, glyphs
from scripts.foundry.codes.chance import Rng, between, chance, digits, letters, pick, some, whole
from scripts.foundry.codes.finish import Wear, ink, shot
from scripts.foundry.codes.glyphs import Mask
from scripts.foundry.codes.surfaces import Colour, Field, flat, grey, noise, slope, vivid
from scripts.foundry.sample import Sample

_WEAR = Wear(tilt=5, shear=0.15, bend=0.12, blur=0.045, motion=0.15, shade=0.3, flatten=0.4, noise=8)
_EMBLEM = "\x00"
"""Stands in a pattern where a seal or a picture is drawn that is no character."""
_STATES = (
    "CALIFORNIA",
    "Texas",
    "NEW YORK",
    "Florida",
    "OHIO",
    "Nevada",
    "WASHINGTON",
    "Illinois",
    "Virginia",
    "Sunshine State",
    "Garden State",
    "MAINE",
    "IOWA",
)
_CITIES = (
    "BA-SALVADOR",
    "SP-SAO PAULO",
    "RJ-RIO DE JANEIRO",
    "DF-BRASILIA",
    "GO-GOIANIA",
    "BA-CAMACARI",
    "MG-BELO HORIZONTE",
    "ES-VITORIA",
    "BRASIL",
)


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


def eu(rng: Rng) -> Plate:
    gap = pick(rng, (" ", "-", _EMBLEM, ""), (5, 3, 4, 1))
    pattern = pick(
        rng,
        (
            f"{letters(rng, 1, 3)}{gap}{letters(rng, 1, 2)} {digits(rng, 1, 4)}",
            f"{letters(rng, 2)}{gap}{digits(rng, 3)}{letters(rng, 2)}",
            f"{letters(rng, 2)}{pick(rng, ' -')}{digits(rng, 3)}{pick(rng, ' -')}{letters(rng, 2)}",
            f"{digits(rng, 1)}{letters(rng, 1)}{digits(rng, 1)}{gap}{digits(rng, 4)}",
            f"{letters(rng, 3)}{gap}{digits(rng, 3, 4)}",
            f"{digits(rng, 4)} {letters(rng, 3)}",
            f"{letters(rng, 2)}{digits(rng, 2)} {letters(rng, 3)}",
            f"{letters(rng, 2)} {digits(rng, 4, 5)}",
            f"{letters(rng, 1)}-{digits(rng, 3)}-{letters(rng, 2)}",
            letters(rng, 4, 8),
        ),
        (3, 5, 3, 3, 3, 1, 2, 2, 1, 0.5),
    )
    back: Colour = pick(rng, (grey(rng, 215, 245, 5), (20, 190, 235), (20, 20, 20)), (9, 1, 0.5))
    front: Colour = grey(rng, 5, 40, 4) if sum(back) > 200 else (235, 235, 235)
    return Plate(
        pattern=pattern, back=back, front=front, band=pick(rng, ("", "D", "SK", "CZ", "F", "N", "A", "PL", "I", "NL"), (4,) + (1,) * 9)
    )


def br(rng: Rng) -> Plate:
    if chance(rng, 0.25):
        return Plate(
            pattern=f"{letters(rng, 3)}{digits(rng, 1)}{letters(rng, 1)}{digits(rng, 2)}",
            back=grey(rng, 210, 245, 5),
            front=(20, 20, 20),
            above="BRASIL" if chance(rng, 0.5) else "",
        )
    back, front = pick(rng, ((grey(rng, 140, 200, 8), (25, 25, 25)), ((40, 30, 170), (230, 230, 230))), (9, 1))
    return Plate(
        pattern=f"{letters(rng, 3)}{pick(rng, '·- ', (8, 2, 1))}{digits(rng, 4)}",
        back=back,
        front=front,
        above=pick(rng, _CITIES) if chance(rng, 0.5) else "",
    )


def us(rng: Rng) -> Plate:
    gap = pick(rng, (" ", "-", _EMBLEM, "·", ""), (5, 4, 4, 0.5, 3))
    pattern = pick(
        rng,
        (
            f"{letters(rng, 3)}{gap}{digits(rng, 3, 4)}",
            f"{digits(rng, 3)}{gap}{letters(rng, 3)}",
            f"{digits(rng, 1)}{letters(rng, 3)}{digits(rng, 3)}",
            f"{digits(rng, 4)} {letters(rng, 2)}",
            f"{letters(rng, 2)}{gap}{digits(rng, 3, 5)}",
            digits(rng, 6),
            some(rng, "ABCDEFGHIJKLMNOPRSTUVWXYZ", 4, 7),
            f"{letters(rng, 1)}{digits(rng, 2)}{gap}{letters(rng, 3)}",
            f"{letters(rng, 1)}{digits(rng, 6)}",
            f"{digits(rng, 3)} {digits(rng, 4)}",
        ),
        (6, 4, 3, 2, 3, 2, 3, 2, 1, 1),
    )
    back: Colour = grey(rng, 190, 250, 15) if chance(rng, 0.65) else vivid(rng, 0.7)
    front: Colour = pick(rng, ((30, 25, 20), (130, 60, 20), (40, 30, 160), (60, 100, 20), (90, 30, 60)), (6, 4, 2, 1.5, 1))
    if chance(rng, 0.08):
        back, front = (140, 50, 10), (120, 220, 250)
    return Plate(
        pattern=pattern,
        back=back,
        front=front,
        above=pick(rng, _STATES) if chance(rng, 0.55) else "",
        below=pick(rng, _STATES) if chance(rng, 0.45) else "",
    )


def india(rng: Rng) -> Plate:
    state = pick(rng, ("KA", "TN", "DL", "MH", "AP", "TS", "KL", "GJ", "UP", "HR", "RJ", "WB", "MP", "PB"), (3, 2) + (1,) * 12)
    gap = pick(rng, (" ", "", ".", "-", "·"), (6, 5, 1, 1, 0.5))
    pattern = (
        f"{state}{gap}{whole(rng, 1, 99):02d}{gap}{letters(rng, 1, 2)}{gap}{digits(rng, 4)}"
        if chance(rng, 0.93)
        else f"{state}{gap}{digits(rng, 2)}{gap}{digits(rng, 4)}"
    )
    back, front = pick(
        rng,
        ((grey(rng, 200, 245, 5), (15, 15, 15)), ((20, 180, 230), (10, 10, 10)), (grey(rng, 15, 45, 5), (230, 230, 230))),
        (8, 1.5, 0.7),
    )
    return Plate(pattern=pattern, back=back, front=front, band=pick(rng, ("", "IND"), (3, 1)))


def text_of(plate: Plate) -> str:
    """What is to be read: an emblem between two groups reads as a space."""
    return plate.pattern.replace(_EMBLEM, " ")


def row(rng: Rng, plate: Plate, tall: int, face: str) -> tuple[Mask, list[tuple[int, int]]]:
    """The characters as a mask, and where between them emblems stand (from x to x)."""
    parts: list[Mask] = []
    holes: list[tuple[int, int]] = []
    track = round(tall * between(rng, 0.03, 0.18))
    at = 0
    for character in plate.pattern:
        if character in {" ", _EMBLEM}:
            part = np.zeros((tall, round(tall * between(rng, 0.3, 0.5))), np.uint8)
            if character == _EMBLEM:
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
    """The plate from its characters outward: emblems, band, small print, dirt, light, and how a detector cuts it."""
    height = int(np.clip(np.exp(rng.normal(np.log(44), 0.45)), 16, 110))
    tall = int(np.clip(height * 0.8, 26, 64))
    inked = plate.pattern.replace(_EMBLEM, "").replace("·", "")
    face = pick(rng, faces.holding(pick(rng, ("plate", "narrow", "sans", "serif"), (6, 3, 2, 0.4)), inked))
    mask, holes = row(rng, plate, tall, face)
    if kind == "plate_in" and chance(rng, 0.1):
        mask = glyphs.sheared(mask, between(rng, 0.1, 0.3))
    left, right, top, bottom = _margins(rng, plate, tall)
    mask = np.pad(mask, ((top, bottom), (left, right)))
    ground = flat(mask.shape, plate.back) * slope(rng, mask.shape, between(rng, 0, 0.15))[..., None]
    if chance(rng, 0.25) and kind == "plate_us":  # a picture printed behind
        ground += np.float32(between(rng, 8, 25)) * noise(rng, mask.shape, 20, 8)[..., None] * rng.uniform(-1, 1, 3).astype(np.float32)
    front = (
        plate.front
        if abs(sum(plate.front) - sum(plate.back)) > 240
        else (235.0, 235.0, 235.0)
        if sum(plate.back) < 380
        else (20.0, 20.0, 20.0)
    )
    drawn = ink(ground, mask, front, between(rng, 0.75, 1))
    if chance(rng, 0.35):
        drawn = _stamped(rng, drawn, mask)
    for start, end in holes:
        _emblem(rng, drawn[top : top + tall, left + start : left + end])
    if kind == "plate_us":
        drawn = _pictured(rng, drawn, left)
    if plate.band:
        _band(drawn, plate.band, round(tall * 0.45))
    _small(rng, drawn[:top], plate.above, front, at_foot=False)
    _small(rng, drawn[top + tall + round(tall * 0.08) :], plate.below, front, at_foot=True)
    if chance(rng, 0.5):
        cv2.rectangle(drawn, (1, 1), (drawn.shape[1] - 2, drawn.shape[0] - 2), front, max(1, tall // 30))
    if chance(rng, 0.6):
        far = pick(rng, (0.2, 0.7), (4, 3 if kind == "plate_in" else 1)) * tall
        up, down, before, after = (round(between(rng, 0, far * part)) for part in (0.8, 0.8, 1.5, 1.5))
        drawn = np.asarray(cv2.copyMakeBorder(drawn, up, down, before, after, cv2.BORDER_CONSTANT, value=grey(rng, 5, 180)), np.float32)
        if chance(rng, 0.5):  # bumper, boot and shadow above and below
            drawn[: whole(rng, 0, up)] *= np.float32(between(rng, 0.3, 1.5))
            drawn[drawn.shape[0] - whole(rng, 0, down) :] *= np.float32(between(rng, 0.2, 1.5))
    if kind == "plate_in" and chance(rng, 0.6):
        drawn = np.repeat(drawn.mean(axis=2, keepdims=True), 3, axis=2)
    return Sample(image=shot(rng, drawn, height, _WEAR), text=text_of(plate), kind=kind)


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
    """One or two round seals, or a splash of colour, in the gap."""
    tall, wide = gap.shape[:2]
    x, radius = wide // 2, max(2, round(wide * between(rng, 0.22, 0.36)))
    if chance(rng, 0.5):
        for y in (0.3, 0.72):
            cv2.circle(gap, (x, round(tall * y)), round(radius * 0.75), vivid(rng), -1, cv2.LINE_AA)
        return
    cv2.circle(gap, (x, tall // 2), radius, vivid(rng), -1, cv2.LINE_AA)
    cv2.circle(gap, (x + whole(rng, -1, 1), tall // 2), max(1, radius // 2), vivid(rng), -1, cv2.LINE_AA)


def _pictured(rng: Rng, drawn: Field, left: int) -> Field:
    """A picture before the number, a sticker in a corner, bolts: all that a state puts on a plate."""
    tall, wide = drawn.shape[:2]
    if chance(rng, 0.2):
        room = round(tall * between(rng, 0.5, 0.8))
        drawn = np.pad(drawn, ((0, 0), (room - min(room, left // 2), 0), (0, 0)), mode="edge")
        for _ in range(whole(rng, 2, 5)):
            centre = (round(room * between(rng, 0.25, 0.7)), round(tall * between(rng, 0.25, 0.75)))
            cv2.ellipse(drawn, centre, (round(room * between(rng, 0.1, 0.3)),) * 2, 0, 0, 360, vivid(rng), -1, cv2.LINE_AA)
    for _ in range(pick(rng, (0, 1, 2), (5, 3, 2))):
        x, y = pick(rng, (0, wide - tall // 3)), pick(rng, (0, tall - tall // 6))
        drawn[y : y + tall // 6, x : x + tall // 3] = vivid(rng)
    return drawn


def _band(drawn: Field, words: str, width: int) -> None:
    """The blue band with its letters, which are much smaller than the number."""
    drawn[:, :width] = (150, 70, 20)
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


def plate_eu(rng: Rng) -> Sample:
    """A European plate."""
    return draw(rng, eu(rng), "plate_eu")


def plate_br(rng: Rng) -> Sample:
    """A Brazilian plate."""
    return draw(rng, br(rng), "plate_br")


def plate_us(rng: Rng) -> Sample:
    """A plate of one of the United States."""
    return draw(rng, us(rng), "plate_us")


def plate_in(rng: Rng) -> Sample:
    """An Indian plate."""
    return draw(rng, india(rng), "plate_in")
