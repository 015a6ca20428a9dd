"""How long learning takes, and what stays with a line that is varied."""

import numpy as np

from edged.tuning.learn import Plan, learn
from edged.tuning.session import _Watch
from edged.tuning.vary import varied
from tests.doubles.clock import FakeClock
from tests.doubles.learner import weights
from tests.unit.tuning.test_arithmetic import lines


def test_the_training_ends_when_its_minutes_are_up() -> None:
    """After the step in which the time ran out, and it says how many were planned."""
    clock, told = FakeClock(), list[str]()
    watch = _Watch(Plan(least=50, most=50), 1.0, clock, told.append)

    def step(number: int, total: int, loss: float) -> bool:
        clock.advance(7)
        return watch(number, total, loss)

    learn(weights(), lines(), lines(), watch.plan, step)
    assert watch.steps == (9, 50)
    assert told[0].startswith("step 5 of 50, loss ")


def test_a_varied_line_has_the_size_of_the_line() -> None:
    """Features of both fit into the same shape, and the original is untouched."""
    image = np.random.default_rng(0).integers(0, 256, (8, 40, 3)).astype(np.uint8)
    before = image.copy()
    other = varied(image, np.random.default_rng(1))
    assert (other.shape, other.dtype) == (image.shape, image.dtype)
    assert not np.array_equal(other, image)
    assert np.array_equal(image, before)
