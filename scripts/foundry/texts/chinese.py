"""Chinese: the real lines of the corpus as they are, cut and joined, words, and rare hanzi drawn evenly."""

from functools import cache
from pathlib import Path

import numpy as np
import opencc

from scripts.foundry import charset
from scripts.foundry.paths import CORPUS
from scripts.foundry.texts import digits, listed, number, one, weighted
from scripts.foundry.texts.english import cased, words

JIEBA = Path("/usr/lib/python3/dist-packages/jieba/dict.txt")
LABELS = listed("chinese receipt labels")
LONGEST = 45
JOINS = ("，", "。", "、", " ", "：", "；", "！", "", "", "")
PUNCTUATION = "，。、！？：；（）《》“”‘’—…·【】"


@cache
def corpus(part: str) -> tuple[str, ...]:
    """The lines of one part (document, web, scene, handwriting) that the charset can say."""
    path = CORPUS / f"zh_bctr_{part}.txt"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: set EDGED_SHARED to the folder that holds train/corpus")
    lines = (charset.clean(line) for line in path.read_text(encoding="utf8").splitlines() if "＃" not in line)
    return tuple(line for line in lines if line)


@cache
def hanzi() -> tuple[str, ...]:
    """The hanzi of the charset."""
    return tuple(filter(charset.is_hanzi, charset.load()))


@cache
def everyday_traditional() -> tuple[str, ...]:
    """The hanzi of Big5, level 1."""
    return tuple(charset.big5())


@cache
def common_words() -> tuple[str, ...]:
    """The words of jieba that stand more than a few times in its texts."""
    rows = (line.split() for line in JIEBA.read_text(encoding="utf8").splitlines())
    return tuple(row[0] for row in rows if len(row) > 1 and int(row[1]) > 20 and 2 <= len(row[0]) <= 6 and charset.clean(row[0]) == row[0])


def recased(rng: np.random.Generator, text: str) -> str:
    """The corpus knows small letters alone; a line of letters gets the case that a sign would have, letters among hanzi mostly capitals."""
    if not any("a" <= char <= "z" for char in text) or rng.random() < 0.2:
        return text
    return cased(rng, text) if text.isascii() or rng.random() < 0.3 else text.upper()


def _line(rng: np.random.Generator, part: str) -> str:
    """A line as it is, a piece of it, or two joined."""
    text = one(rng, corpus(part))
    way = float(rng.random())
    if way < 0.18 and len(text) > 3:
        start = int(rng.integers(len(text) - 1))
        text = text[start : start + int(rng.integers(1, len(text) + 1))]
    elif way < 0.45:
        for _ in range(int(rng.integers(1, 4))):
            text = f"{text}{one(rng, JOINS)}{one(rng, corpus(part))}"
    return text[: int(rng.integers(20, LONGEST + 1))].strip() or "一"


def document(rng: np.random.Generator) -> str:
    """A line of a book, a letter, a form."""
    part = weighted(rng, [(8, "document"), (1, "handwriting"), (1, "web")])
    text = recased(rng, _line(rng, part))
    if rng.random() < 0.08:
        text = with_numbers(rng, text)
    return text


def scene(rng: np.random.Generator) -> str:
    """Shop fronts, posters, web pictures: mostly short."""
    kind = float(rng.random())
    if kind < 0.12:
        return "".join(one(rng, common_words()) for _ in range(int(rng.integers(1, 4))))
    part = "scene" if rng.random() < 0.75 else "web"
    text = one(rng, corpus(part)) if rng.random() < 0.8 else _line(rng, part)
    return recased(rng, text[:LONGEST].strip())


def handwriting(rng: np.random.Generator) -> str:
    """What people write by hand."""
    return _line(rng, "handwriting" if rng.random() < 0.8 else "document")[: int(rng.integers(6, 24))].strip() or "一"


def with_numbers(rng: np.random.Generator, text: str) -> str:
    """A number, a date or a Latin word set into the line."""
    piece = weighted(rng, [(3, number(rng)), (2, number(rng, 1)), (1, f"{rng.integers(1, 100)}%"),
        (1, f"{rng.integers(1990, 2032)}年{rng.integers(1, 13)}月"),
                           (1, one(rng, words())), (1, f"（{number(rng)}）"), (1, digits(rng, 2, 8))])  # fmt: skip
    place = int(rng.integers(len(text) + 1))
    return text[:place] + piece + text[place:]


def rare(rng: np.random.Generator) -> str:
    """Three to ten hanzi drawn evenly over the charset, so that each is seen."""
    return "".join(one(rng, hanzi()) for _ in range(int(rng.integers(3, 11))))


def traditional(rng: np.random.Generator) -> str:
    """One to eight everyday Traditional hanzi, drawn evenly."""
    return "".join(one(rng, everyday_traditional()) for _ in range(int(rng.integers(1, 9))))


def taiwanese(rng: np.random.Generator) -> str:
    """A line of a book in the Traditional forms that Taiwan prints."""
    while True:
        text = charset.clean(_to_taiwan().convert(document(rng)))
        if text:  # some Traditional forms are beyond the charset
            return text


@cache
def _to_taiwan() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")


def rare_mixed(rng: np.random.Generator) -> str:
    """Rare hanzi among words, with a mark or a digit between."""
    if rng.random() < 0.6:
        return rare(rng)
    parts = [
        one(rng, hanzi()),
        one(rng, common_words()),
        one(rng, hanzi()),
        one(rng, PUNCTUATION),
        one(rng, common_words()),
        digits(rng, 1, 2),
    ]
    return "".join(parts[int(place)] for place in rng.permutation(len(parts)))


def receipt(rng: np.random.Generator) -> str:
    """Tickets, invoices and slips in Chinese."""
    label = one(rng, LABELS)
    stamp = f"{rng.integers(2005, 2032)}-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
    clock = f"{rng.integers(24):02}:{rng.integers(60):02}"
    colon = one(rng, ("：", ":", "： ", ": ", " "))
    goods = "".join(one(rng, common_words()) for _ in range(int(rng.integers(1, 3))))
    return weighted(rng, [
        (4, f"{label}{colon}{number(rng, 2)}"), (2, f"{label}{colon}{digits(rng, 4, 16)}"), (2, f"{label}{colon}{stamp} {clock}"),
        (1, label), (2, goods),
        (2, f"{goods} {number(rng, 2, 2)}"), (1, f"¥{number(rng, 2)}"), (1, f"{rng.integers(1, 20)}{one(rng, '份个瓶件张元')}"),
        (1, f"{stamp.replace('-', '年', 1).replace('-', '月')}日"),
        (1, f"{label}{colon}{goods}"), (1, f"{goods}*{rng.integers(1, 9)}"),
    ]).strip()  # fmt: skip
