"""What happens to a line between the printer and the file: small functions by name, each with a strength from 0 to 1.

Each takes a u8 picture (grey or BGR), a generator and a strength, and gives a picture of the same shape and type.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from scripts.foundry.degrade import light, optics, shape, surface
from scripts.foundry.held_out import DEGRADATIONS as HELD_OUT
from scripts.foundry.sample import Image

Degradation: TypeAlias = Callable[[Image, np.random.Generator, float], Image]
Recipe: TypeAlias = Sequence[tuple[float, str, float]]

_ROOMS = {
    shape: "tilt slant perspective curve",
    optics: "defocus motion_blur jpeg resample noise sharpen moire subpixel halftone",
    light: "low_contrast gamma uneven shadow glare colour_cast grey invert posterise",
    surface: "ink_spread ink_thin dropout thermal_fade paper bleed_through smudge salt_pepper scratches binarise",
}
ALL: dict[str, Degradation] = {name: getattr(room, name) for room, names in _ROOMS.items() for name in names.split()}
DEGRADATIONS = {name: function for name, function in ALL.items() if name not in HELD_OUT}


def apply(image: Image, rng: np.random.Generator, recipe: Recipe) -> Image:
    """Each step of the recipe (chance, name, greatest strength) in its order, at a strength drawn evenly up to the greatest."""
    for chance, name, most in recipe:
        if rng.random() < chance:
            image = DEGRADATIONS[name](image, rng, most * float(rng.random()))
    return image
