"""Which lines of several pictures are the same line: by field, else by their order, their texts and their places."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from edged.types import Box, SeenLine

_APART: Final = 0.4  # lines less alike than this are different lines
_HERE: Final = 0.6  # how alike two lines are that stand in the same place

Frames = Sequence[Sequence[SeenLine]]
Votes = list[SeenLine]  # of one line, one for each picture that has it


def same_lines(frames: Frames) -> list[Votes]:
    """The votes for each line, in reading order; a line that fewer than half of the pictures have is no line."""
    if all(len(lines) == 1 for lines in frames):
        return [[lines[0] for lines in frames]]
    if any(line.field for lines in frames for line in lines):
        names = dict.fromkeys(line.field for lines in frames for line in lines)
        return [[line for lines in frames for line in lines if line.field == name] for name in names]
    merged: list[Votes] = []
    for lines in sorted(frames, key=len, reverse=True):
        merged = _merged(merged, lines)
    return [votes for votes in merged if 2 * len(votes) >= len(frames)]


def _merged(slots: list[Votes], lines: Sequence[SeenLine]) -> list[Votes]:
    """The lines of one more picture beside those so far, in order: the pairing that is most alike in sum."""
    best = [[0.0] * (len(lines) + 1) for _ in range(len(slots) + 1)]
    alike = [[_alike(votes, line) for line in lines] for votes in slots]
    for row in range(1, len(slots) + 1):
        for column in range(1, len(lines) + 1):
            pair = best[row - 1][column - 1] + alike[row - 1][column - 1] - _APART
            best[row][column] = max(pair, best[row - 1][column], best[row][column - 1])
    merged: list[Votes] = []
    row, column = len(slots), len(lines)
    while row or column:
        if row and column and best[row][column] == best[row - 1][column - 1] + alike[row - 1][column - 1] - _APART:
            row, column = row - 1, column - 1
            merged.append([*slots[row], lines[column]])
        elif row and best[row][column] == best[row - 1][column]:
            row -= 1
            merged.append(slots[row])
        else:
            column -= 1
            merged.append([lines[column]])
    return merged[::-1]


def _alike(votes: Votes, line: SeenLine) -> float:
    """0..1: the texts, or the same place."""
    text = max(_texts_alike(vote.transcript.text, line.transcript.text) for vote in votes)
    return max(text, _HERE if _same_place(votes[-1].box, line.box) else 0.0)


def _texts_alike(one: str, two: str) -> float:
    return 1.0 if one == two else SequenceMatcher(None, one, two, autojunk=False).ratio()


def _same_place(one: Box, two: Box) -> bool:
    """Whether the middle of each lies within half the other's height and width."""
    (x, y), (u, v) = _middle(one), _middle(two)
    return abs(x - u) < min(_side(one, 1), _side(two, 1)) / 2 and abs(y - v) < min(_side(one, 3), _side(two, 3)) / 2


def _middle(box: Box) -> tuple[float, float]:
    return sum(x for x, _ in box) / 4, sum(y for _, y in box) / 4


def _side(box: Box, corner: int) -> float:
    """From the top left to the next corner: 1 across, 3 down."""
    (x, y), (u, v) = box[0], box[corner]
    return float(((x - u) ** 2 + (y - v) ** 2) ** 0.5)
