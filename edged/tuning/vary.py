"""A few examples seen a little differently each time, as another shot of the same line would be."""

import numpy as np

from edged.types import Pixels

_EDGE = 0.06  # of the height: how far each edge of the crop moves
_GAMMA = 0.35
_NOISE = 5.0


def varied(image: Pixels, rng: np.random.Generator) -> Pixels:
    """The line cut a little tighter or wider above and below, lighter or darker, noisier; its height stays."""
    tall = len(image)
    reach = max(1, round(_EDGE * tall))
    top, bottom = (int(value) for value in rng.integers(-reach, reach + 1, 2))
    rows = np.clip(np.round(np.linspace(-top, tall - 1 + bottom, tall)), 0, tall - 1).astype(np.int64)
    light = (image[rows].astype(np.float32) / 255) ** np.float32(np.exp(rng.uniform(-_GAMMA, _GAMMA)))
    noisy = 255 * light + rng.normal(0, rng.uniform(0, _NOISE), image.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)
