"""Pictures of text lines in mixed widths, made of the golden lines that edged carries."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

import numpy as np

from edged.config import LimitsSection
from edged.flow.decode import decode
from edged.types import Pixels

_GOLDEN: Final = ("lot.png", "date.png", "chinese.png")
# Lines of one to five golden lines side by side, in the height of a crop: most fit the width of the model, some do not.
_MIX: Final = ((0,), (1,), (2,), (0,), (2, 2), (1,), (0, 2), (1, 0), (0, 1, 2), (0, 2, 1, 0, 2))
_HEIGHT: Final = 48
_PAPER: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture file."""

    data: bytes = field(repr=False)
    width: int
    height: int


def pictures() -> list[Picture]:
    """The mix, in an order in which it may be repeated."""
    golden = [_colours(name) for name in _GOLDEN]
    return [_picture([golden[index] for index in indexes]) for indexes in _MIX]


def _colours(name: str) -> Pixels:
    return decode(files("edged.shelf").joinpath("golden", name).read_bytes(), LimitsSection()).image


def _picture(parts: Sequence[Pixels]) -> Picture:
    """Golden lines side by side, on paper that is higher than they are."""
    line = np.concatenate(parts, axis=1)
    above = (_HEIGHT - line.shape[0]) // 2
    image = np.pad(line, ((above, _HEIGHT - line.shape[0] - above), (8, 8), (0, 0)), constant_values=_PAPER)
    return Picture(data=png(image), width=image.shape[1], height=image.shape[0])


def png(image: Pixels) -> bytes:
    """Encode H x W x 3, BGR, without filters."""
    height, width = image.shape[:2]
    rows = np.zeros((height, 1 + width * 3), np.uint8)
    rows[:, 1:] = image[:, :, ::-1].reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data) for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
