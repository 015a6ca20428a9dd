"""Lines as features with their labels, and batches of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edged.tuning import network
from edged.tuning.network import Array, Weights

Features: TypeAlias = NDArray[np.float16] | Array

_AT_ONCE = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """One line as the convolutions see it; `steps` of its T steps show the picture, the others what fills the shape."""

    convolved: Features  # T x F
    skip: Features
    steps: int
    label: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """N lines, T steps of the longest; shorter ones are filled up with their last step."""

    convolved: Array  # T x N x F
    skip: Array
    lengths: NDArray[np.int64]
    labels: tuple[tuple[int, ...], ...]

    @property
    def real(self) -> NDArray[np.bool_]:
        """T x N: which steps show the picture."""
        return np.arange(len(self.convolved))[:, None] < self.lengths


def batch_of(lines: Sequence[Line]) -> Batch:
    """Put lines side by side."""
    longest = max(len(line.convolved) for line in lines)
    convolved, skip = (np.stack([filled(getattr(line, name), longest) for line in lines], 1) for name in ("convolved", "skip"))
    return Batch(
        convolved=convolved, skip=skip, lengths=np.array([line.steps for line in lines]), labels=tuple(line.label for line in lines)
    )


def filled(steps: Features, longest: int) -> Array:
    """As long as the longest, by repeating the last step."""
    return np.concatenate([steps, np.repeat(steps[-1:], longest - len(steps), 0)]).astype(np.float32)


def best_of(weights: Weights, lines: Sequence[Line]) -> list[tuple[int, ...]]:
    """What each line reads: its classes without blanks and repeats."""
    read: list[tuple[int, ...]] = [()] * len(lines)
    for rows in _alike(lines):
        batch = batch_of([lines[row] for row in rows])
        neck, _ = network.forward(weights, batch.convolved, batch.skip)
        best = (neck @ weights["head.weight"].T + weights["head.bias"]).argmax(2)
        for column, row in enumerate(rows):
            classes = best[: batch.lengths[column], column].tolist()
            read[row] = tuple(c for c, before in zip(classes, [0, *classes], strict=False) if c not in (before, 0))
    return read


def _alike(lines: Sequence[Line]) -> Iterator[list[int]]:
    """The places of lines in groups of about one length."""
    order = sorted(range(len(lines)), key=lambda row: len(lines[row].convolved))
    for start in range(0, len(order), _AT_ONCE):
        yield order[start : start + _AT_ONCE]
