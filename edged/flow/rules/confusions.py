"""Which characters are taken for which: the only substitutions that a rule may make."""

from collections.abc import Sequence

# Print, dot matrix and embossing of factories, and the full-width twins of a Chinese charset.
DEFAULT = (
    "0OoQD", "1Il|iL!", "2Zz", "3B", "4A", "5Ss", "6Gb", "7T", "8B", "9gq", "UV", "MN", "cC", "kK", "pP", "uU", "vV", "wW", "xX", "yY",
    ".,·。", ":;：", "-–—一_", "(（", ")）", "/|l1", "'`", "口0O", "工I", "×xX",
)  # fmt: skip


class Confusions:
    """Sets of characters that look alike; a character may stand in several."""

    def __init__(self, sets: Sequence[str]) -> None:
        """Each text is one set."""
        self._of: dict[str, frozenset[str]] = {}
        for alike in sets:
            for character in alike:
                self._of[character] = self._of.get(character, frozenset()) | frozenset(alike) - {character}

    def of(self, character: str) -> frozenset[str]:
        """What *character* may have been."""
        return self._of.get(character, frozenset())


def confusions(chosen: str | Sequence[str]) -> Confusions:
    """The sets that a configuration asks for: `default`, `none`, or its own."""
    if isinstance(chosen, str):
        return Confusions(DEFAULT if chosen == "default" else ())
    return Confusions(chosen)
