"""BMP: the header generations, and whether the pixel array is all there.

The file size in the header is not asked: many programs write 0 or nonsense there, and the sizes of
picture and pixel array say what must be there.
"""

import struct
from dataclasses import dataclass

from edged.flow.formats.header import Alpha, Format, Header, damaged, incomplete, unsupported

_CORE, _OS2 = 12, 64
_GENERATIONS = {_CORE, 40, 52, 56, _OS2, 108, 124}
_RGB, _RLE8, _RLE4, _FIELDS, _ALPHA_FIELDS = 0, 1, 2, 3, 6
_DEPTHS = {_RGB: {1, 4, 8, 16, 24, 32}, _RLE8: {8}, _RLE4: {4}, _FIELDS: {16, 32}, _ALPHA_FIELDS: {32}}
# OpenCV does not look at other masks and would swap the colours.
_MASKS = {16: {(0xF800, 0x07E0, 0x001F), (0x7C00, 0x03E0, 0x001F)}, 32: {(0xFF0000, 0xFF00, 0xFF)}}
_OPAQUE = 0xFF000000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Info:
    """The fields that matter, of whatever generation."""

    width: int
    height: int  # negative: the first row is the topmost
    planes: int
    bits: int
    compression: int = _RGB
    array: int = 0  # bytes of the pixel array; 0 where nobody said


def parse(data: bytes) -> Header:
    """Read the header and prove that the pixel array is within the file."""
    _need(data, 18)
    offset, size = struct.unpack_from("<II", data, 10)
    if size not in _GENERATIONS:
        raise unsupported(Format.BMP, f"its header has {size} bytes; perhaps it only starts with the letters BM")
    _need(data, 14 + size)
    if offset < 14 + size:
        raise damaged(Format.BMP, f"its pixels start at byte {offset}, inside its header of {14 + size} bytes")
    info = _info(data, size)
    if info.width < 1 or info.height == 0 or info.planes != 1:
        raise damaged(Format.BMP, f"it declares {info.width}x{info.height} pixels in {info.planes} planes")
    if info.bits not in _DEPTHS.get(info.compression, set()):
        raise unsupported(Format.BMP, f"compression {info.compression} with {info.bits} bits per pixel")
    alpha = _fields(data, size, info)
    _need(data, offset + _array_bytes(info))
    return Header(
        format=Format.BMP,
        width=info.width,
        height=abs(info.height),
        colour="palette" if info.bits <= 8 else "colour",
        depth=min(info.bits, 8),
        alpha=alpha,
    )


def _info(data: bytes, size: int) -> _Info:
    """Read the header, which has *size* bytes."""
    if size == _CORE:
        width, height, planes, bits = struct.unpack_from("<HHHH", data, 18)
        return _Info(width=width, height=height, planes=planes, bits=bits)
    width, height, planes, bits, compression, array = struct.unpack_from("<iiHHII", data, 18)
    if size == _OS2 and compression != _RGB:
        raise unsupported(Format.BMP, f"OS/2 compression {compression}")
    return _Info(width=width, height=height, planes=planes, bits=bits, compression=compression, array=array)


def _array_bytes(info: _Info) -> int:
    """How long the pixel array must be."""
    if info.compression not in (_RLE8, _RLE4):
        return (info.width * info.bits + 31) // 32 * 4 * abs(info.height)
    if info.height < 0:
        raise damaged(Format.BMP, "run lengths are never stored from the top")
    if info.array == 0:
        raise unsupported(Format.BMP, "run lengths without their size, so that nobody can tell whether they are all there")
    return info.array


def _fields(data: bytes, size: int, info: _Info) -> Alpha:
    """Check the bit masks; say whether one of them is for transparency."""
    if info.compression not in (_FIELDS, _ALPHA_FIELDS):
        return Alpha.NONE
    _need(data, 70)
    red, green, blue, clear = struct.unpack_from("<IIII", data, 54)
    if (red, green, blue) not in _MASKS[info.bits]:
        raise unsupported(Format.BMP, f"colour masks {red:#x}, {green:#x}, {blue:#x}")
    declared = info.bits == 32 and clear == _OPAQUE and (size > 52 or info.compression == _ALPHA_FIELDS)
    return Alpha.STRAIGHT if declared else Alpha.NONE


def _need(data: bytes, count: int) -> None:
    """Raise unless *data* has *count* bytes."""
    if len(data) < count:
        raise incomplete(Format.BMP, f"{count} bytes are needed, {len(data)} are there")
