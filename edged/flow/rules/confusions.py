# ruff: noqa: RUF001 - look-alikes are what this is about
"""Which characters are taken for which: the only substitutions that a rule may make."""

from collections.abc import Sequence
from itertools import permutations

# A Chinese charset has a full-width twin of each printing character of ASCII.
_TWINS = tuple(chr(code) + chr(code + 0xFEE0) for code in range(0x21, 0x7F))
# Print, dot matrix and embossing of factories.
DEFAULT = (
    "0OoQD", "1Il|iL!", "2Zz", "3B", "4A", "5Ss", "6Gb", "7T", "8B", "9gq", "UV", "MN", "cC", "kK", "pP", "uU", "vV", "wW", "xX", "yY",
    ".,·。", ":;", "-–—一_", "/|l1", "'`", "口0O", "工I", "×xX", *_TWINS,
)  # fmt: skip


class Confusions:
    """Sets of characters that look alike; a character may stand in several."""

    def __init__(self, chosen: str | Sequence[str]) -> None:
        """*chosen* as configured: `default`, `none`, `seen`, or sets of one's own."""
        sets = {"default": DEFAULT, "none": (), "seen": ()}[chosen] if isinstance(chosen, str) else chosen
        self._any = chosen == "seen"
        self._alike = frozenset(pair for alike in sets for pair in permutations(dict.fromkeys(alike), 2))

    def allow(self, read: str, meant: str) -> bool:
        """Whether *read* may have been *meant*."""
        return (read, meant) in self._alike or (self._any and meant != "")
