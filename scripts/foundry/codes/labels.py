"""Printed codes: thermal paper and transfer, OCR-A and B, panels, typewriters, rating plates."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from scripts.foundry.codes import faces, glyphs, phrases, strings
from scripts.foundry.codes.chance import Rng, between, chance, digits, letters, pick, some, whole
from scripts.foundry.codes.finish import Wear, contrasting, ink, shot, with_ink
from scripts.foundry.codes.glyphs import Mask
from scripts.foundry.codes.surfaces import SURFACES, noise
from scripts.foundry.sample import Sample

_WEAR = Wear(tilt=2.5, shear=0.12, bend=0.05, blur=0.05, motion=0.12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one kind of label is printed, and on what."""

    kind: str
    kinds: tuple[str, ...]
    texts: tuple[Callable[[Rng], str], ...]
    grounds: tuple[str, ...]
    fade: float = 0.0
    """Chance that parts of the print are pale, as of a worn head."""
    lines: float = 0.0
    """Chance of fine gaps along the line, as of a dead heating dot."""
    spread: float = 0.08
    middle: float = 30
    wear: Wear = _WEAR


def mrz(rng: Rng) -> str:
    """A line of a machine readable zone."""
    if chance(rng, 0.5):
        names = f"{some(rng, 'ABCDEFGHIKLMNOPRSTUVWZ', 4, 9)}<<{some(rng, 'ABCDEFGHIKLMNORSTUVY', 3, 8)}"
        return f"P<{letters(rng, 3)}{names}".ljust(44, "<") if chance(rng, 0.5) else f"ID{letters(rng, 3)}{names}".ljust(30, "<")
    return f"{letters(rng, 1)}{digits(rng, 8)}<{digits(rng, 1)}{letters(rng, 3)}{digits(rng, 7)}{pick(rng, 'MF<')}{digits(rng, 7)}".ljust(
        42, "<"
    ) + digits(rng, 2)


def weight(rng: Rng) -> str:
    """What scales print."""
    unit = pick(rng, ("kg", "g", "KG", "lb", "t", "€/kg", "EUR", "€", "$", "¥"))
    lead = pick(rng, ("", "NET ", "NETTO ", "TARA ", "GROSS: ", "T ", "N ", "PREIS ", "净重 ", "毛重 ", "重量:", "单价 "))
    return f"{lead}{between(rng, 0, 10 ** whole(rng, 1, 4)):.{whole(rng, 0, 3)}f}{pick(rng, ('', ' '))}{unit}"


def barcode_line(rng: Rng) -> str:
    """The digits under a bar code."""
    return pick(
        rng,
        (
            digits(rng, 13),
            f"{digits(rng, 1)} {digits(rng, 6)} {digits(rng, 6)}",
            f"(01){digits(rng, 14)}(17){digits(rng, 6)}(10){letters(rng, 1)}{digits(rng, 3)}",
            f"*{letters(rng, 2)}{digits(rng, 5)}*",
            digits(rng, 8),
            f"{digits(rng, 1)} {digits(rng, 5)} {digits(rng, 5)} {digits(rng, 1)}",
        ),
    )


def print_of(rng: Rng, look: Look, text: str, tall: int) -> Mask:
    """The print, cut to its ink, as worn as its printer."""
    face = pick(rng, faces.holding(pick(rng, look.kinds), text) or faces.holding("hanzi", text))
    mask = glyphs.trim(glyphs.line(text, face, round(tall / 0.72), tracking=between(rng, -0.01, look.spread)))
    mask = glyphs.scaled(mask, mask.shape[0], between(rng, 0.75, 1.25))
    if chance(rng, 0.25):
        grow = chance(rng, 0.6)
        mask = np.asarray((cv2.dilate if grow else cv2.erode)(mask, np.ones((2, 2), np.uint8)), np.uint8)
    if chance(rng, look.fade):
        pale = np.clip(1.1 + 0.4 * noise(rng, mask.shape, *pick(rng, ((1.0, 1.0), (8, 3), (30, 0.6)))), 0.25, 1)
        mask = (mask * pale).astype(np.uint8)
    if chance(rng, look.lines):
        mask = mask.copy()
        for _ in range(whole(rng, 1, 3)):
            mask[whole(rng, 0, mask.shape[0] - 1)] //= 3
    return mask


