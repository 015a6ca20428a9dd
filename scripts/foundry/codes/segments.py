"""Seven segment displays: LCD behind green, blue, orange or grey glass, LED in a glow, meters and multimeters."""

import cv2
import numpy as np

from scripts.foundry.codes import faces, glyphs
from scripts.foundry.codes.chance import Rng, between, chance, digits, pick, some, whole
from scripts.foundry.codes.finish import Wear, ink, shot, with_ink
from scripts.foundry.codes.glyphs import Mask
from scripts.foundry.codes.segment_shapes import Shape, fill, lay
from scripts.foundry.codes.surfaces import Colour, Field, flat, luma, noise, slope
from scripts.foundry.sample import Sample

_WEAR = Wear(tilt=4.0, shear=0.12, bend=0.1, blur=0.05, motion=0.12, shade=0.35, flatten=0.45, noise=8, likeness=0.82)
_CLEAN = Wear(tilt=1.0, shear=0.03, bend=0.03, blur=0.02, motion=0.05, shade=0.25, flatten=0.3, noise=5)
_GLASS: tuple[tuple[Colour, float], ...] = (  # BGR, weight: grey-green, backlit green, blue, orange, yellow, grey, white, teal, dark
    ((120, 150, 135), 5),
    ((40, 225, 20), 4),
    ((130, 240, 60), 2),
    ((235, 150, 40), 2),
    ((220, 150, 110), 2),
    ((20, 140, 245), 2),
    ((10, 190, 215), 1),
    ((150, 155, 160), 4),
    ((215, 215, 210), 4),
    ((150, 190, 120), 2),
    ((70, 75, 72), 4),
    ((60, 110, 50), 2),
    ((120, 105, 95), 2),
)
_UNITS = ("kWh", "kW", "kVAh", "CkWh", "V", "A", "°C", "m³", "kg", "Hz", "mA", "bar", "CUM", "BP", "R", "Y", "RPM", "T1", "kvarh")
_LED: tuple[Colour, ...] = ((40, 30, 255), (60, 20, 235), (90, 255, 60), (255, 150, 50), (30, 140, 255), (240, 240, 240))


def number(rng: Rng) -> str:
    """What a display shows: a counter, a measured value, a time."""
    kind = pick(rng, ("counter", "value", "small", "integer", "time", "minus", "single"), (6, 5, 2, 3, 0.6, 1.5, 0.5))
    if kind == "counter":
        body = "0" * whole(rng, 0, 3) + digits(rng, 1, 5)
        return body + (f"{pick(rng, '.,', (8, 1))}{digits(rng, 1, 3)}" if chance(rng, 0.55) else "")
    if kind in {"value", "minus"}:
        return ("-" if kind == "minus" else "") + f"{between(rng, 0, 10 ** whole(rng, 0, 4)):.{whole(rng, 0, 3)}f}"
    if kind == "small":
        return ("-" if chance(rng, 0.2) else "") + f".{digits(rng, 2, 3)}"
    if kind == "time":
        return f"{whole(rng, 0, 23):02d}:{whole(rng, 0, 59):02d}" + (f":{whole(rng, 0, 59):02d}" if chance(rng, 0.2) else "")
    if kind == "single":
        return digits(rng, 1) + ("." if chance(rng, 0.15) else "")
    return digits(rng, 2, 8)


def shape(rng: Rng, height: int) -> Shape:
    """A display of some make; a point is three pixels at the least, and has some room of its own."""
    width, stroke = between(rng, 0.42, 0.62), between(rng, 0.06, 0.16)
    space = between(rng, 0.09, 0.32)
    point = max(3.0 / height, 0.05, stroke * (between(rng, 0.75, 1.3) if chance(rng, 0.75) else between(rng, 0.55, 0.75)))
    return Shape(
        width=width,
        stroke=stroke,
        gap=pick(rng, (0.0, between(rng, 0, 0.035))),
        step=width + space,
        point=point,
        point_at=between(rng, 0.2, 0.8),
        point_down=pick(rng, (0.0, between(rng, 0, 0.08)), (3, 1)),
        round_point=chance(rng, 0.6),
        mitred=chance(rng, 0.5),
        tails=chance(rng, 0.95),
        hooked_seven=chance(rng, 0.08),
        narrow_one=chance(rng, 0.25),
        slope=pick(rng, (0.0, between(rng, 0.04, 0.2), between(rng, -0.03, 0.03)), (4, 5, 1)),
        aside=max(pick(rng, (0.0, between(rng, 0, 0.2)), (3, 1)), point * between(rng, 1.3, 2.0) - space),
        small=between(rng, 0.5, 0.8) if chance(rng, 0.2) else 1.0,
        small_low=chance(rng, 0.8),
    )


