"""Which character was taken for which: the cheapest way from what stands there to what was read."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class Pair(NamedTuple):
    """One character that was read wrong; "" is a character that is not there."""

    true: str
    read: str


def errors(want: str, got: str) -> list[Pair]:
    """The fewest pairs that lead from one text to the other (Levenshtein): their number is the edit distance.

    Where ways cost the same, characters are rather exchanged than lost and invented.
    """
    if want == got:
        return []
    rows = _distances(want, got)
    found: list[Pair] = []
    i, j = len(want), len(got)
    while i or j:
        here = rows[i][j]
        if i and j and rows[i - 1][j - 1] + (want[i - 1] != got[j - 1]) == here:
            i, j = i - 1, j - 1
            if want[i] != got[j]:
                found.append(Pair(want[i], got[j]))
        elif i and rows[i - 1][j] + 1 == here:
            i -= 1
            found.append(Pair(want[i], ""))
        else:
            j -= 1
            found.append(Pair("", got[j]))
    return found[::-1]


def _distances(want: str, got: str) -> list[list[int]]:
    """Row i, column j: the distance of the first i and the first j characters."""
    rows = [list(range(len(got) + 1))]
    for i, true in enumerate(want, 1):
        above, row = rows[-1], [i]
        for j, read in enumerate(got, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (true != read)))
        rows.append(row)
    return rows


def worst(pairs: Iterable[Pair], count: int) -> list[tuple[Pair, int]]:
    """The commonest, and how often; the same order on every machine."""
    return sorted(Counter(pairs).items(), key=lambda item: (-item[1], item[0]))[:count]
