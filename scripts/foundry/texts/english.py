"""English: words, names, signs, sentences of books and screens."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from scripts.foundry.texts import listed, number, one, weighted

WORDS = Path("/usr/share/dict/american-english-large")
COMMON = listed("english common")
SIGNS = listed("signs")
FIRST = listed("first names")
LAST = listed("last names")
ROADS = listed("roads")


@cache
def words() -> tuple[str, ...]:
    """The dictionary, without possessives and what is not plain ASCII."""
    every = WORDS.read_text(encoding="utf8").split()
    return tuple(word for word in every if word.isascii() and word.isalpha() and 2 <= len(word) <= 14)


def word(rng: np.random.Generator) -> str:
    """A common word or, as often, any of the dictionary."""
    if rng.random() < 0.5:
        return COMMON[min(len(COMMON) - 1, int(len(COMMON) * rng.random() ** 1.8))]
    return one(rng, words())


def cased(rng: np.random.Generator, text: str) -> str:
    """As a sign painter would set it: capitals, a capital first, as it is, small."""
    return weighted(rng, [(40, text.upper()), (35, text.title().replace("'S", "'s")), (15, text), (10, text.lower())])


def sign(rng: np.random.Generator) -> str:
    """One to four words of a shop front or a street sign, now and then with an ending or a number."""
    count = weighted(rng, [(55, 1), (27, 2), (13, 3), (5, 4)])
    pool = [one(rng, SIGNS) if rng.random() < 0.45 else one(rng, words()) if rng.random() < 0.7 else one(rng, LAST) for _ in range(count)]
    text = " ".join(pool)
    if rng.random() < 0.1:
        join = one(rng, ("&", "&", "-", "+", "/", "@"))
        text = f"{text} {join} {one(rng, LAST)}" if rng.random() < 0.7 else f"{text}{join}{one(rng, SIGNS)}"
    extra = float(rng.random())
    if extra < 0.03:
        text += one(rng, ("'s", "!", ".", ",", ":", "?", "...", "™", "®"))
    elif extra < 0.06:
        text = f"{text} {number(rng)}" if rng.random() < 0.6 else f"{number(rng)} {text}"
    return cased(rng, text)


def scene(rng: np.random.Generator) -> str:
    """What single crops of street pictures hold: a word, a number, a time, a code, a price, an address."""
    ways: list[tuple[float, Callable[[], str]]] = [
        (74, lambda: sign(rng)),
        (7, lambda: str(int(10 ** rng.uniform(0, 5)))),
        (3, lambda: f"{rng.integers(1, 13)}{one(rng, (':00', ':30', '', ''))}{one(rng, ('am', 'pm', ' AM', ' PM', 'a.m.', '-'))}"),
        (3, lambda: f"{one(rng, '$£€$')}{number(rng, 2, 3)}"),
        (1, lambda: f"{rng.integers(1, 100)}%{one(rng, (' OFF', ' off', ''))}"),
        (4, lambda: f"{number(rng)} {one(rng, LAST)} {one(rng, ROADS)}"),
        (4, lambda: phone(rng)),
        (3, lambda: name(rng)),
        (2, lambda: f"{one(rng, LAST)}{one(rng, (' & Sons', ' & Co.', ' Ltd.', ' Inc.', chr(39) + 's'))}"),
    ]
    return weighted(rng, ways)()


def name(rng: np.random.Generator) -> str:
    """A proper name."""
    middle = f"{chr(65 + int(rng.integers(26)))}. " if rng.random() < 0.15 else ""
    return (
        cased(rng, f"{one(rng, FIRST)} {middle}{one(rng, LAST)}") if rng.random() < 0.3 else f"{one(rng, FIRST)} {middle}{one(rng, LAST)}"
    )


def phone(rng: np.random.Generator) -> str:
    """A telephone number in one of the usual shapes."""
    d = "".join(map(str, rng.integers(0, 10, 12)))
    shapes = (f"{d[:3]}-{d[3:6]}-{d[6:10]}", f"({d[:3]}) {d[3:6]}-{d[6:10]}", f"+{d[:2]} {d[2:4]} {d[4:8]} {d[8:12]}",
        f"0{d[:1]}-{d[2:10]}",
              f"{d[:4]}-{d[4:11]}", f"1{d[:10]}", f"400-{d[:3]}-{d[3:7]}", f"0{d[:3]} {d[3:6]} {d[6:9]}",
              f"{d[:3]}.{d[3:6]}.{d[6:10]}")  # fmt: skip
    return weighted(rng, [(3, ""), (1, "Tel: "), (1, "TEL:"), (1, "Tel."), (0.5, "Fax: ")]) + one(rng, shapes)


def sentence(rng: np.random.Generator, most: int) -> str:
    """Running prose of a book, cut at word borders to at most so many characters."""
    parts: list[str] = []
    length, start = 0, rng.random() < 0.35
    goal = int(most * (0.25 + 0.75 * rng.random() ** 0.6))
    while True:
        token = word(rng)
        chance = float(rng.random())
        if chance < 0.03:
            token = one(rng, FIRST) if rng.random() < 0.5 else f"Mr. {one(rng, LAST)}"
        elif chance < 0.05:
            token = str(int(rng.integers(1, 2000)))
        elif chance < 0.06:
            token = f"{token}-{word(rng).lower()}"
        token = token[0].upper() + token[1:] if start else token
        start = False
        mark = weighted(
            rng, [(80, ""), (10, ","), (5, "."), (1.2, ";"), (0.7, ":"), (0.7, "?"), (0.6, "!"), (0.5, "—"), (0.5, "'s"), (0.3, '."')]
        )
        if rng.random() < 0.02:
            token = one(rng, '""\'(') + token
        if rng.random() < 0.02:
            mark = one(rng, '""\')') + mark
        start = mark in (".", "?", "!", '."')
        if length + len(token) + len(mark) + 1 > goal and parts:
            break
        parts.append(token + mark)
        length += len(token) + len(mark) + 1
    text = " ".join(parts)
    return f"{text}-" if rng.random() < 0.06 and text[-1].isalpha() and len(text) < most else text


def book(rng: np.random.Generator) -> str:
    """A line of a printed page: up to 90 characters; now and then a heading or a page number."""
    kind = float(rng.random())
    if kind < 0.04:
        return sentence(rng, 36).upper()
    if kind < 0.07:
        return one(
            rng,
            (
                f"CHAPTER {one(rng, ('I', 'II', 'III', 'IV', 'V', 'VI', 'IX', 'X', 'XII'))}.",
                str(rng.integers(1, 600)),
                f"Fig. {rng.integers(1, 40)}.",
            ),
        )
    if kind < 0.1:
        return f"[{rng.integers(1, 60)}] {one(rng, LAST)}, {chr(65 + int(rng.integers(26)))}., {sentence(rng, 50)}"
    return sentence(rng, 90)
