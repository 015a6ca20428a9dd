"""How SQLite writes numbers and the heads of records: what one page says without any other.

Format: https://sqlite.org/fileformat2.html, sections 1 and 2.
"""

import struct

TABLE_LEAF, INDEX_LEAF, INDEX_INNER = 0x0D, 0x0A, 0x02
READING_COLUMNS = 11  # of a reading in the first schema; later ones may have more


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    if data[at] < 0x80:  # nearly all are
        return data[at], at + 1
    value = 0
    for count in range(8):
        byte = data[at + count]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + count + 1
    value = value << 8 | data[at + 8]
    return value - (1 << 64 if value >> 63 else 0), at + 9


def kinds(data: bytes, at: int) -> tuple[list[int], int]:
    """The serial types of a record that begins at *at*, and where its values begin."""
    size, after = varint(data, at)
    end, found = at + size, []
    while after < end:
        kind, after = varint(data, after)
        found.append(kind)
    return found, after


def cells(page: bytes) -> list[int]:
    """Where the cells of a page begin, as far as its head makes sense; behind the page number of an inner one."""
    count = min(struct.unpack_from(">H", page, 3)[0], len(page) // 4)
    first, skipped = (12, 4) if page[0] == INDEX_INNER else (8, 0)
    return [struct.unpack_from(">H", page, first + 2 * cell)[0] + skipped for cell in range(count)]


def holds_readings(page: bytes) -> bool:
    """Whether it is a leaf with rows of readings, or with payloads."""
    found = columns(page) if page[:1] == bytes([TABLE_LEAF]) else []
    return len(found) >= READING_COLUMNS or (len(found) == 2 and found[1] >= 12 and found[1] % 2 == 0)  # a blob


def columns(page: bytes) -> list[int]:
    """The serial types of the first record on a page; none where it cannot be made out."""
    try:
        at = next(iter(cells(page)), len(page))
        _, at = varint(page, at)  # its size
        if page[0] == TABLE_LEAF:
            _, at = varint(page, at)  # its rowid
        return kinds(page, at)[0]
    except (IndexError, struct.error):
        return []
