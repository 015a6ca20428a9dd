"""Small words of chance, so that the sources read like prose: every draw comes from the generator handed in."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
Rng = np.random.Generator


def pick(rng: Rng, items: Sequence[T], weights: Sequence[float] | None = None) -> T:
    """One of the items; `weights` need not sum to one."""
    if weights is None:
        return items[int(rng.integers(len(items)))]
    edges = np.cumsum(weights)
    return items[int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))]


def chance(rng: Rng, probability: float) -> bool:
    return bool(rng.random() < probability)


def between(rng: Rng, low: float, high: float) -> float:
    return float(low + (high - low) * rng.random())


def whole(rng: Rng, low: int, high: int) -> int:
    """An integer from low to high, both included."""
    return int(rng.integers(low, high + 1))


def some(rng: Rng, alphabet: str, low: int, high: int | None = None) -> str:
    """A string of `low` (to `high`) characters of the alphabet."""
    count = low if high is None else whole(rng, low, high)
    return "".join(alphabet[i] for i in rng.integers(len(alphabet), size=count))


def digits(rng: Rng, low: int, high: int | None = None) -> str:
    return some(rng, "0123456789", low, high)


def letters(rng: Rng, low: int, high: int | None = None) -> str:
    return some(rng, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", low, high)