def masks(rng: Rng, text: str, tall: int, height: int) -> tuple[Mask, Mask]:
    """What is lit and what shines through, in one frame: cut by our own hand, or by the makers of a font."""
    if "," not in text and chance(rng, 0.2):
        return _by_font(rng, text, tall)
    cut = shape(rng, height)
    drawing = lay(text, cut, blanks=whole(rng, 1, 3) if chance(rng, 0.2) and text[0] not in "-." else 0)
    margin = round(tall * 0.2)
    return fill(drawing.lit, cut, tall, drawing.width, margin), fill(drawing.dark, cut, tall, drawing.width, margin)


def _by_font(rng: Rng, text: str, tall: int) -> tuple[Mask, Mask]:
    """The same with a font, whose point stands in the cell before it and whose 8 is every segment."""
    face, track, lean = pick(rng, faces.family("seven")), between(rng, 0.04, 0.15), pick(rng, (0.0, between(rng, 0.05, 0.2)))
    every = "".join(character if character in ".:" else "8" for character in text)
    lit, whole_cells = (glyphs.sheared(glyphs.line(each, face, tall, tracking=track), lean) for each in (text, every))
    wide = min(lit.shape[1], whole_cells.shape[1])
    return lit[:, :wide], np.asarray(cv2.subtract(whole_cells[:, :wide], lit[:, :wide]), np.uint8)


def crop(rng: Rng, parts: tuple[Mask, ...], tall: int) -> tuple[Mask, ...]:
    """The same margins round each mask, from tight to a wide window."""
    x, y, width, height = cv2.boundingRect(parts[0])
    loose = pick(rng, (0.06, 0.25, 0.7), (4, 4, 2))
    left, right = (round(tall * between(rng, 0, loose * pick(rng, (1, 2)))) for _ in range(2))
    top, bottom = (round(tall * between(rng, 0, min(0.35, loose))) for _ in range(2))
    box = (left - x, top - y, right - (parts[0].shape[1] - x - width), bottom - (parts[0].shape[0] - y - height))
    return tuple(glyphs.framed(part, *box) for part in parts)


