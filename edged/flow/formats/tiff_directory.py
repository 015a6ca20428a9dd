"""TIFF's tables of tags, for both byte orders and both widths of pointers."""

import struct

from edged.flow.formats.header import Format, damaged, incomplete, unsupported

Directory = dict[int, tuple[int, ...]]

_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_MAX_ENTRIES = 4096
_MAX_VALUES = 500_000  # strips of the largest picture that anybody may configure, with room


class Directories:
    """Reads directories out of the bytes of one file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order = "<" if data[:2] == b"II" else ">"
        big = b"+" in data[2:4]
        self._count, self._pointer, self._room, start = ("Q", "Q", 8, 8) if big else ("H", "I", 4, 4)
        self.first = self._number(self._pointer, start, "its header")
        if big and struct.unpack_from(self._order + "HH", data, 4) != (8, 0):
            raise damaged(Format.TIFF, "its BigTIFF header is wrong")

    def read(self, at: int, wanted: frozenset[int]) -> tuple[Directory, int]:
        """The *wanted* integers of the directory at byte *at*, and where the next one is (0: nowhere)."""
        if at < 8:
            # Libraries write the first pointer last.
            raise incomplete(Format.TIFF, "it has no directory yet")
        count = self._number(self._count, at, "a directory")
        if not 1 <= count <= _MAX_ENTRIES:
            raise damaged(Format.TIFF, f"its directory at byte {at} has {count} entries")
        start, size = at + struct.calcsize("<" + self._count), 4 + 2 * self._room
        following = self._number(self._pointer, start + count * size, "a directory")
        found: Directory = {}
        for entry in range(start, start + count * size, size):
            tag, kind, values = struct.unpack_from(f"{self._order}HH{self._pointer}", self._data, entry)
            place = self._place(entry, kind, values)
            if tag in wanted and kind in _INTEGERS:
                found[tag] = self._values(place, _INTEGERS[kind], values)
        return found, following

    def _place(self, entry: int, kind: int, values: int) -> int:
        """Where the values of an entry stand; all of them must be within the file."""
        inside = entry + 4 + self._room
        size = values * _SIZES.get(kind, 0)
        if size <= self._room:
            return inside
        place: int = struct.unpack_from(self._order + self._pointer, self._data, inside)[0]
        if place + size > len(self._data):
            raise incomplete(Format.TIFF, f"a tag has its values at bytes {place} to {place + size}, the file ends at {len(self._data)}")
        return place

    def _values(self, place: int, code: str, values: int) -> tuple[int, ...]:
        """Integers of one tag."""
        if values > _MAX_VALUES:
            raise unsupported(Format.TIFF, f"a tag with {values} values")
        return struct.unpack_from(f"{self._order}{values}{code}", self._data, place)

    def _number(self, code: str, at: int, what: str) -> int:
        """One integer."""
        end = at + struct.calcsize("<" + code)
        if end > len(self._data):
            raise incomplete(Format.TIFF, f"{what} reaches to byte {end}, the file ends at {len(self._data)}")
        number: int = struct.unpack_from(self._order + code, self._data, at)[0]
        return number
