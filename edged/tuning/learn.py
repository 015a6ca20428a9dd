"""Learn new lines without forgetting old ones.

* Examples count by CTC to their labels; remembered lines, by what the model said of them before (learning without forgetting:
  Li and Hoiem, 2016, arXiv:1606.09282), step by step, heavier where it saw a character, and by what its neck gave.
* Weights are drawn back to where they began (Li, Grandvalet and Davoine, 2018, arXiv:1802.01483).
* Only classes that matter to a batch are looked at: of its labels, of what the old model thinks of, and some by chance
  (Jean et al., 2015, arXiv:1412.2007). With 870 of 9,174 classes a step takes a quarter of the time.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edged.tuning import ctc, network
from edged.tuning.lines import Batch, Line, batch_of, filled
from edged.tuning.network import Array, Weights

_THOUGHT_OF: Final = np.float32(4)  # nats under the best class
_BETAS: Final = (0.9, 0.98)
_TINY: Final = np.float32(1e-8)
_HEAD: Final = ("head.weight", "head.bias")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to learn; what it is worth says `scripts/foundry/tuning.py`."""

    examples: int = 16  # of a batch
    remembered: int = 32
    passes: int = 40  # how often each example is seen, within the steps below
    least: int = 300  # steps
    most: int = 1500
    rate: float = 1e-3
    head_rate: float = 2e-4
    pull: float = 0.02  # back to where the weights began
    taught: float = 1.0
    neck: float = 0.5
    chance: int = 512  # classes that are looked at by chance
    clip: float = 2.0
    seed: int = 1

    def steps(self, count: int) -> int:
        """For so many examples."""
        return min(self.most, max(self.least, self.passes * count // self.examples))


Progress = Callable[[int, int, float], bool]  # step, of how many, loss; False ends the training


def learn(start: Weights, examples: Sequence[Line], remembered: Sequence[Line], plan: Plan, progress: Progress) -> dict[str, Array]:
    """Weights that read the *examples* better; *start* stays as it is."""
    weights = {name: value.astype(np.float32).copy() for name, value in start.items()}
    rng = np.random.default_rng(plan.seed)
    descent = _Descent(weights, start, plan)
    total = plan.steps(len(examples))
    fresh, kept = known(start, examples), known(start, remembered)
    new, old = _Deck(len(fresh), rng), _Deck(len(kept), rng)
    for step in range(total):
        chosen = [fresh[i] for i in new.take(min(plan.examples, len(fresh)))]
        lines = [*chosen, *(kept[i] for i in old.take(min(plan.remembered, len(kept))))]
        batch = batch_of([one.line for one in lines])
        loss, grads = slopes(weights, batch, len(chosen), thought_of(start, lines, plan.chance, rng), plan)
        descent.step(grads, _pace(step, total))
        if not progress(step + 1, total, loss):
            break
    return weights


class _Deck:
    """Numbers in an order by chance, dealt until all had their turn."""

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self._count, self._rng, self._left = count, rng, list[int]()

    def take(self, count: int) -> list[int]:
        while len(self._left) < count:
            self._left += self._rng.permutation(self._count).tolist()
        taken, self._left = self._left[:count], self._left[count:]
        return taken


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """A line, and what the old model says of it: computed once, as its last layer over all classes is most of the work."""

    line: Line
    neck: NDArray[np.float16]  # T x F
    classes: NDArray[np.int64]  # those it thought of at some step


def known(start: Weights, lines: Sequence[Line]) -> list[Known]:
    """What the old model says of *lines*."""
    found = []
    for line in lines:
        batch = batch_of([line])
        neck, _ = network.forward(start, batch.convolved, batch.skip)
        logits = neck[:, 0] @ start["head.weight"].T + start["head.bias"]
        classes = np.flatnonzero((logits > logits.max(1, keepdims=True) - _THOUGHT_OF).any(0))
        found.append(Known(line=line, neck=neck[:, 0].astype(np.float16), classes=classes))
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thought:
    """What the old model says of a batch, in the classes that matter."""

    classes: NDArray[np.int64]
    shares: Array  # T x N x C
    neck: Array  # T x N x F


def thought_of(start: Weights, lines: Sequence[Known], chance: int, rng: np.random.Generator) -> Thought:
    """What the old model says of the batch of *lines*; so many classes by chance."""
    head, bias = (start[name] for name in _HEAD)
    matter = [np.array(one.line.label, np.int64) for one in lines] + [one.classes for one in lines]
    classes = np.unique(np.concatenate([[0], *matter, rng.integers(0, len(bias), chance)]))
    longest = max(len(one.neck) for one in lines)
    neck = np.stack([filled(one.neck, longest) for one in lines], 1)
    return Thought(classes=classes, shares=np.exp(_log_softmax(neck @ head[classes].T + bias[classes])), neck=neck)


def slopes(weights: Weights, batch: Batch, examples: int, thought: Thought, plan: Plan) -> tuple[float, dict[str, Array]]:
    """The loss of a batch whose first *examples* lines are new, and its slope by every weight."""
    neck, trace = network.forward(weights, batch.convolved, batch.skip)
    head, bias = (weights[name][thought.classes] for name in _HEAD)
    logs = _log_softmax(neck @ head.T + bias)
    softmax: Array = np.exp(logs)
    old = batch.real & (np.arange(len(batch.labels)) >= examples)
    heavy: Array = old.astype(np.float32) * (np.float32(1.1) - thought.shares[:, :, 0])
    heavy *= plan.taught / max(1.0, float(heavy.sum()))
    told = -float((heavy * (thought.shares * logs).sum(2)).sum())
    by_logits: Array = heavy[:, :, None] * (softmax - thought.shares)
    read = _read(logs, softmax, batch, examples, thought.classes, by_logits=by_logits)
    weight = np.float32(plan.neck / max(1, int(old.sum())) / neck.shape[2])
    apart: Array = (neck - thought.neck) * (old[:, :, None].astype(np.float32) * weight)
    by_neck: Array = by_logits @ head + 2 * apart
    grads = network.backward(weights, trace, by_neck)
    for name, value in zip(_HEAD, (_flat(by_logits).T @ _flat(neck), _flat(by_logits).sum(0)), strict=True):
        grads[name] = np.zeros_like(weights[name])
        grads[name][thought.classes] = value
    return read + told + float((apart * (neck - thought.neck)).sum()), grads


def _read(logs: Array, softmax: Array, batch: Batch, examples: int, classes: NDArray[np.int64], *, by_logits: Array) -> float:
    """The CTC loss of the new lines, each by the length of its text; adds its slope to *by_logits*."""
    labels = [np.searchsorted(classes, label).tolist() for label in batch.labels[:examples]]
    losses, paths = ctc.loss(logs[:, :examples], labels, batch.lengths[:examples])
    share = np.array([1 / max(1, len(label)) / examples for label in labels], np.float32)
    by_logits[:, :examples] += share[:, None] * (softmax[:, :examples] * batch.real[:, :examples, None] - paths)
    return float((losses * share).sum())


class _Descent:
    """AdamW (Loshchilov and Hutter, 2019) whose decay leads back to the start."""

    def __init__(self, weights: dict[str, Array], start: Weights, plan: Plan) -> None:
        self._weights, self._start, self._plan, self._count = weights, start, plan, 0
        self._means = {name: np.zeros_like(value) for name, value in weights.items()}
        self._squares = {name: np.zeros_like(value) for name, value in weights.items()}

    def step(self, grads: Weights, pace: float) -> None:
        """Go one step down."""
        self._count += 1
        size = math.sqrt(sum(float(np.square(g, dtype=np.float64).sum()) for g in grads.values()))
        shrink = np.float32(min(1.0, self._plan.clip / max(size, 1e-12)))
        first, second = _BETAS
        for name, weight in self._weights.items():
            grad, mean, square = grads[name] * shrink, self._means[name], self._squares[name]
            mean += np.float32(1 - first) * (grad - mean)
            square += np.float32(1 - second) * (grad * grad - square)
            rate = pace * (self._plan.head_rate if name in _HEAD else self._plan.rate)
            scale = np.float32(rate / (1 - first**self._count))
            weight -= scale * mean / (np.sqrt(square / np.float32(1 - second**self._count)) + _TINY)  # noqa: PLW2901  # in place
            weight -= np.float32(rate * self._plan.pull) * (weight - self._start[name])  # noqa: PLW2901


def _pace(step: int, total: int) -> float:
    """Faster for a twentieth of the way, then slower along a cosine."""
    warm = max(1, total // 20)
    return min(1.0, (step + 1) / warm) * (0.02 + 0.49 * (1 + math.cos(math.pi * step / total)))


def _log_softmax(logits: Array) -> Array:
    low: Array = logits - logits.max(2, keepdims=True)
    low -= np.log(np.exp(low).sum(2, keepdims=True))
    return low


def _flat(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])
