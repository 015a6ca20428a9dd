"""What is written on the lines: each function takes a generator and gives a text in the classes of the charset, with single spaces."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np

Text: TypeAlias = Callable[[np.random.Generator], str]
Thing = TypeVar("Thing")


LISTS = Path(__file__).parent / "lists.txt"


@cache
def listed(name: str) -> tuple[str, ...]:
    """The words of one list of lists.txt."""
    block = LISTS.read_text(encoding="utf8").partition(f"\n# {name}\n")[2].partition("\n\n")[0]
    return tuple(block.replace("\n", "|").split("|"))


def one(rng: np.random.Generator, things: Sequence[Thing]) -> Thing:
    """One of them, each as likely."""
    return things[int(rng.integers(len(things)))]


def weighted(rng: np.random.Generator, table: Sequence[tuple[float, Thing]]) -> Thing:
    """One of them by weight."""
    place = float(rng.random()) * sum(weight for weight, _ in table)
    for weight, thing in table:
        place -= weight
        if place < 0:
            return thing
    return table[-1][1]


def digits(rng: np.random.Generator, least: int, most: int) -> str:
    """So many digits, zeros in front too."""
    return "".join(map(str, rng.integers(0, 10, int(rng.integers(least, most + 1)))))


def number(rng: np.random.Generator, places: int = 0, most: int = 4) -> str:
    """A number of up to `most` digits before the point, small ones as often as large ones."""
    whole = int(10 ** rng.uniform(0, most))
    return f"{whole}.{int(rng.integers(10**places)):0{places}d}" if places else str(whole)


def letters(rng: np.random.Generator, least: int, most: int) -> str:
    """So many capitals."""
    return "".join(chr(65 + int(code)) for code in rng.integers(0, 26, int(rng.integers(least, most + 1))))
