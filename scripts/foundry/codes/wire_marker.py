"""Wire markers: thermal print on sleeves and tubes, white or yellow, and the labels of cabinets."""

from functools import cache

import cv2
import numpy as np

from scripts.foundry.codes import faces, glyphs
from scripts.foundry.codes.chance import Rng, between, chance, digits, letters, pick, some, whole
from scripts.foundry.codes.finish import Wear, ink, shot, with_ink
from scripts.foundry.codes.glyphs import Mask
from scripts.foundry.codes.surfaces import Field, Size, flat, grey, noise
from scripts.foundry.paths import CORPUS
from scripts.foundry.sample import Sample

_WEAR = Wear(tilt=5, shear=0.22, bend=0.1, blur=0.065, motion=0.12, shade=0.25, flatten=0.5, noise=5, jpeg=0.4, likeness=0.55)
_KINDS = ("K", "KA", "KM", "KE", "Q", "QF", "QS", "QM", "F", "FU", "FR", "S", "SB", "SA", "SQ", "H", "HL", "EL", "M", "T", "TC", "TA",
    "G", "GS", "X", "XT", "XE",
          "XV", "A", "AP", "PLC", "B", "BT", "R", "RV", "V", "VD", "VR", "U", "Y", "YV", "YA", "W", "WH", "E", "EW", "PE", "N", "L",
          "P", "C", "D", "DI", "DO", "AI", "AO")  # fmt: skip
_SIGNALS = ("PE", "L1", "L2", "L3", "N", "L", "0V", "24V", "+24V", "-24V", "M", "COM", "GND", "NO", "NC", "NO1", "AC220V", "DC24V",
    "SHLD", "STOP", "START", "RUN",
            "PWR", "CLK", "CAN_H", "CAN_L", "A", "B", "RS485+", "TX", "RX", "U", "V", "W", "U1", "V1", "W1", "A1", "A2", "13", "14",
            "FAN", "HMI", "PLC", "EMG")  # fmt: skip


@cache
def corpus() -> tuple[str, ...]:
    """The strings of real installations, where they lie beside the project; nothing elsewhere."""
    path = CORPUS / "wire_marker_strings.txt"
    return tuple(line.strip() for line in path.read_text(encoding="utf8").splitlines() if line.strip()) if path.exists() else ()


def like(rng: Rng, shape: str) -> str:
    """A string of the same shape: most digits and some letters drawn anew."""
    out = []
    for character in shape:
        if character.isdigit() and chance(rng, 0.75):
            out.append(digits(rng, 1))
        elif "A" <= character <= "Z" and chance(rng, 0.3):
            out.append(letters(rng, 1))
        else:
            out.append(character)
    return "".join(out)


def name(rng: Rng) -> str:
    """A terminal, wire or device name by the usual grammars."""
    kind, number = pick(rng, _KINDS), digits(rng, 1, 3)
    forms = (
        digits(rng, 1, 5),
        f"{kind}{number}",
        f"-{kind}{number}",
        f"{kind}{number}:{digits(rng, 1, 2)}",
        f"X{digits(rng, 1, 3)}:{digits(rng, 1, 2)}:{digits(rng, 1)}",
        f"-{kind}{digits(rng, 1)}{letters(rng, 1)}{digits(rng, 1, 2)}{pick(rng, ('', 'V', 'PV'))}",
        f"{digits(rng, 1)}{letters(rng, 1)}{digits(rng, 2)}",
        f"{digits(rng, 2)}{letters(rng, 1)}{digits(rng, 2)}",
        f"{pick(rng, 'IQM')}{digits(rng, 1, 2)}.{whole(rng, 0, 7)}",
        f"{pick(rng, 'IQ')}{digits(rng, 2)}{letters(rng, 1)}{digits(rng, 2)}",
        f"24V_{pick(rng, ('DI', 'DO', 'AI', 'AO'))}{digits(rng, 2, 3)}",
        f"={letters(rng, 1)}{digits(rng, 1)}+{letters(rng, 1)}{digits(rng, 1)}-{kind}{digits(rng, 1)}:{digits(rng, 1, 2)}",
        f"+{letters(rng, 1)}{digits(rng, 1, 2)}-{kind}{digits(rng, 1)}",
        pick(rng, _SIGNALS),
        f"{letters(rng, 1)}{digits(rng, 3, 4)}",
        f"{kind}{digits(rng, 2)}_{pick(rng, ('NO', 'NC', 'N'))}{digits(rng, 2)}",
        f"{digits(rng, 2, 3)}{pick(rng, '-/')}{digits(rng, 1, 3)}{letters(rng, 0, 1)}",
        f"{kind}{number}{pick(rng, '-./')}{digits(rng, 1, 2)}",
        f"{pick(rng, ('TB', 'XT', 'JB', 'CN'))}{digits(rng, 1)}-{digits(rng, 1, 2)}",
        some(rng, "ABCDEFGHIKLMNPQRSTUVWXYZ0123456789", 3, 7),
    )
    return pick(rng, forms, (7, 5, 5, 5, 4, 4, 6, 5, 3, 3, 3, 1, 1, 5, 5, 2, 2, 2, 2, 3))


