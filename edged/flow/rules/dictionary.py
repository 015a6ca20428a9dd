"""The nearest entries of a list, by edit distance; rapidfuzz's one door."""

from collections.abc import Sequence

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from edged.flow.rules.confusions import Confusions

Edit = tuple[int | None, str]  # index of the character read, None where one was inserted; the text in its place


class Dictionary:
    """All texts that may stand in a place, as they are written there: case counts."""

    def __init__(self, entries: Sequence[str], max_distance: int, alike: Confusions) -> None:
        """Reach *max_distance* edits far, and never so far that less than half of an entry was read."""
        self._entries, self._known = tuple(dict.fromkeys(entries)), frozenset(entries)
        self._max, self._alike = max_distance, alike

    def __contains__(self, text: str) -> bool:
        return text in self._known

    def nearest(self, text: str) -> list[str]:
        """The entry that *text* was meant to be: one, several where nothing tells them apart, none where all are too far.

        Of two at the same distance, the one with more edits that are mere confusions is nearer.
        """
        near = process.extract(text, self._entries, scorer=Levenshtein.distance, score_cutoff=self._max, limit=None)
        reach = [(distance, self._strange(text, entry), entry) for entry, distance, _ in near if 2 * distance <= len(entry)]
        return sorted(entry for distance, strange, entry in reach if (distance, strange) == min(reach)[:2])

    def _strange(self, text: str, entry: str) -> int:
        """Edits that no confusion explains."""
        edits = Levenshtein.editops(text, entry)
        return sum(op.tag != "replace" or not self._alike.allow(text[op.src_pos], entry[op.dest_pos]) for op in edits)


def edits(read: Sequence[str], entry: str) -> list[Edit]:
    """How the characters read become *entry*: each stays, is replaced, or leaves with an empty text; others are inserted."""
    found: list[Edit] = []
    for op in Levenshtein.opcodes(read, list(entry)):
        if op.tag == "insert":
            found += [(None, character) for character in entry[op.dest_start : op.dest_end]]
        elif op.tag == "delete":
            found += [(index, "") for index in range(op.src_start, op.src_end)]
        else:
            found += zip(range(op.src_start, op.src_end), entry[op.dest_start : op.dest_end], strict=True)
    return found
