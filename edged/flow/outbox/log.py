"""The write-ahead log as bytes: what it holds, and whether SQLite would silently leave out a part of it.

SQLite stops at the first frame whose checksum is wrong. That is right for a commit that a power cut tore,
and wrong for a bit that flipped: every commit after it would be gone without a word, and their `seq` be
given again. A commit of readings was synced before anything followed it, so one that something follows
cannot be torn. Commits of what the folders remember (memory.py) are not synced: any of them may be torn.
Format: https://sqlite.org/fileformat2.html, section 4.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from edged.flow.outbox.record import holds_readings

_HEADER, _FRAME = 32, 24
_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
_SALTS = slice(8, 16)


class Frame(NamedTuple):
    """One page in the log."""

    page: int
    offset: int  # of its content in the file
    commit: int  # pages of the database after this commit; 0 within one
    sound: bool  # its checksum follows from that of the frame before


@dataclass(frozen=True, slots=True)
class Log:
    """The frames since the log was last begun anew."""

    frames: tuple[Frame, ...]
    valid: int  # of them SQLite will use so many, counted up to a commit
    lost: bool = False  # a commit that was synced lies behind

    @property
    def committed(self) -> tuple[Frame, ...]:
        """The frames up to the last commit, damaged or not."""
        last = max((n for n, frame in enumerate(self.frames, 1) if frame.commit), default=0)
        return self.frames[:last]


def read_log(path: Path, page_bytes: int) -> Log:
    """What the log of a database holds; nothing where there is none."""
    data = path.read_bytes() if path.exists() else b""
    if len(data) < _HEADER + _FRAME:
        return Log((), 0)
    order, salts, running, whole = _begin(data)
    frames: list[Frame] = []
    valid = 0
    for at in range(_HEADER, len(data) - _FRAME - page_bytes + 1, _FRAME + page_bytes):
        head = data[at : at + _FRAME]
        page, commit = struct.unpack_from(">II", head)
        told = struct.unpack_from(">II", head, 16)
        sound = _sum(order, head[:8] + data[at + _FRAME : at + _FRAME + page_bytes], running) == told
        ours = head[_SALTS] == salts
        if not ours and not sound:  # of an older log; if only the salts were damaged, the checksum would follow
            break
        frames.append(Frame(page, at + _FRAME, commit, sound))
        whole = whole and ours and sound and page > 0
        if whole and commit:
            valid = len(frames)
        running = told
    followed = max((n for n, frame in enumerate(frames[:-1], 1) if frame.commit), default=0)  # up to the last commit but the newest
    lost = any(holds_readings(data[frame.offset : frame.offset + page_bytes]) for frame in frames[valid:followed])
    return Log(tuple(frames), valid, lost)


def _begin(data: bytes) -> tuple[str, bytes, tuple[int, int], bool]:
    """Byte order, salts and checksum to begin with, and whether the header is whole: if not, nothing is valid."""
    magic, one, two = struct.unpack_from(">I20x2I", data)
    for order in _MAGIC.get(magic, "<>"):
        if _sum(order, data[: _HEADER - 8], (0, 0)) == (one, two):
            return order, data[16:24], (one, two), magic in _MAGIC
    return _MAGIC.get(magic, "<"), data[_HEADER:][_SALTS], (one, two), False


def _sum(order: str, data: bytes, start: tuple[int, int]) -> tuple[int, int]:
    one, two = start
    words = iter(struct.unpack(f"{order}{len(data) // 4}I", data))
    for first, second in zip(words, words, strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two
