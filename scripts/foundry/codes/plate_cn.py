"""Chinese number plates: the province's hanzi, a letter, a dot that is no part of the text, five or six characters."""

import cv2
import numpy as np

from scripts.foundry.codes import faces, glyphs
from scripts.foundry.codes.chance import Rng, between, chance, pick, some, whole
from scripts.foundry.codes.finish import Wear, ink, shot, with_ink
from scripts.foundry.codes.glyphs import Mask
from scripts.foundry.codes.surfaces import Colour, Field, flat, grey, noise, slope
from scripts.foundry.sample import Sample

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SERIAL = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_DIGITS = "0123456789"
_WEAR = Wear(tilt=5, shear=0.22, bend=0.22, blur=0.05, motion=0.15, shade=0.3, flatten=0.35, noise=8, jpeg=0.6)
_LOOKS: dict[str, tuple[Colour, Colour]] = {
    "blue": ((190, 70, 10), (245, 245, 245)),
    "yellow": ((10, 175, 240), (20, 20, 20)),
    "white": ((235, 235, 235), (15, 15, 15)),
    "black": ((25, 22, 20), (235, 235, 235)),
    "green": ((120, 215, 110), (15, 15, 15)),
}


def number(rng: Rng) -> tuple[str, str]:
    """The characters of a plate and its look."""
    look = pick(rng, ("blue", "yellow", "white", "black", "green"), (72, 9, 3, 3, 13))
    province = "皖" if chance(rng, 0.12) else pick(rng, PROVINCES)
    city = pick(rng, "ABCDEFGHJKLMNPQRSTUVWXYZ", [6 if letter == "A" else 1 for letter in "ABCDEFGHJKLMNPQRSTUVWXYZ"])
    if look == "green":
        tail = (
            pick(rng, "DF") + some(rng, _SERIAL, 1) + some(rng, _DIGITS, 4)
            if chance(rng, 0.75)
            else some(rng, _DIGITS, 5) + pick(rng, "DF")
        )
        return province + city + tail, look
    if look == "white":
        return (province + city + some(rng, _DIGITS, 4) + "警"), look
    if look == "black" and chance(rng, 0.7):
        return "粤Z" + some(rng, _SERIAL, 1) + some(rng, _DIGITS, 3) + pick(rng, "港澳"), look
    if look == "yellow" and chance(rng, 0.45):
        return province + city + some(rng, _SERIAL[-34:], 1) + some(rng, _DIGITS, 3) + pick(rng, "学挂"), look
    tail = (
        some(rng, _DIGITS, 5) if chance(rng, 0.25) else some(rng, _SERIAL, 2) + some(rng, _DIGITS, 3) if chance(rng, 0.5) else _mixed(rng)
    )
    return province + city + tail, look


def _mixed(rng: Rng) -> str:
    tail = list(some(rng, _DIGITS, 5))
    for _ in range(whole(rng, 1, 2)):
        tail[whole(rng, 0, 4)] = some(rng, _SERIAL[:24], 1)
    return "".join(tail)


