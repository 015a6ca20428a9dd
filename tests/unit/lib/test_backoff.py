"""Pauses grow, are capped, and are random over their whole range."""

import random

from edged.lib.backoff import full_jitter


class Highest(random.Random):
    """Always draws the upper end."""

    def uniform(self, a: float, b: float) -> float:
        return b


def test_the_limit_doubles_up_to_the_longest() -> None:
    """1, 2, 4 … seconds, never more than the longest."""
    assert [full_jitter(n, first=1, longest=10, rng=Highest()) for n in range(1, 7)] == [1, 2, 4, 8, 10, 10]


def test_many_failures_do_not_overflow() -> None:
    """A broker that is away for a year is no arithmetic error."""
    assert full_jitter(10**9, first=1, longest=60, rng=Highest()) == 60


def test_the_whole_range_is_used() -> None:
    """A thousand boxes that lost one broker come back evenly, not together."""
    rng = random.Random(7)
    waits = [full_jitter(5, first=1, longest=60, rng=rng) for _ in range(2000)]
    in_tenths = [sum(1.6 * n <= wait < 1.6 * (n + 1) for wait in waits) for n in range(10)]
    assert all(0 <= wait <= 16 for wait in waits)
    assert all(140 < count < 260 for count in in_tenths)
