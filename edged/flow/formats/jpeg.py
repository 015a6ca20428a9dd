"""JPEG: a walk from SOI to EOI over markers, segments and entropy-coded data.

What lies inside a segment (a thumbnail with its own end marker) is stepped over, bytes behind the end
marker are tolerated. Where the encoder set restart markers, their count and order prove that nothing
is missing in the middle; without them, data cut out between two markers cannot be seen without a full
Huffman decoding.
"""

import re
import struct
from dataclasses import dataclass

from edged.flow.formats.exif import orientation
from edged.flow.formats.header import Format, Header, damaged, incomplete, unsupported

_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)  # not a stuffed byte, a fill byte or a restart
_RESTARTS = tuple(bytes((0xFF, marker)) for marker in range(0xD0, 0xD8))
_SOI, _EOI, _SOS, _DRI, _APP1, _APP14, _TEM = 0xD8, 0xD9, 0xDA, 0xDD, 0xE1, 0xEE, 0x01
_READ = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive
_REFUSED = {
    **dict.fromkeys((0xC3, 0xC7, 0xCB, 0xCF), "lossless coding"),
    **dict.fromkeys((0xC5, 0xC6, 0xCD, 0xCE), "hierarchical coding"),
    **dict.fromkeys((0xC9, 0xCA), "arithmetic coding"),
}
_COLOURS = {1: "grey", 3: "colour", 4: "CMYK"}
_MAX_SEGMENTS = 20_000
_MAX_SCANS = 100  # each scan passes over the whole picture: thousands of them are an attack on time


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What the start of frame declares; components are id -> (horizontal, vertical) sampling."""

    width: int
    height: int
    components: dict[int, tuple[int, int]]


@dataclass(slots=True, kw_only=True)
class _Walk:
    """What was met so far."""

    frame: _Frame | None = None
    orientation: int | None = None
    adobe: int | None = None  # colour transform of the Adobe segment
    restart_interval: int = 0
    scans: int = 0


def parse(data: bytes) -> Header:
    """Walk the markers to the end and return the header."""
    walk = _Walk()
    at = 2
    coded = False  # whether coded data lies in front of the next marker
    for _ in range(_MAX_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None:
            raise incomplete(Format.JPEG, f"no end marker within {len(data)} bytes")
        if not coded and data[at : found.start()].strip(b"\xff"):
            raise damaged(Format.JPEG, f"{found.start() - at} stray bytes at byte {at}")
        marker, at = data[found.start() + 1], found.end()
        if marker == _EOI:
            return _header(walk, at)
        if marker == _SOI:
            raise damaged(Format.JPEG, f"a second picture starts inside the first, at byte {at - 2}")
        if marker != _TEM:
            at = _segment(data, marker, at, walk)
            coded = marker == _SOS
    raise unsupported(Format.JPEG, f"more than {_MAX_SEGMENTS} segments")


def _segment(data: bytes, marker: int, at: int, walk: _Walk) -> int:
    """Take in the segment whose length stands at *at*; return where it ends."""
    size = int.from_bytes(data[at : at + 2], "big")
    end = at + size
    if end > len(data) or at + 2 > len(data):
        raise incomplete(Format.JPEG, f"segment 0x{marker:02x} at byte {at - 2} needs {size} bytes, {len(data) - at} are there")
    if size < 2:
        raise damaged(Format.JPEG, f"segment 0x{marker:02x} at byte {at - 2} has the length {size}")
    body = data[at + 2 : end]
    if marker in _REFUSED:
        raise unsupported(Format.JPEG, _REFUSED[marker])
    if marker in _READ:
        walk.frame = _frame(body, walk)
    elif marker == _SOS:
        _scan(data, body, end, walk)
    elif marker == _DRI and len(body) >= 2:
        walk.restart_interval = int.from_bytes(body[:2], "big")
    elif marker == _APP1 and body.startswith(b"Exif\0\0") and walk.orientation is None:
        walk.orientation = orientation(body)
    elif marker == _APP14 and body.startswith(b"Adobe") and len(body) >= 12:
        walk.adobe = body[11]
    return end


def _frame(body: bytes, walk: _Walk) -> _Frame:
    """Read a start of frame."""
    if walk.frame is not None:
        raise damaged(Format.JPEG, "it declares its size twice")
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise damaged(Format.JPEG, "its frame header is too short")
    depth, height, width, count = struct.unpack_from(">BHHB", body)
    if depth != 8:
        raise unsupported(Format.JPEG, f"{depth} bits per sample")
    if height == 0:
        raise unsupported(Format.JPEG, "its height is declared behind the picture")
    if count not in _COLOURS:
        raise unsupported(Format.JPEG, f"{count} colour components")
    components = {body[i]: (body[i + 1] >> 4, body[i + 1] & 15) for i in range(6, 6 + 3 * count, 3)}
    if len(components) != count or any(not (1 <= h <= 4 and 1 <= v <= 4) for h, v in components.values()):
        raise damaged(Format.JPEG, "its colour components contradict each other")
    return _Frame(width=width, height=height, components=components)


def _scan(data: bytes, body: bytes, start: int, walk: _Walk) -> None:
    """Count a scan and its restart markers; its coded data begins at *start*."""
    if walk.frame is None:
        raise damaged(Format.JPEG, "its pixels come before its size")
    walk.scans += 1
    if walk.scans > _MAX_SCANS:
        raise unsupported(Format.JPEG, f"more than {_MAX_SCANS} scans")
    count = body[0] if body else 0
    names = list(body[1 : 1 + 2 * count : 2])
    if not names or any(name not in walk.frame.components for name in names):
        raise damaged(Format.JPEG, "a scan names a colour component that the frame does not have")
    end = _MARKER.search(data, start)
    if end is None or not walk.restart_interval:
        return  # the walk itself says what is missing
    met = [data.count(marker, start, end.start()) for marker in _RESTARTS]
    wanted = -(-_units(walk.frame, names) // walk.restart_interval) - 1
    if met not in (_shares(wanted), _shares(wanted + 1)):  # some encoders set one more at the end
        raise damaged(Format.JPEG, f"{sum(met)} restart markers where {wanted} belong: a part in the middle is missing")


def _shares(count: int) -> list[int]:
    """How often each of the eight restart markers comes when *count* of them come in turn."""
    return [(count + 7 - marker) // 8 for marker in range(8)]


def _units(frame: _Frame, names: list[int]) -> int:
    """Minimum coded units of a scan over the components *names*."""
    widest = max(h for h, _ in frame.components.values())
    tallest = max(v for _, v in frame.components.values())
    if len(names) > 1:
        return -(-frame.width // (8 * widest)) * -(-frame.height // (8 * tallest))
    h, v = frame.components[names[0]]
    return -(-frame.width * h // (8 * widest)) * -(-frame.height * v // (8 * tallest))


def _header(walk: _Walk, end: int) -> Header:
    """Judge a walk that reached the end marker."""
    if walk.frame is None or walk.scans == 0:
        raise damaged(Format.JPEG, f"it ends at byte {end} without a picture")
    colour = _COLOURS[len(walk.frame.components)]
    if colour == "CMYK":
        if walk.adobe is None:
            raise unsupported(Format.JPEG, "CMYK without the Adobe segment, so that nobody can tell ink from paper")
        colour = "YCCK" if walk.adobe == 2 else "CMYK"
    return Header(
        format=Format.JPEG,
        width=walk.frame.width,
        height=walk.frame.height,
        colour=colour,
        orientation=walk.orientation or 1,
    )
