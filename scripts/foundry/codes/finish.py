"""From a drawn line to a photographed crop: ink on a surface, tilt, scale, blur, light, noise, JPEG."""

from dataclasses import dataclass

import cv2
import numpy as np

from scripts.foundry import degrade
from scripts.foundry.codes.chance import Rng, between, chance
from scripts.foundry.codes.glyphs import Mask
from scripts.foundry.codes.surfaces import Colour, Field, noise, slope
from scripts.foundry.legible import likeness
from scripts.foundry.sample import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear:
    """How strongly a crop is worn, each as its greatest strength: 0 is as drawn."""

    tilt: float = 2.0
    """Degrees."""
    shear: float = 0.1
    bend: float = 0.06
    """How far a corner leaves its place, in parts of the height."""
    blur: float = 0.035
    """Deviation in parts of the height of the crop."""
    motion: float = 0.15
    """Chance of motion blur."""
    shade: float = 0.25
    flatten: float = 0.35
    """How much of the contrast may go."""
    noise: float = 9.0
    jpeg: float = 0.5
    """Chance of JPEG."""
    likeness: float = 0.75
    """How like its ink the worn crop must stay (see `legible`), where the ink is known."""


ORDINARY = Wear()
_SELDOM: degrade.Recipe = (
    (0.06, "sharpen", 0.6),
    (0.06, "resample", 0.5),
    (0.04, "scratches", 0.5),
    (0.04, "smudge", 0.4),
    (0.05, "shadow", 0.6),
    (0.04, "grey", 1.0),
    (0.03, "salt_pepper", 0.3),
    (0.02, "moire", 0.4),
)
"""What befalls few crops: each chance, degradation and greatest strength."""
_LEAST_STEP = 18.0
"""Grey levels between strokes and gaps."""
_LEAST = 9.0
"""The deviation of grey levels below which a crop is given more contrast."""


def ink(ground: Field, mask: Mask, colour: Colour, strength: float = 1.0) -> Field:
    """The ground with ink of a colour where the mask is."""
    alpha = (mask.astype(np.float32) * np.float32(strength / 255))[..., None]
    return np.asarray(ground + alpha * (np.asarray(colour, np.float32) - ground), np.float32)