def text_of(rng: Rng) -> str:
    """A marker's text: of a real shape where the corpus is at hand, else of the grammar."""
    known = corpus()
    if not known or chance(rng, 0.45):
        return name(rng)
    return like(rng, pick(rng, known)) if chance(rng, 0.8) else pick(rng, known)


def print_of(rng: Rng, text: str, tall: int) -> Mask:
    """The print, cut to its ink: plain or narrow letters, often spread, often slanted, sometimes drawn by a stylus."""
    if chance(rng, 0.45) and faces.holds("hershey-simplex", text):
        face = pick(rng, faces.STROKED, (6, 1, 3))
    else:
        face = pick(rng, faces.holding(pick(rng, ("sans", "narrow", "mono", "panel"), (5, 4, 3, 2)), text) or faces.holding("sans", text))
    spread = pick(rng, (0.0, between(rng, 0, 0.12), between(rng, 0.15, 0.6)), (4, 4, 2))
    mask = glyphs.trim(glyphs.line(text, face, round(tall / 0.72), tracking=spread, weight=max(1, round(tall * between(rng, 0.06, 0.17)))))
    if not mask.any():
        raise ValueError(f"{face} drew nothing for {text!r}")
    return glyphs.sheared(glyphs.scaled(mask, mask.shape[0], between(rng, 0.6, 1.45)), between(rng, -0.1, 0.3) if chance(rng, 0.5) else 0.0)


def sleeve(rng: Rng, size: Size) -> Field:
    """A round tube seen from the side, white, yellow or in shade."""
    height, width = size[:2]
    colour = pick(
        rng,
        ((grey(rng, 200, 255, 5)), (between(rng, 0, 60), between(rng, 170, 225), between(rng, 200, 250)), grey(rng, 130, 200, 6)),
        (6, 3, 3),
    )
    at = np.linspace(-1, 1, height, dtype=np.float32) + np.float32(between(rng, -0.5, 0.5))
    shade = 1 - np.float32(between(rng, 0, 0.45)) * np.abs(at) ** np.float32(between(rng, 1, 4))
    ground = flat((height, width), colour) * shade[:, None, None]
    ground *= 1 + np.float32(between(rng, 0, 0.05)) * noise(rng, (height, width), 12, 12)[..., None]
    if chance(rng, 0.15):
        ground *= 1 - np.float32(between(rng, 0.2, 0.8)) * np.clip(noise(rng, (height, width), 60, 60) - 0.5, 0, 1)[..., None]
    return np.asarray(ground, np.float32)


def wire_marker(rng: Rng) -> Sample:
    """A marker as cut out of a photograph of a cabinet: small, slanted, pale, some cut along their edge."""
    text = text_of(rng)
    height = int(np.clip(np.exp(rng.normal(np.log(33), 0.42)), 8, 92))
    tall = int(np.clip(height, 24, 56))
    mask = print_of(rng, text, tall)
    loose = pick(rng, (0.08, 0.3, 0.8), (5, 4, 1)) * tall
    left, right, top, bottom = (between(rng, 0, loose) for _ in range(4))
    if chance(rng, 0.08):  # half cut, as a neighbour covers it
        top, bottom = (-between(rng, 0.1, 0.3) * tall, bottom) if chance(rng, 0.5) else (top, -between(rng, 0.1, 0.25) * tall)
    elif chance(rng, 0.1):
        left, right = -between(rng, 0, 0.06) * tall, -between(rng, 0, 0.06) * tall
    mask = glyphs.framed(mask, left, top, right, bottom)
    ground = sleeve(rng, mask.shape)
    if chance(rng, 0.12):  # the gap to the neighbouring sleeve
        edge = whole(rng, 1, max(1, round(mask.shape[0] * 0.12)))
        ground[:edge] = ground[:edge] * np.float32(between(rng, 0.1, 0.6))
    if chance(rng, 0.3):  # ink that bled or a printer that is worn
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), tall * between(rng, 0.015, 0.06)), np.uint8)
    if chance(rng, 0.2):
        worn = np.clip(1.2 + 0.5 * noise(rng, mask.shape, 1.5, 1.5), 0.2, 1)
        mask = (mask * worn).astype(np.uint8)
    drawn = ink(ground, mask, grey(rng, 5, 60, 6), between(rng, 0.55, 1) if chance(rng, 0.8) else between(rng, 0.25, 0.55))
    return Sample(image=shot(rng, with_ink(drawn, mask), height, _WEAR), text=text, kind="wire_marker")
