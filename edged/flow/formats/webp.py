"""WebP: the RIFF container, its chunks, and the sizes inside them."""

import struct
from dataclasses import dataclass

from edged.flow.formats.exif import orientation
from edged.flow.formats.header import Alpha, Format, Header, damaged, incomplete, unsupported

_START = 12
_MAX_CHUNKS = 10_000
_EXTENDED_ALPHA = 0x10


@dataclass(slots=True, kw_only=True)
class _Walk:
    """What was met so far."""

    canvas: tuple[int, int] | None = None  # of the extended header
    picture: tuple[int, int] | None = None
    alpha: bool = False
    frames: int = 0
    orientation: int = 1


def parse(data: bytes) -> Header:
    """Walk the chunks of the container and return the header."""
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if end > len(data):
        raise incomplete(Format.WEBP, f"its container has {end} bytes, {len(data)} are there")
    walk = _Walk()
    at = _START
    for _ in range(_MAX_CHUNKS):
        if at >= end:
            return _header(walk)
        kind, size = _chunk(data, at, end)
        _take(kind, data[at + 8 : at + 8 + size], walk)
        at += 8 + size + size % 2
    raise unsupported(Format.WEBP, f"more than {_MAX_CHUNKS} chunks")


def _chunk(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """Kind and size of the chunk at *at*, which must lie within the container."""
    if at + 8 > end:
        raise damaged(Format.WEBP, f"{end - at} bytes are left over at the end of its container")
    kind, size = struct.unpack_from("<4sI", data, at)
    if at + 8 + size > end:
        raise damaged(Format.WEBP, f"chunk {kind.decode('latin-1')!a} at byte {at} reaches beyond its container")
    return kind, size


def _take(kind: bytes, body: bytes, walk: _Walk) -> None:
    """Take in one chunk."""
    if kind == b"VP8X":
        if len(body) < 10:
            raise damaged(Format.WEBP, "its extended header is too short")
        walk.canvas = (1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"))
        walk.alpha = bool(body[0] & _EXTENDED_ALPHA)
    elif kind == b"VP8 ":
        walk.picture = walk.picture or _lossy(body)
    elif kind == b"VP8L":
        walk.picture = walk.picture or _lossless(body, walk)
    elif kind == b"ANMF":
        walk.frames += 1
    elif kind == b"EXIF":
        walk.orientation = orientation(body)


def _lossy(body: bytes) -> tuple[int, int]:
    """Size of a VP8 key frame, whose first partition must be there."""
    if len(body) < 10 or body[3:6] != b"\x9d\x01\x2a" or body[0] & 1:
        raise damaged(Format.WEBP, "its VP8 chunk does not start with a key frame")
    first = int.from_bytes(body[:3], "little") >> 5
    if 10 + first > len(body):
        raise damaged(Format.WEBP, f"its VP8 chunk has {len(body)} bytes, its first part alone {first}")
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


def _lossless(body: bytes, walk: _Walk) -> tuple[int, int]:
    """Size of a VP8L picture; notes whether it is transparent."""
    if len(body) < 5 or body[0] != 0x2F:
        raise damaged(Format.WEBP, "its VP8L chunk has a wrong signature")
    bits = int.from_bytes(body[1:5], "little")
    walk.alpha = walk.alpha or bool(bits >> 28 & 1)
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


def _header(walk: _Walk) -> Header:
    """Judge a walk that reached the end of the container."""
    if walk.frames:
        if walk.canvas is None:
            raise damaged(Format.WEBP, "it is animated without an extended header")
        width, height = walk.canvas
    elif walk.picture is None:
        raise damaged(Format.WEBP, "it has no picture")
    else:
        width, height = walk.picture
        if walk.canvas is not None and walk.canvas != walk.picture:
            raise damaged(Format.WEBP, f"a picture of {width}x{height} on a canvas of {walk.canvas[0]}x{walk.canvas[1]}")
    return Header(
        format=Format.WEBP,
        width=width,
        height=height,
        colour="colour",
        alpha=Alpha.STRAIGHT if walk.alpha else Alpha.NONE,
        frames=max(1, walk.frames),
        orientation=walk.orientation,
    )
