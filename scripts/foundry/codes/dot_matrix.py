"""Ink-jet codes, drawn dot by dot: rows that drift, dots that are missing, smeared or splashed, on whatever goes along a line."""

from dataclasses import dataclass

import cv2
import numpy as np

from scripts.foundry.codes import dot_table, faces, strings
from scripts.foundry.codes.chance import Rng, between, chance, pick, whole
from scripts.foundry.codes.dot_table import Dots
from scripts.foundry.codes.finish import Wear, contrasting, ink, shot, with_ink
from scripts.foundry.codes.glyphs import Mask
from scripts.foundry.codes.surfaces import SURFACES
from scripts.foundry.sample import Sample

_WEAR = Wear(tilt=3.0, shear=0.25, bend=0.07, blur=0.045, motion=0.12, flatten=0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jet:
    """How a print head lays its dots; lengths in parts of the step between rows."""

    step: float
    """Pixels between two rows."""
    pitch: float
    """Between two columns."""
    radius: float
    missing: float = 0.0
    jitter: float = 0.0
    lean: float = 0.0
    """How far a column leans from its top to its bottom row, in steps."""
    wave: float = 0.0
    """How far the line rises and falls along its length."""
    splash: float = 0.0
    rows_drift: float = 0.0
    uneven: float = 0.0
    """Deviation of the dots' size."""


def draw(rng: Rng, dots: Dots, jet: Jet) -> Mask:
    """The mask of the dots, with a margin of one step."""
    y, x = np.nonzero(dots)
    rows, columns = dots.shape
    keep = rng.random(y.size) >= jet.missing
    y, x = y[keep], x[keep]
    drift = np.asarray(rng.normal(0, jet.rows_drift, size=rows))
    across = x * jet.pitch + (rows - 1 - y) * jet.lean / rows + drift[y] + rng.normal(0, jet.jitter, y.size)
    phase, turns = between(rng, 0, 6.3), between(rng, 0.5, 3) * 6.3
    down = y + jet.wave * np.sin(phase + turns * x / max(1, columns)) + rng.normal(0, jet.jitter, y.size)
    radius = jet.radius * np.clip(rng.normal(1, jet.uneven, y.size), 0.5, 1.5)
    if jet.splash:
        extra = rng.random(y.size) < jet.splash
        across = np.concatenate([across, across[extra] + rng.uniform(0.4, 1.1, int(extra.sum()))])
        down = np.concatenate([down, down[extra] + rng.normal(0, 0.3, int(extra.sum()))])
        radius = np.concatenate([radius, radius[extra] * 0.45])
    across -= across.min() - 1 if across.size else 0.0
    down += 1 + abs(jet.wave)
    width = int((across.max() + 2) * jet.step) + 1 if across.size else 4
    out = np.zeros((int((rows + 1 + 2 * abs(jet.wave) + 1) * jet.step), width), np.uint8)
    points = np.round(np.stack([across, down], axis=1) * jet.step * 16).astype(int).tolist()
    sizes = np.round(radius * jet.step * 16).astype(int).tolist()
    for (px, py), size in zip(points, sizes, strict=True):
        cv2.circle(out, (px, py), size, 255, -1, cv2.LINE_AA, 4)
    return out


def line_dots(rng: Rng, text: str) -> Dots:
    """The text as dots in a font that has all of it."""
    gap = pick(rng, (1, 2, 3), (6, 3, 1))
    if dot_table.drawable(text) and chance(rng, 0.72):
        return dot_table.grid(text, whole(rng, 0, 3), chance(rng, 0.3), gap)
    face = pick(rng, [face for face in faces.holding("dots", text) if faces.bitmap_size(face)])
    return dot_table.pixel_grid(text, face, faces.bitmap_size(face), gap - 1)


def dot_matrix(rng: Rng) -> Sample:
    """One line of an ink-jet code."""
    text = strings.code(rng)
    dots = line_dots(rng, text)
    height = round(float(np.clip(np.exp(rng.normal(np.log(32), 0.45)), 11, 110)))
    tall = dots.shape[0] > 9
    step = max(3.0, min(7.0, height / 8.5)) if not tall else max(2.2, min(4.0, height / 16))
    worn = rng.random() ** 2
    mask = draw(rng, dots, jet(rng, step, worn, tall))
    if chance(rng, 0.2):
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), sigmaX=step * between(rng, 0.1, 0.35), sigmaY=0.01), np.uint8)
    loose = pick(rng, (0.0, 1.0, 3.0), (5, 4, 1))
    left, top, right, bottom = (round(step * loose * rng.random()) for _ in range(4))
    mask = np.pad(mask, ((top, bottom), (left, right)))
    name = pick(rng, ("plain", "printed", "cardboard", "foil", "glass", "metal", "dark"), (7, 3, 2, 2, 2, 1, 2))
    ground = SURFACES[name](rng, mask.shape)
    least = 75 if name == "foil" else 50
    drawn = ink(ground, mask, contrasting(rng, ground, between(rng, least, 140)), between(rng, 0.75, 1))
    return Sample(image=shot(rng, with_ink(drawn, mask), height, _WEAR), text=text, kind="dot_matrix")


def jet(rng: Rng, step: float, worn: float, tall: bool) -> Jet:
    """A print head as it happens to be set, the more worn the less even."""
    return Jet(
        step=step,
        pitch=between(rng, 0.75, 1.25) if chance(rng, 0.75) else between(rng, 1.2, 2.0),
        radius=between(rng, 0.38, 0.75) if not tall else between(rng, 0.45, 0.7),
        missing=0.05 * worn if chance(rng, 0.5) else 0.0,
        jitter=0.14 * worn,
        lean=between(rng, -0.6, 3.0) if chance(rng, 0.3) else 0.0,
        wave=between(rng, 0, 0.8) * worn,
        splash=0.12 * worn if chance(rng, 0.4) else 0.0,
        rows_drift=0.2 * worn if chance(rng, 0.4) else 0.0,
        uneven=0.2 * worn,
    )