def characters(rng: Rng, text: str, tall: int) -> Mask:
    """The row of characters on the plate's grid: each 45 wide of 90 high, 57 from one to the next, a dot after the second."""
    face, hanzi = pick(rng, _latin()), pick(rng, faces.holding("hanzi", text))
    unit = tall / 90
    width, step, wide_gap = 45 * unit, 57 * unit, 22 * unit
    if len(text) > 7:
        width, step = 43 * unit, 52 * unit
    out = np.zeros((tall, round(step * len(text) + wide_gap)), np.uint8)
    at = 0.0
    thick = chance(rng, 0.35)
    for place, character in enumerate(text):
        own = face if character.isascii() else hanzi
        drawn = glyphs.trim(glyphs.glyph(own, tall if character.isascii() else round(tall * 0.8), character, max(2, tall // 9)).mask)
        cell = width if character not in "1I" else min(width, drawn.shape[1] * tall / drawn.shape[0])
        drawn = np.asarray(cv2.resize(drawn, (max(2, round(cell)), tall), interpolation=cv2.INTER_AREA), np.uint8)
        if thick:
            drawn = np.asarray(cv2.dilate(drawn, np.ones((2, 2), np.uint8)), np.uint8)
        x = round(at + (width - cell) / 2)
        region = out[:, x : x + drawn.shape[1]]
        np.maximum(region, drawn[:, : region.shape[1]], out=region)
        at += step
        if place == 1:
            if len(text) <= 7:
                cv2.circle(
                    out,
                    (round(at - step + width + (step - width + wide_gap) / 2), tall // 2),
                    max(1, round(5 * unit)),
                    255,
                    -1,
                    cv2.LINE_AA,
                )
            at += wide_gap
    return out[:, : round(at - (step - width))]


def _latin() -> tuple[str, ...]:
    return (*faces.family("plate"), "hershey-simplex", "hershey-duplex")


def plate_cn(rng: Rng) -> Sample:
    """A plate as a detector cuts it out: tight or with a piece of the car, small, bent, in the colours of a street at night."""
    text, look = number(rng)
    height = 24 if chance(rng, 0.5) else whole(rng, 14, 72)
    tall = int(np.clip(height * 1.4, 30, 64))
    back, front = _LOOKS[look]
    tint = rng.uniform(0.7, 1.2, 3)
    mask = characters(rng, text, tall)
    side, above = round(tall * between(rng, 0.08, 0.25)), round(tall * between(rng, 0.1, 0.3))
    mask = np.pad(mask, ((above, above), (side, side)))
    ground = flat(mask.shape, (back[0] * tint[0], back[1] * tint[1], back[2] * tint[2]))
    if look == "green":
        ground += np.linspace(120, 0, mask.shape[0], dtype=np.float32)[:, None, None]
    if chance(rng, 0.75):
        cv2.rectangle(ground, (2, 2), (mask.shape[1] - 3, mask.shape[0] - 3), front, max(1, tall // 24))
    drawn = ink(ground, mask, front, between(rng, 0.8, 1))
    _bolts(rng, drawn, tall)
    drawn = drawn * (slope(rng, mask.shape, between(rng, 0, 0.2)) + np.float32(0.05) * noise(rng, mask.shape, 14, 14))[..., None]
    drawn = with_ink(drawn, mask)
    car = flat((mask.shape[0] + 2 * round(tall * 0.6), mask.shape[1] + 2 * tall), grey(rng, 5, 160))
    drawn = _mounted(rng, car, drawn, tall)
    if chance(rng, 0.25):
        drawn = drawn * between(rng, 0.4, 0.8)
    elif chance(rng, 0.3):
        drawn = drawn * between(rng, 1.1, 1.6)
    wide = round(height * 94 / 24 * between(rng, 0.95, 1.05)) if chance(rng, 0.65) else None
    return Sample(image=shot(rng, drawn, height, _WEAR, width=wide), text=text, kind="plate_cn")


def _bolts(rng: Rng, drawn: Field, tall: int) -> None:
    if not chance(rng, 0.5):
        return
    height, width = drawn.shape[:2]
    for x in (0.2, 0.8):
        for y in (0, height - 1):
            if chance(rng, 0.7):
                cv2.circle(
                    drawn, (round(width * (x + between(rng, -0.03, 0.03))), y), max(1, tall // 12), grey(rng, 60, 230), -1, cv2.LINE_AA
                )


def _mounted(rng: Rng, car: Field, drawn: Field, tall: int) -> Field:
    """The plate on the car, cut out by a detector that is now tight and now not."""
    y, x = (car.shape[0] - drawn.shape[0]) // 2, (car.shape[1] - drawn.shape[1]) // 2
    car = np.dstack([car, np.zeros(car.shape[:2], np.float32)])
    car[y : y + drawn.shape[0], x : x + drawn.shape[1]] = drawn
    loose = pick(rng, (0.03, 0.15, 0.45), (5, 4, 2)) * tall
    left, right, top, bottom = (round(between(rng, -0.04 * tall, loose)) for _ in range(4))
    return car[y - top : y + drawn.shape[0] + bottom, x - left : x + drawn.shape[1] + right]