def printed(rng: Rng, look: Look) -> Sample:
    """One line of a label of this look."""
    text = pick(rng, look.texts)(rng)
    height = int(np.clip(np.exp(rng.normal(np.log(look.middle), 0.42)), 10, 100))
    tall = int(np.clip(height, 22, 56))
    mask = print_of(rng, look, text, tall)
    loose = pick(rng, (0.08, 0.3, 0.8), (5, 4, 1)) * tall
    mask = glyphs.framed(mask, *(between(rng, 0, loose) for _ in range(4)))
    ground = SURFACES[pick(rng, look.grounds)](rng, mask.shape)
    drawn = ink(ground, mask, contrasting(rng, ground, between(rng, 60, 120)), between(rng, 0.7, 1))
    return Sample(image=shot(rng, with_ink(drawn, mask), height, look.wear), text=text, kind=look.kind)


_THERMAL = Look(
    kind="thermal",
    kinds=("mono", "sans", "narrow"),
    texts=(weight, barcode_line, strings.code, strings.serial),
    grounds=("paper", "paper", "paper", "plain"),
    fade=0.4,
    lines=0.3,
)
_TRANSFER = Look(
    kind="thermal_transfer",
    kinds=("sans", "narrow", "mono"),
    texts=(strings.code, strings.code, strings.lot),
    grounds=("plain", "printed", "foil", "glass"),
    fade=0.3,
    lines=0.4,
)
_OCR = Look(
    kind="ocr_ab",
    kinds=("ocr",),
    texts=(mrz, strings.serial, strings.lot, strings.day, barcode_line, strings.code),
    grounds=("paper", "paper", "plain", "printed", "metal"),
    fade=0.2,
)
_PANEL = Look(
    kind="panel",
    kinds=("panel", "narrow"),
    texts=(strings.serial, strings.rating, weight, strings.clock, strings.lot),
    grounds=("dark", "plain", "metal", "printed"),
    spread=0.2,
)
_TYPEWRITER = Look(
    kind="typewriter",
    kinds=("typewriter",),
    texts=(strings.serial, strings.day, strings.rating, weight, strings.lot),
    grounds=("paper", "paper", "plain", "metal"),
    fade=0.5,
)
_PLATE = Look(
    kind="serial_plate",
    kinds=("sans", "narrow", "panel", "typewriter"),
    texts=(strings.rating, strings.serial, strings.serial, phrases.phrase),
    grounds=("metal", "plain", "dark", "foil"),
    fade=0.25,
    wear=replace(_WEAR, blur=0.04),
)


_WORDED = Look(
    kind="inscription",
    kinds=("sans", "narrow", "panel", "mono", "serif"),
    texts=(phrases.phrase, phrases.phrase, phrases.measure, phrases.mixed),
    grounds=("plain", "metal", "dark", "paper", "printed", "glass"),
    fade=0.15,
    spread=0.12,
)


def inscription(rng: Rng) -> Sample:
    """Words, values and strings of all of ASCII on machines and packages."""
    return printed(rng, _WORDED)


def thermal(rng: Rng) -> Sample:
    """Direct thermal paper: scales, parcels, bar code digits."""
    return printed(rng, _THERMAL)


def thermal_transfer(rng: Rng) -> Sample:
    """Ribbon print on film and cartons, with the gaps of a worn head."""
    return printed(rng, _TRANSFER)


def ocr_ab(rng: Rng) -> Sample:
    """OCR-A and OCR-B: documents, wafers, part numbers."""
    return printed(rng, _OCR)


def panel(rng: Rng) -> Sample:
    """Fronts of instruments and machines."""
    return printed(rng, _PANEL)


def typewriter(rng: Rng) -> Sample:
    """Typed or struck letters."""
    return printed(rng, _TYPEWRITER)


def serial_plate(rng: Rng) -> Sample:
    """A line of a rating plate."""
    return printed(rng, _PLATE)
