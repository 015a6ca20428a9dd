"""Which character of one text is which of another: the cheapest edits, where only one way of them is the cheapest."""

from collections.abc import Sequence
from typing import NamedTuple

_ALIKE = 0.5  # of the longer text must stay as it is: what differs more is another text, and no evidence for characters


class Aligned(NamedTuple):
    """Another text beside a pivot; numbers are indexes of its characters."""

    beside: tuple[int | None, ...]  # for each character of the pivot, the one that stands there; None where none does
    between: tuple[tuple[int, ...], ...]  # for each gap of the pivot, from before its first character on, what stands there


def align(pivot: Sequence[str], other: Sequence[str]) -> Aligned | None:
    """The *other* text beside the *pivot*; None where that is not certain.

    It is certain where both have the same length and no other edits are cheaper than exchanging characters in place, or where one
    way of the cheapest edits is the only one. Which one of several equal neighbours is left out makes no difference.
    """
    if len(pivot) == len(other):
        apart = sum(one != two for one, two in zip(pivot, other, strict=True))
        if apart == 0 or (apart <= len(pivot) * (1 - _ALIKE) and _costs(pivot, other)[-1][-1] == apart):
            return Aligned(tuple(range(len(pivot))), ((),) * (len(pivot) + 1))
    costs = _costs(pivot, other)
    if costs[-1][-1] > max(len(pivot), len(other)) * (1 - _ALIKE):
        return None
    late, early = _trace(costs, pivot, other, gaps_first=False), _trace(costs, pivot, other, gaps_first=True)
    return late if _same(late, early, pivot, other) else None


def _costs(pivot: Sequence[str], other: Sequence[str]) -> list[list[int]]:
    """Levenshtein's table."""
    rows = [list(range(len(other) + 1))]
    for row, one in enumerate(pivot, 1):
        above, here = rows[-1], [row]
        for column, two in enumerate(other, 1):
            here.append(min(above[column - 1] + (one != two), above[column] + 1, here[-1] + 1))
        rows.append(here)
    return rows


def _trace(costs: list[list[int]], pivot: Sequence[str], other: Sequence[str], *, gaps_first: bool) -> Aligned:
    """One way of the cheapest edits, from the end: of several the one whose gaps stand last, or first where they come *gaps_first*."""
    row, column = len(pivot), len(other)
    beside: list[int | None] = [None] * row
    between: list[list[int]] = [[] for _ in range(row + 1)]
    while row or column:
        cost = costs[row][column]
        across = row > 0 and column > 0 and cost == costs[row - 1][column - 1] + (pivot[row - 1] != other[column - 1])
        left_out = row > 0 and cost == costs[row - 1][column] + 1
        put_in = column > 0 and cost == costs[row][column - 1] + 1
        if across and not (gaps_first and (left_out or put_in)):
            row, column = row - 1, column - 1
            beside[row] = column
        elif left_out:
            row -= 1
        else:
            column -= 1
            between[row].insert(0, column)
    return Aligned(tuple(beside), tuple(map(tuple, between)))


def _same(one: Aligned, two: Aligned, pivot: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two ways differ at most within a run of equal characters."""
    if one == two:
        return True
    differ = [at for at, (left, right) in enumerate(zip(one.beside, two.beside, strict=True)) if left != right]
    moved = [at for at, (left, right) in enumerate(zip(one.between, two.between, strict=True)) if left != right]
    first = min([*differ, *moved])
    last = max([*differ, *(at - 1 for at in moved)])
    run = set(pivot[first : last + 1])
    put_in = {other[index] for way in (one, two) for at in moved for index in way.between[at]}
    return len(run | put_in) == 1
