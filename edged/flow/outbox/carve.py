"""Records out of the pages of a damaged database, without SQLite: what one page says needs no other page.

SQL reaches a row through a header, a schema page and inner pages; each of them may be the damaged one.
Format: https://sqlite.org/fileformat2.html, sections 1 and 2.
"""

import struct
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from edged.flow.outbox.log import read_log
from edged.flow.outbox.record import INDEX_INNER, INDEX_LEAF, TABLE_LEAF, cells, columns, kinds, varint

Value = int | float | str | bytes | None

_MOST_BYTES = 64 * 2**20  # of one record: larger ones are nonsense
_LONG = partial(int.from_bytes, byteorder="big", signed=True)
_NUMBERS: dict[
    int, tuple[str, Callable[[bytes], Value] | None]
] = {  # by serial type: how `struct` names it, and what makes a value of that
    0: ("0s", lambda _: None),
    1: ("b", None),
    2: ("h", None),
    3: ("3s", _LONG),
    4: ("i", None),
    5: ("6s", _LONG),
    6: ("q", None),
    7: ("d", None),
    8: ("0s", lambda _: 0),
    9: ("0s", lambda _: 1),
}
_META = b"epoch"  # of pages without rowid only those of tables are wanted, and this stands in `meta`
_KEYED = (1, 8)  # columns of other tables without rowid: `retained` and `kept`; no index has as many
_PAGES_AT, _FREE_AT = 28, 32  # in the header of the file


class Record(NamedTuple):
    """One row of a table, or of a table without rowid."""

    rowid: int | None
    values: tuple[Value, ...]


class _Nonsense(Exception):
    """Not a record."""


class Pages:
    """The newest committed content of each page, from database and log."""

    def __init__(self, path: Path, page_bytes: int) -> None:
        """Open both files; *page_bytes* is what a database of ours has, whatever a damaged header says."""
        self.size = page_bytes
        self._file = path.open("rb")
        log = path.with_name(f"{path.name}-wal")
        self.log = read_log(log, page_bytes)
        self._log = log.open("rb") if self.log.frames else None
        self._newest = {frame.page: frame.offset for frame in self.log.committed if frame.sound}
        self._loose = [frame.offset for frame in self.log.committed if not frame.sound]
        self._held = path.stat().st_size // page_bytes  # whole pages in the file
        told = self.log.committed[-1].commit if self.log.committed else self._word(1, _PAGES_AT)
        self.cut = any(number not in self._newest for number in range(self._held + 1, told + 1))  # pages are missing
        self.count = max([self._held, *self._newest])

    def read(self, number: int) -> bytes:
        """A page, counted from 1; shorter or empty where the file ends."""
        at = self._newest.get(number)
        if at is not None:
            return self._logged(at)
        self._file.seek((number - 1) * self.size)
        return self._file.read(self.size)

    def loose(self) -> Iterator[bytes]:
        """Contents in the log whose number, or who themselves, are damaged."""
        return map(self._logged, self._loose)

    def _logged(self, offset: int) -> bytes:
        assert self._log is not None, "it has frames"
        self._log.seek(offset)
        return self._log.read(self.size)

    def free(self) -> set[int]:
        """Pages that hold nothing but what was there before, as far as their list can be followed."""
        found: set[int] = set()
        trunk = self._word(1, _FREE_AT)
        while 1 < trunk <= self.count and trunk not in found:
            page = self.read(trunk)
            if len(page) < self.size:
                break
            found.add(trunk)
            trunk, count = struct.unpack_from(">II", page)
            found.update(struct.unpack_from(f">{min(count, self.size // 4 - 2)}I", page, 8))
        return found

    def _word(self, number: int, at: int) -> int:
        return int.from_bytes(self.read(number)[at : at + 4], "big")

    def close(self) -> None:
        """Close both files."""
        self._file.close()
        if self._log:
            self._log.close()


def records(pages: Pages) -> Iterator[Record]:
    """Every record that can be made out, page by page."""
    free = pages.free()
    for page in chain((pages.read(number) for number in range(2, pages.count + 1) if number not in free), pages.loose()):
        if len(page) == pages.size and _is_of_table(page):
            for at in cells(page):
                try:
                    yield _record(pages, page, at, table=page[0] == TABLE_LEAF)
                except (_Nonsense, LookupError, struct.error, UnicodeDecodeError):
                    continue  # this cell alone


def _is_of_table(page: bytes) -> bool:
    if page[0] in (INDEX_LEAF, INDEX_INNER):  # without rowid, inner pages hold rows, too
        return _META in page or len(columns(page)) in _KEYED
    return page[0] == TABLE_LEAF


def _record(pages: Pages, page: bytes, at: int, *, table: bool) -> Record:
    size, at = varint(page, at)
    rowid, at = varint(page, at) if table else (None, at)
    body = _content(pages, page, at, size, table=table)
    begin, _ = varint(body, 0)  # of the values
    layout, decoders = _layout(body[:begin])
    if begin + layout.size != len(body):
        raise _Nonsense
    found = zip(decoders, layout.unpack_from(body, begin), strict=True)
    return Record(rowid, tuple([decode(value) if decode else value for decode, value in found]))


@lru_cache(maxsize=1024)  # thousands of records have the same types
def _layout(head: bytes) -> tuple[struct.Struct, list[Callable[[bytes], Value] | None]]:
    """Where the values of a record with this head stand, and what makes values of them."""
    types, _ = kinds(head, 0)
    columns = [(f"{(kind - 12) // 2}s", bytes.decode if kind % 2 else None) if kind >= 12 else _NUMBERS[kind] for kind in types]
    return struct.Struct(">" + "".join(code for code, _ in columns)), [decode for _, decode in columns]


def _content(pages: Pages, page: bytes, at: int, size: int, *, table: bool) -> bytes:
    """The whole record, with what does not fit on its page."""
    if not 0 < size < _MOST_BYTES:
        raise _Nonsense
    usable = pages.size
    most, least = (usable - 35 if table else (usable - 12) * 64 // 255 - 23), (usable - 12) * 32 // 255 - 23
    if size <= most:
        return page[at : at + size]
    local = least + (size - least) % (usable - 4)
    local = local if local <= most else least
    parts, left = [page[at : at + local]], size - local
    (following,) = struct.unpack_from(">I", page, at + local)
    while left > 0:
        if not 1 < following <= pages.count:
            raise _Nonsense
        more = pages.read(following)
        (following,) = struct.unpack_from(">I", more)
        parts.append(more[4 : 4 + left])
        left -= usable - 4
    return b"".join(parts)
