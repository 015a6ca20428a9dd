"""What a file is called in work, in done and in a reading. Pure.

A claimed file is `<id>~<name>` at its first attempt and `<id>.<attempt>~<name>` later; the id stays for
ever. The folders of a path inside the inbox stay readable: `/` stands as the division slash U+2215.
"""

import os
import unicodedata
from dataclasses import dataclass

from edged.lib.ids import is_id
from edged.types import FrameId

_NAME_MAX = 255  # bytes of one name on the usual file systems
_ROOM = len(".json") + len(".999")  # for the sidecar beside the file and the count of attempts
_SLASH = "\u2215"
_INVISIBLE = {"Cc", "Cs", "Zl", "Zp"}  # control characters, lone surrogates, line and paragraph separators
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # reorder what is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedName:
    """The name of a file in work, taken apart."""

    id: FrameId
    attempt: int  # starts at 1
    name: str  # path in the inbox, shortened where it did not fit; surrogates stand for bytes that are not UTF-8

    def __str__(self) -> str:
        """The name in work."""
        count = f".{self.attempt}" if self.attempt > 1 else ""
        return f"{self.id}{count}~{self._flat()}"

    @property
    def filed(self) -> str:
        """The name in done and failed."""
        return f"{self.id}~{self._flat()}"

    def _flat(self) -> str:
        return _shorten(self.name.replace("/", _SLASH), _NAME_MAX - _ROOM - len(self.id) - len("~"))


def parse_claimed(text: str) -> ClaimedName | None:
    """Take a name in work apart; None where it is not one of ours."""
    head, separator, name = text.partition("~")
    id_text, dot, count = head.partition(".")
    if not separator or not name or not is_id(id_text) or not (count or "1").isdecimal():
        return None
    claimed = ClaimedName(id=FrameId(id_text), attempt=int(count) if dot and count else 1, name=name.replace(_SLASH, "/"))
    return claimed if str(claimed) == text else None


def printable(name: str) -> str:
    r"""A name as people and JSON can take it: valid UTF-8, one line, nothing that moves the cursor.

    What is not printable is written as Python would: a newline as `\n`, escape as `\x1b`, and a byte that
    is not UTF-8 as `\xff`.
    """
    if name.isascii() and name.isprintable():
        return name
    return "".join(_visible(character) for character in name)


def _visible(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # surrogateescape: one byte that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    if unicodedata.category(character) in _INVISIBLE or character in _TURNING:
        return character.encode("unicode_escape").decode("ascii")
    return character


def _shorten(name: str, room: int) -> str:
    """Cut the stem so that the name fits into *room* bytes; the extension stays."""
    if len(os.fsencode(name)) <= room:
        return name
    stem, dot, suffix = name.rpartition(".")
    extension = os.fsencode(dot + suffix)
    if not stem or len(extension) > 16:  # that is not an extension
        stem, extension = name, b""
    cut = os.fsencode(stem)[: room - len(extension)]
    while cut and os.fsencode(stem)[len(cut)] & 0xC0 == 0x80:  # within a UTF-8 character
        cut = cut[:-1]
    return os.fsdecode(cut + extension)
