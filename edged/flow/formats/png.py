"""PNG: every chunk with its CRC, from IHDR through IEND.

That the inflated pixels fill the picture is checked by libpng, which refuses otherwise.
"""

import struct
import zlib
from dataclasses import dataclass

from edged.flow.formats.exif import orientation
from edged.flow.formats.header import Alpha, Format, Header, damaged, incomplete, unsupported

_START = 8
_COLOURS = {0: "grey", 2: "colour", 3: "palette", 4: "grey", 6: "colour"}
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_PALETTE, _COLOUR = 3, 2
_MAX_CHUNKS = 100_000


@dataclass(slots=True, kw_only=True)
class _Walk:
    """What was met so far."""

    size: tuple[int, int] | None = None
    depth: int = 8
    colour: int = 0
    frames: int = 1
    orientation: int = 1
    palette: bool = False
    key: bool = False  # a tRNS chunk
    pixels: bool = False


def parse(data: bytes) -> Header:
    """Walk the chunks to IEND and return the header."""
    walk = _Walk()
    view = memoryview(data)
    at = _START
    for _ in range(_MAX_CHUNKS):
        kind, body, at = _chunk(view, at)
        if walk.size is None and kind != b"IHDR":
            raise damaged(Format.PNG, "its first chunk is not IHDR")
        if kind == b"IEND":
            return _header(walk)
        _take(kind, body, walk)
    raise unsupported(Format.PNG, f"more than {_MAX_CHUNKS} chunks")


def _chunk(view: memoryview, at: int) -> tuple[bytes, memoryview, int]:
    """Kind and body of the chunk at *at*, and where the next one starts."""
    if at + 12 > len(view):
        raise incomplete(Format.PNG, f"it ends at byte {len(view)} before its IEND chunk")
    size, kind = struct.unpack_from(">I4s", view, at)
    end = at + 12 + size
    name = ascii(kind.decode("latin-1"))
    if end > len(view):
        raise incomplete(Format.PNG, f"chunk {name} at byte {at} needs {size} bytes, {max(0, len(view) - at - 12)} are there")
    if zlib.crc32(view[at + 4 : end - 4]) != struct.unpack_from(">I", view, end - 4)[0]:
        raise damaged(Format.PNG, f"the CRC of chunk {name} at byte {at} is wrong")
    return kind, view[at + 8 : end - 4], end


def _take(kind: bytes, body: memoryview, walk: _Walk) -> None:
    """Take in one chunk."""
    if kind == b"IHDR":
        _ihdr(body, walk)
    elif kind == b"PLTE":
        walk.palette = True
    elif kind == b"tRNS":
        walk.key = True
    elif kind == b"IDAT":
        walk.pixels = True
    elif kind == b"acTL" and len(body) >= 4:
        walk.frames = max(1, struct.unpack_from(">I", body)[0])
    elif kind == b"eXIf":
        walk.orientation = orientation(bytes(body))


def _ihdr(body: memoryview, walk: _Walk) -> None:
    """Read the header chunk."""
    if walk.size is not None or len(body) != 13:
        raise damaged(Format.PNG, "its IHDR chunk is doubled or of the wrong length")
    width, height, depth, colour, packing, filtering, interlace = struct.unpack(">IIBBBBB", body)
    if depth not in _DEPTHS.get(colour, set()) or packing or filtering or interlace > 1:
        raise damaged(Format.PNG, f"IHDR declares colour type {colour} with {depth} bits, interlacing {interlace}")
    walk.size, walk.depth, walk.colour = (width, height), depth, colour


def _header(walk: _Walk) -> Header:
    """Judge a walk that reached IEND."""
    if walk.size is None or not walk.pixels:
        raise damaged(Format.PNG, "it has no pixels")
    if walk.colour == _PALETTE and not walk.palette:
        raise damaged(Format.PNG, "its palette is missing")
    # OpenCV drops the transparent colour of grey pictures: they are shown as stored.
    clear = walk.colour in (4, 6) or (walk.key and walk.colour in (_COLOUR, _PALETTE))
    return Header(
        format=Format.PNG,
        width=walk.size[0],
        height=walk.size[1],
        depth=walk.depth,
        colour=_COLOURS[walk.colour],
        alpha=Alpha.STRAIGHT if clear else Alpha.NONE,
        frames=walk.frames,
        orientation=walk.orientation,
    )
