"""The slopes that learning follows."""

import itertools

import numpy as np
import pytest

from edged.tuning import ctc, network
from edged.tuning.learn import Plan, known, learn, slopes, thought_of
from edged.tuning.lines import Line, batch_of
from tests.doubles.learner import FEATURES, weights


def lines(count: int = 4) -> list[Line]:
    """Noise of different lengths."""
    rng = np.random.default_rng(3)
    found = []
    for number in range(count):
        convolved, skip = rng.normal(size=(2, 9 + number, FEATURES)).astype(np.float32)
        found.append(Line(convolved=convolved, skip=skip, steps=8 + number, label=tuple(rng.integers(1, 4, number).tolist())))
    return found


def test_the_loss_of_ctc_is_that_of_all_paths() -> None:
    """Every sequence of classes that spells the text counts, and no other; so do the shares that go through each class."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(5, 1, 3)).astype(np.float32)
    shares = np.exp(logits) / np.exp(logits).sum(2, keepdims=True)
    for label in ([], [1], [1, 1], [1, 2, 1], [2, 2]):
        paths = [p for p in itertools.product(range(3), repeat=5) if [c for c, _ in itertools.groupby(p) if c] == label]
        each = {path: np.prod([shares[t, 0, c] for t, c in enumerate(path)]) for path in paths}
        found, through = ctc.loss(np.log(shares), [label], np.array([5]))
        assert found[0] == pytest.approx(-np.log(sum(each.values())), rel=1e-4)
        for t, c in itertools.product(range(5), range(3)):
            share = sum(share for path, share in each.items() if path[t] == c) / sum(each.values())
            assert through[t, 0, c] == pytest.approx(share, abs=1e-4)


def test_what_stands_beside_a_line_changes_nothing() -> None:
    """Lines of other lengths and other texts in the batch, and the steps that fill up a shorter one."""
    rng = np.random.default_rng(0)
    logs = np.log(rng.dirichlet([1, 1, 1], (7, 3))).astype(np.float32)
    labels, lengths = [[1, 1], [], [2, 1, 2]], np.array([4, 7, 6])
    together, through = ctc.loss(logs, labels, lengths)
    for row, (label, length) in enumerate(zip(labels, lengths, strict=True)):
        alone, paths = ctc.loss(logs[:length, row : row + 1], [label], np.array([length]))
        assert together[row] == pytest.approx(alone[0], rel=1e-5)
        assert np.allclose(through[:length, row], paths[:, 0], atol=1e-5)
        assert not through[length:, row].any()


def test_every_slope_is_what_the_loss_does_when_a_weight_moves() -> None:
    """A step along each gradient changes the loss as much as it says: new lines, remembered lines and the neck's answer."""
    start, rng = weights(), np.random.default_rng(1)
    moved = {name: value + rng.normal(0, 0.05, value.shape).astype(np.float32) for name, value in start.items()}
    told = known(start, lines())
    batch, plan = batch_of([one.line for one in told]), Plan()
    thought = thought_of(start, told, 4, rng)
    _, grads = slopes(moved, batch, 2, thought, plan)
    for name, grad in grads.items():
        size = np.float32(3e-3 / max(1e-6, float(np.abs(grad).max())))
        there, back = ({**moved, name: moved[name] + sign * size * grad} for sign in (1, -1))
        change = slopes(there, batch, 2, thought, plan)[0] - slopes(back, batch, 2, thought, plan)[0]
        assert change == pytest.approx(2 * float(size) * float((grad**2).sum()), rel=0.05, abs=2e-5), name


def test_the_neck_sees_both_ways() -> None:
    """A step at either end of the line changes the answer at the other."""
    line = lines(1)[0]
    before, _ = network.forward(weights(), *(np.asarray(x, np.float32)[:, None] for x in (line.convolved, line.skip)))
    for changed, seen in ((0, -1), (-1, 0)):
        convolved = np.array(line.convolved, np.float32)
        convolved[changed] += np.linspace(-1, 1, FEATURES, dtype=np.float32)
        after, _ = network.forward(weights(), convolved[:, None], np.asarray(line.skip, np.float32)[:, None])
        assert not np.array_equal(before[seen], after[seen])


def test_the_same_seed_learns_the_same() -> None:
    """Nothing but the seed decides; another one gives other weights."""
    plan = Plan(least=5, most=5)
    one, same, other = (learn(weights(), lines(), lines(), Plan(least=5, most=5, seed=seed), lambda *_: True) for seed in (1, 1, 2))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert not all(np.array_equal(one[name], other[name]) for name in one)
    assert plan.steps(4) == 5
