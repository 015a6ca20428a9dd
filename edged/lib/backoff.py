"""How long to wait before the next try."""

import random


def full_jitter(failures: int, *, first: float, longest: float, rng: random.Random) -> float:
    """Seconds to wait after *failures* failures in a row, starting at 1: anything up to a doubling limit.

    The whole range is random, so that many boxes that lost the same broker do not come back together.
    """
    limit = min(longest, first * 2.0 ** min(failures - 1, 60))
    return rng.uniform(0, limit)