def units(rng: Rng, ground: Field, colour: Colour, tall: int, strength: float) -> Field:
    """A unit, much smaller than the digits, at the right edge or cut in at the foot; it is no part of the reading."""
    size = max(7, round(tall * between(rng, 0.2, 0.36)))
    mask = glyphs.trim(glyphs.line(pick(rng, _UNITS), pick(rng, faces.family("sans")), size))
    height, width = ground.shape[:2]
    room = round(tall * 0.1) + mask.shape[1]
    ground = np.pad(ground, ((0, 0), (0, room), (0, 0)), mode="edge")
    y = pick(rng, (round(height * 0.1), height - mask.shape[0] - 1, height // 2))
    x = width + whole(rng, 0, max(0, round(tall * 0.1)))
    y0 = int(np.clip(y, 0, height - 1))
    cut = mask[: height - y0, : ground.shape[1] - x]
    region = ground[y0 : y0 + cut.shape[0], x : x + cut.shape[1]]
    region[:] = ink(region, cut, colour, strength)
    return ground


def lcd(rng: Rng) -> Sample:
    """A liquid crystal display: dark segments over lit glass, or the other way round, with ghosts and a shadow."""
    text = number(rng)
    height = _height(rng)
    tall = int(np.clip(height, 36, 88))
    lit, dark = crop(rng, masks(rng, text, tall, height), tall)
    back = pick(rng, [colour for colour, _ in _GLASS], [weight for _, weight in _GLASS])
    tint = rng.uniform(0.75, 1.2, 3)
    back = (back[0] * tint[0], back[1] * tint[1], back[2] * tint[2])
    negative = chance(rng, 0.12)
    front = tuple(between(rng, 0.02, 0.35) * channel for channel in back)
    colour: Colour = (front[0], front[1], front[2])
    if negative:
        back, colour = (back[0] * 0.35, back[1] * 0.35, back[2] * 0.35), (230, 235, 230)
    ground = (
        flat(lit.shape, back) * (slope(rng, lit.shape, between(rng, 0, 0.25)) + np.float32(0.05) * noise(rng, lit.shape, 40, 40))[..., None]
    )
    strength = between(rng, 0.5, 1.0) if chance(rng, 0.8) else between(rng, 0.25, 0.5)
    apart = abs(luma(back) - luma(colour))
    strength = min(1.0, max(strength, 45 / apart))
    if chance(rng, 0.35):
        ground = ink(ground, dark, colour, strength * between(rng, 0.03, 0.2))
    if chance(rng, 0.3):
        shadow = np.roll(lit, (whole(rng, 1, 3), whole(rng, -3, 3)), axis=(0, 1))
        ground = ink(ground, np.asarray(cv2.blur(shadow, (3, 3)), np.uint8), colour, strength * between(rng, 0.1, 0.35))
    drawn = ink(ground, lit, colour, strength)
    if chance(rng, 0.35):
        drawn = units(rng, drawn, colour, tall, strength)
    drawn = glare(rng, drawn)
    drawn = with_ink(drawn, np.pad(lit, ((0, 0), (0, drawn.shape[1] - lit.shape[1]))))
    squeeze = round(drawn.shape[1] * height / drawn.shape[0] * between(rng, 0.75, 1.4)) if chance(rng, 0.3) else None
    return Sample(image=shot(rng, drawn, height, pick(rng, (_WEAR, _CLEAN), (3, 1)), width=squeeze), text=text, kind="segments_lcd")


def glare(rng: Rng, drawn: Field) -> Field:
    """Light that falls on the glass: a soft spot, or a band, that lifts the dark parts."""
    if not chance(rng, 0.35):
        return drawn
    height, width = drawn.shape[:2]
    x = (np.arange(width, dtype=np.float32) / height - between(rng, 0, width / height)) / between(rng, 0.3, 1.5)
    y = (np.arange(height, dtype=np.float32) / height - between(rng, 0, 1)) / between(rng, 0.2, 1.0)
    spot = np.exp(-(x[None, :] ** 2) - y[:, None] ** 2) * np.float32(between(rng, 0.1, 0.55))
    light = np.asarray((between(rng, 150, 255), between(rng, 150, 255), between(rng, 170, 255)), np.float32)
    return np.asarray(drawn + spot[..., None] * (light - drawn), np.float32)


def led(rng: Rng) -> Sample:
    """Light emitting segments: saturated cores in a glow, on black or behind tinted glass."""
    text = number(rng)
    height = _height(rng)
    tall = int(np.clip(height, 36, 88))
    lit, dark = crop(rng, masks(rng, text, tall, height), tall)
    colour = np.asarray(pick(rng, _LED, (5, 4, 3, 1.5, 2, 1)), np.float32)
    back = colour * np.float32(pick(rng, (0.04, 0.12, 0.6), (5, 4, 1))) + np.float32(between(rng, 0, 25))
    drawn = flat(lit.shape, (float(back[0]), float(back[1]), float(back[2])))
    if chance(rng, 0.5):
        drawn = ink(drawn, dark, tuple(min(255.0, float(channel) + 18) for channel in back), 0.8)  # type: ignore[arg-type]
    halo = cv2.GaussianBlur(lit, (0, 0), tall * between(rng, 0.04, 0.14)).astype(np.float32)[..., None] / 255
    core = cv2.GaussianBlur(lit, (0, 0), max(0.6, tall * between(rng, 0.005, 0.03))).astype(np.float32)[..., None] / 255
    white = between(rng, 0, 0.9)
    drawn += halo * colour * np.float32(between(rng, 0.2, 0.8))
    drawn += core * (colour + np.float32(white) * (255 - colour) - drawn * np.float32(0.5))
    return Sample(image=shot(rng, with_ink(glare(rng, drawn), lit), height, _WEAR), text=text, kind="segments_led")


def segments(rng: Rng) -> Sample:
    """A seven segment display of any kind."""
    return lcd(rng) if chance(rng, 0.78) else led(rng)


def _height(rng: Rng) -> int:
    return whole(rng, 24, 40) if chance(rng, 0.5) else whole(rng, 18, 110)


def fourteen(rng: Rng) -> Sample:
    """Fourteen segments, which show letters too."""
    text = some(rng, "ABCDEFGHIJKLMNPQRSTUVWXYZ", 1, 4) + pick(rng, ("", " ", "-")) + digits(rng, 1, 5)
    text = pick(rng, (text, f"{digits(rng, 1, 3)}.{digits(rng, 1, 2)} {some(rng, 'KGLBVAHZ', 1, 2)}", digits(rng, 2, 7)))
    height = _height(rng)
    tall = int(np.clip(height, 36, 80))
    face = pick(rng, faces.family("fourteen"))
    track = between(rng, 0, 0.15)
    lit = glyphs.line(text.replace(" ", "!"), face, tall, tracking=track)
    dark = glyphs.line("".join(each if each in ".:" else "~" for each in text), face, tall, tracking=track)
    wide = min(lit.shape[1], dark.shape[1])
    lit, dark = crop(rng, (lit[:, :wide], dark[:, :wide]), tall)
    glow = chance(rng, 0.3)
    back = pick(rng, [colour for colour, _ in _GLASS]) if not glow else (12, 14, 16)
    colour = pick(rng, _LED) if glow else (back[0] * 0.2, back[1] * 0.2, back[2] * 0.2)
    ground = flat(lit.shape, back) * slope(rng, lit.shape, 0.15)[..., None]
    if chance(rng, 0.4):
        ground = ink(ground, dark, colour, between(rng, 0.03, 0.16))
    return Sample(
        image=shot(rng, with_ink(glare(rng, ink(ground, lit, colour, between(rng, 0.55, 1))), lit), height, _WEAR),
        text=text,
        kind="segments_fourteen",
    )
