"""Lines wider than the widest shape: cut with an overlap, joined where the posteriors meet.

Nothing is squeezed. Every piece but the last has the full width, so where the pieces overlap is known
without carrying it along.
"""

from collections.abc import Sequence

import numpy as np

from edged.types import Pixels, Posteriors


def cut(image: Pixels, *, widest: int, overlap: int) -> list[Pixels]:
    """Cut an H x W line into pieces of at most *widest* pixels; neighbours share *overlap* pixels."""
    width, step = image.shape[1], widest - overlap
    starts = range(0, max(1, width - overlap), step)
    return [image[:, start : start + widest] for start in starts]


def join(pieces: Sequence[Posteriors], *, overlap: int) -> Posteriors:
    """Put the posteriors of `cut`'s pieces together.

    The seam is in the middle of the overlap: there each side has seen as much of its neighbour as it can.

    Args:
        pieces: In order, each only the steps of real pixels.
        overlap: Shared time steps: the overlap in pixels, divided by the stride.
    """
    if len(pieces) == 1:
        return pieces[0]
    half, last = overlap // 2, len(pieces) - 1
    kept = [slice(half if i else 0, len(p.shares) - (overlap - half) if i < last else None) for i, p in enumerate(pieces)]
    return Posteriors(
        classes=np.concatenate([p.classes[k] for p, k in zip(pieces, kept, strict=True)]),
        shares=np.concatenate([p.shares[k] for p, k in zip(pieces, kept, strict=True)]),
    )
