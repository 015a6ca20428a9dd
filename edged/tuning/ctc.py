"""CTC (Graves et al., 2006): minus the logarithm of the share of all paths that spell the text, and its slope."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edged.tuning.network import Array

_NEVER: Final = np.float32(-1e30)


def fits(label: Sequence[int], steps: int) -> bool:
    """Whether *steps* can spell *label*: a step for each character, and a blank between equal ones."""
    return len(label) + sum(a == b for a, b in pairwise(label)) <= steps


def loss(logs: Array, labels: Sequence[Sequence[int]], lengths: NDArray[np.int64]) -> tuple[Array, Array]:
    """The loss of each line in nats, and how much of the paths goes through each class at each step.

    The slope of the loss by the logits is the softmax minus that share.

    Args:
        logs: Logarithms of the posteriors, T x N x C; the blank is class 0.
        labels: Classes of each line, each of which `fits` its length.
        lengths: Steps of each line.
    """
    states = _states(labels)
    rows, places = np.arange(len(labels)), np.arange(states.shape[1])
    last = 2 * np.array([len(label) for label in labels])
    skips = np.zeros(states.shape, np.bool_)  # whether a state may be reached past the blank before it
    skips[:, 2:] = (states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])
    shares = np.full((len(logs) + 2, *states.shape), _NEVER)  # a step more at either end: all paths begin in the first state, and
    shares[0, :, 0] = 0  # end and stay in the last
    shares[1:-1] = np.where(places <= last[:, None], logs[:, rows[:, None], states], _NEVER)
    over = np.arange(len(shares))[:, None] > lengths
    shares[over] = np.broadcast_to(np.where(places == last[:, None], np.float32(0), _NEVER), shares.shape)[over]
    forth = _sums(shares, skips)
    onwards = np.pad(skips[:, 2:], ((0, 0), (0, 2)))
    back = _sums(shares[::-1, :, ::-1], onwards[:, ::-1])[::-1, :, ::-1]
    total = forth[-1, rows, last]
    through = np.exp(np.minimum(forth + back - shares - total[:, None], 0)) * ~over[:, :, None]
    paths = np.zeros_like(logs)
    for state in places:  # a class stands at several states of a line
        paths[:, rows, states[:, state]] += through[1:-1, :, state]
    return -total, paths


def _states(labels: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """The class of each state: a blank before, between and behind the characters; blanks as far as the longest goes."""
    states = np.zeros((len(labels), 2 * max(map(len, labels)) + 1), np.int64)
    for row, label in zip(states, labels, strict=True):
        row[1 : 2 * len(label) : 2] = label
    return states


def _sums(shares: Array, skips: NDArray[np.bool_]) -> Array:
    """The share of all paths from the first step to each state at each step."""
    found = np.full_like(shares, _NEVER)
    found[0] = shares[0]
    for before, now, share in zip(found, found[1:], shares[1:], strict=False):
        now[:] = before
        now[:, 1:] = np.logaddexp(before[:, 1:], before[:, :-1])
        now[:, 2:] = np.where(skips[:, 2:], np.logaddexp(now[:, 2:], before[:, :-2]), now[:, 2:])
        now[:] = np.maximum(now + share, _NEVER)
    return found