def contrasting(rng: Rng, ground: Field, least: float = 60.0) -> Colour:
    """An ink that stands off the ground by at least so many grey levels: dark on light more often than light on dark."""
    seen = ground[:: max(1, ground.shape[0] // 8), :: max(1, ground.shape[1] // 32)].mean(axis=2)
    tone = float(seen.mean())
    least = max(least, min(120.0, 2.2 * float(seen.std())))
    room_below, room_above = tone - least, 255 - least - tone
    darker = room_below > 0 and (room_above <= 0 or chance(rng, 0.9 if tone > 110 else 0.35))
    base = between(rng, 0, max(0.0, room_below)) if darker else between(rng, min(255.0, tone + least), 255)
    if darker and chance(rng, 0.6):
        base *= 0.5
    tint = between(rng, 0, 25)
    return (base + tint * between(rng, -1, 1), base + tint * between(rng, -1, 1), base + tint * between(rng, -1, 1))


def with_ink(drawn: Field, mask: Mask) -> Field:
    """The picture with its ink as a fourth channel, by which `shot` sees whether the text can still be read."""
    return np.dstack([drawn, mask.astype(np.float32)])


def shot(rng: Rng, drawn: Field, height: int, wear: Wear = ORDINARY, *, width: int | None = None) -> Image:
    """The crop of `height` pixels (and `width`, when it is squeezed); worn less where wear would leave nothing to read."""
    rows, columns = drawn.shape[:2]
    wide = width or max(4, round(columns * height / rows))
    seen = _warped(rng, drawn, height, wide, wear)
    if seen.shape[2] == 3:
        return _worn(rng, seen, wear, 1.0)
    seen, truth = np.ascontiguousarray(seen[..., :3]), np.clip(seen[..., 3], 0, 255).astype(np.uint8)
    left, top, across, down = cv2.boundingRect(np.asarray(truth > 40, np.uint8))
    out = _worn(rng, seen, wear, 1.0)
    for hardness in (0.5, 0.15, 0.0):
        alike, step = likeness(out, truth, (top, top + down, left, left + across)) if down > 3 and across > 3 else (1.0, 255.0)
        if alike >= wear.likeness and step >= _LEAST_STEP:
            break
        if hardness == 0.0:  # it was drawn too pale for any wear
            seen = (seen - seen.mean(axis=(0, 1))) * np.float32(1.8) + np.clip(seen.mean(axis=(0, 1)), 70, 185)
        out = _worn(rng, seen, wear, hardness)
    return out


def _worn(rng: Rng, seen: Field, wear: Wear, hardness: float) -> Image:
    """Lens, light, sensor and coder; hardness from 0 to 1 scales them all."""
    seen = _lit(rng, _blurred(rng, seen, wear.blur * hardness), wear, hardness)
    grain = min(between(rng, 0, wear.noise * hardness), 0.45 * contrast(seen))  # noise never swallows the writing
    if grain > 1:
        spots = noise(rng, seen.shape, *((0.0, 0.0) if chance(rng, 0.6) else (0.8, 0.8)))
        seen = seen + np.float32(grain) * spots[..., None]
    out = np.clip(seen, 0, 255).astype(np.uint8)
    recipe = [(wear.motion, "motion_blur", 0.7), *_SELDOM, (wear.jpeg, "jpeg", 0.85)]
    return degrade.apply(out, rng, [(often, name, most * hardness) for often, name, most in recipe])


def _warped(rng: Rng, drawn: Field, height: int, wide: int, wear: Wear) -> Field:
    rows, columns = drawn.shape[:2]
    if height < rows:  # shrink first: a warp that shrinks would skip pixels
        drawn = np.asarray(cv2.resize(drawn, (wide, height), interpolation=cv2.INTER_AREA), np.float32)
        rows, columns = height, wide
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    target = np.array([[0, 0], [wide, 0], [wide, height], [0, height]], np.float32)
    angle = np.radians(between(rng, -wear.tilt, wear.tilt) * min(1.0, 4.0 * height / wide))
    lean = between(rng, -wear.shear, wear.shear)
    centre = target.mean(axis=0)
    turn = np.array([[np.cos(angle), -np.sin(angle) - lean], [np.sin(angle), np.cos(angle)]], np.float32)
    bend = rng.uniform(-wear.bend * height, wear.bend * height, (4, 2)).astype(np.float32)
    target = np.asarray((target - centre) @ turn.T + centre + bend, np.float32)
    low, spare = target.min(axis=0), between(rng, -0.02, 0.05) * height  # as a detector boxes it: hardly anything leaves the crop
    size = np.array([wide, height], np.float32) + 2 * np.float32(spare)
    target = (target - low) / (target.max(axis=0) - low) * size - np.float32(spare)
    matrix = cv2.getPerspectiveTransform(corners, target)
    flags = cv2.INTER_LINEAR if chance(rng, 0.8) else cv2.INTER_CUBIC
    return np.asarray(cv2.warpPerspective(drawn, matrix, (wide, height), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _blurred(rng: Rng, seen: Field, most: float) -> Field:
    sigma = most * seen.shape[0] * rng.random() ** 2
    return np.asarray(cv2.GaussianBlur(seen, (0, 0), sigma), np.float32) if sigma > 0.25 else seen


def contrast(seen: Field) -> float:
    """The deviation of the channel that has most of it."""
    return float(seen.std(axis=(0, 1)).max())


def _lit(rng: Rng, seen: Field, wear: Wear, hardness: float) -> Field:
    height, width = seen.shape[:2]
    if chance(rng, 0.6):
        seen = seen * slope(rng, (height, width), between(rng, 0, wear.shade))[..., None]
    kept = 1 - wear.flatten * hardness * rng.random() ** 2
    gain, middle = between(rng, 0.75, 1.15) * kept, between(rng, 90, 160) * (1 - kept) + between(rng, -12, 12)
    seen = seen * np.float32(gain) + np.float32(middle)
    if chance(rng, 0.25):  # a white balance that is off
        seen = seen * rng.uniform(0.88, 1.12, 3).astype(np.float32)
    spread = contrast(seen)
    if spread < _LEAST:  # paler than a person could read
        middle = float(seen.mean())
        seen = (seen - middle) * np.float32(_LEAST / max(1.0, spread)) + np.float32(np.clip(middle, 25, 230))
    return np.asarray(seen, np.float32)
