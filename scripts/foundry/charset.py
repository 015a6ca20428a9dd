"""The characters that crnn-zh-en can say; `charset.md` tells how they were chosen.

    python -m scripts.foundry.charset --teacher PP-OCRv6_rec_small.onnx

writes charset.txt (one class a line, the blank is not among them, the space stands last) and teacher.tsv, which gives each
class the index of the same character in the teacher's last layer, and the indices of the teacher's other characters that
mean the same (full-width letters, look-alikes): their probability belongs to our class.
"""

import argparse
import json
import unicodedata
from functools import cache
from pathlib import Path

from scripts.foundry.paths import CORPUS, HERE

CHARSET, TEACHER = HERE / "charset.txt", HERE / "teacher.tsv"
ASCII = "".join(chr(code) for code in range(0x21, 0x7F))
INDUSTRY = "°±µΩΦφ×÷≤≥≠≈€£¥¢§²³℃℉№™®©·•…—–‘’“”Øø⌀αβγδεθλπσωΔΣΨ∠∞√∥⊥′″‰¹½¼¾ªº¿¡«»"
MARKS = "→←↑↓↔★☆●○◎■□▲△▼▽◆◇♂♀✓✔✕☑※①②③④⑤⑥⑦⑧⑨⑩⑪⑫ⅡⅢⅣⅥⅦⅧⅨ"
ACCENTS = "ÀÁÂÃÄÅÆÇÈÉÊËÍÎÏÑÓÔÕÖÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöùúûüœŒ"
CHINESE = "，。、！？：；（）《》〈〉「」『』【】〔〕〇々の"

# What looks or means the same as a class of ours and is written with that class.
SAME = str.maketrans(
    "\u2212\u2010\u2011\uff0d\u2015\u2500\u2501\u301c\u223c\u2236\u2027\u2219\u22c5\u30fb\uff65\ufe51\u301d\u301e\u02da\u2205\u2206\u2211\u2716\u25aa\u2610\u2016\u03d5\u03bc",
    "----———~~:·····、“”°ØΔΣ✕■□∥φµ",
)


def is_hanzi(char: str) -> bool:
    """Whether the character is a Chinese one of the basic block."""
    return len(char) == 1 and "\u4e00" <= char <= "\u9fff"


def gb2312() -> list[str]:
    """The 6,763 hanzi of GB 2312, levels 1 and 2."""
    rows = ((bytes((high, low)) for low in range(0xA1, 0xFF)) for high in range(0xB0, 0xF8))
    return [char for row in rows for code in row if (char := code.decode("gb2312", "ignore"))]


def big5() -> list[str]:
    """The 5,401 hanzi of Big5, level 1: those of everyday Traditional Chinese."""
    rows = ((bytes((high, low)) for low in (*range(0x40, 0x7F), *range(0xA1, 0xFF))) for high in range(0xA4, 0xC7))
    return [char for row in rows for code in row if code <= b"\xc6\x7e" and is_hanzi(char := code.decode("big5", "ignore"))]


def choose(frequencies: list[tuple[str, int]]) -> list[str]:
    """Symbols first, then the hanzi that stand twice in real lines by frequency, then the rest of GB 2312 and of Big5; the space last."""
    frequent = [char for char, count in frequencies if is_hanzi(char) and count > 1]
    return list(dict.fromkeys([*ASCII, *INDUSTRY, *MARKS, *ACCENTS, *CHINESE, *frequent, *gb2312(), *big5(), " "]))


def fold(char: str, classes: frozenset[str]) -> str | None:
    """The class that stands for a character: itself, a look-alike, or its compatibility form; none where we have none."""
    for candidate in (char, char.translate(SAME), unicodedata.normalize("NFKC", char)):
        if candidate in classes:
            return candidate
    return None


@cache
def load() -> tuple[str, ...]:
    """The classes as committed."""
    return tuple(CHARSET.read_text(encoding="utf8").split("\n")[:-1])


@cache
def classes() -> frozenset[str]:
    """The classes as a set."""
    return frozenset(load())


def clean(text: str) -> str | None:
    """The text in our classes with single spaces, or None where a character has no class."""
    known = classes()
    folded = [" " if char.isspace() else fold(char, known) for char in text]
    return None if None in folded else " ".join("".join(char or "" for char in folded).split())


def teacher_indices(ours: list[str], teacher: list[str]) -> list[str]:
    """A line a class: the class, its index in the teacher (0 is the teacher's blank) or '-', the indices that mean the same."""
    known = frozenset(ours)
    own = {char: index for index, char in enumerate(teacher, 1)} | {" ": len(teacher) + 1}
    same: dict[str, list[int]] = {}
    for char, index in own.items():
        target = fold(char, known)
        if target is not None and target != char:
            same.setdefault(target, []).append(index)
    return [f"{char}\t{own.get(char, '-')}\t{' '.join(map(str, same.get(char, [])))}" for char in ours]


def main() -> None:
    """Write both files and say how many."""
    parser = argparse.ArgumentParser(description="write charset.txt and teacher.tsv")
    parser.add_argument("--teacher", type=Path, required=True, help="PP-OCRv6_rec_small.onnx of rapidocr 3.10.0")
    arguments = parser.parse_args()
    import onnx  # type: ignore[import-not-found,unused-ignore]

    metadata = {prop.key: prop.value for prop in onnx.load(str(arguments.teacher)).metadata_props}
    teacher = metadata["character"].split("\n")
    ours = choose(json.loads((CORPUS / "zh_charfreq.json").read_text(encoding="utf8")))
    lines = teacher_indices(ours, teacher)
    CHARSET.write_text("".join(f"{char}\n" for char in ours), encoding="utf8")
    TEACHER.write_text("".join(f"{line}\n" for line in lines), encoding="utf8")
    lacking = "".join(line[0] for line in lines if line.split("\t")[1] == "-")
    print(f"{len(ours)} classes, {sum(map(is_hanzi, ours))} hanzi; the teacher has {len(teacher)} and lacks {len(lacking)}: {lacking}")
    print(f"{sum(bool(line.split(chr(9))[2]) for line in lines)} classes take in other characters of the teacher")


if __name__ == "__main__":
    main()
