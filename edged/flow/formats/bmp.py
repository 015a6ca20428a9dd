"""BMP: the header generations, and whether the pixel array is all there.

The file size in the header is not asked: many programs write 0 or nonsense there, and the sizes of
picture and pixel array say what must be there.
"""

import struct

from edged.flow.formats.header import RESAVE, Alpha, Format, Header, damaged, incomplete, unsupported

_CORE, _INFO, _OS2 = 12, 40, 64
_GENERATIONS = {_CORE, _INFO, 52, 56, _OS2, 108, 124}
_RGB, _RLE8, _RLE4, _FIELDS, _ALPHA_FIELDS = 0, 1, 2, 3, 6
_DEPTHS = {_RGB: {1, 4, 8, 16, 24, 32}, _RLE8: {8}, _RLE4: {4}, _FIELDS: {16, 32}, _ALPHA_FIELDS: {32}}
# OpenCV does not look at other masks and would swap the colours.
_MASKS = {16: {(0xF800, 0x07E0, 0x001F), (0x7C00, 0x03E0, 0x001F)}, 32: {(0xFF0000, 0xFF00, 0xFF)}}
_OPAQUE = 0xFF000000


def parse(data: bytes) -> Header:
    """Read the header and prove that the pixel array is within the file."""
    _need(data, 18)
    offset, size = struct.unpack_from("<II", data, 10)
    if size not in _GENERATIONS:
        raise unsupported(Format.BMP, f"its header has {size} bytes; perhaps it only starts with the letters BM")
    _need(data, 14 + size)
    if offset < 14 + size:
        raise damaged(Format.BMP, f"its pixels start at byte {offset}, inside its header of {14 + size} bytes")
    if size == _CORE:
        width, height, planes, bits = struct.unpack_from("<HHHH", data, 18)
        return _uncompressed(data, offset, width, height, bits, planes)
    width, height, planes, bits, compression, array = struct.unpack_from("<iiHHII", data, 18)
    if size == _OS2 and compression != _RGB:
        raise unsupported(Format.BMP, f"OS/2 compression {compression}")
    if bits not in _DEPTHS.get(compression, set()):
        raise unsupported(Format.BMP, f"compression {compression} with {bits} bits per pixel")
    if compression in (_RLE8, _RLE4):
        return _run_lengths(data, offset, width, height, bits, array)
    return _uncompressed(data, offset, width, height, bits, planes, alpha=_fields(data, size, bits, compression))


def _need(data: bytes, count: int) -> None:
    """Raise unless *data* has *count* bytes."""
    if len(data) < count:
        raise incomplete(Format.BMP, f"{count} bytes are needed, {len(data)} are there")


def _fields(data: bytes, size: int, bits: int, compression: int) -> Alpha:
    """Check the bit masks; say whether one of them is for transparency."""
    if compression not in (_FIELDS, _ALPHA_FIELDS):
        return Alpha.NONE
    _need(data, 70)
    red, green, blue, clear = struct.unpack_from("<IIII", data, 54)
    if (red, green, blue) not in _MASKS[bits]:
        raise unsupported(Format.BMP, f"colour masks {red:#x}, {green:#x}, {blue:#x}")
    declared = bits == 32 and clear == _OPAQUE and (size > 52 or compression == _ALPHA_FIELDS)
    return Alpha.STRAIGHT if declared else Alpha.NONE


def _uncompressed(data: bytes, offset: int, width: int, height: int, bits: int, planes: int, *, alpha: Alpha = Alpha.NONE) -> Header:
    """Prove that all rows are there."""
    if width < 1 or height == 0 or planes != 1 or bits not in _DEPTHS[_RGB]:
        raise damaged(Format.BMP, f"it declares {width}x{height} pixels of {bits} bits in {planes} planes")
    rows = abs(height)  # negative: the first row is the topmost
    _need(data, offset + (width * bits + 31) // 32 * 4 * rows)
    colour = "palette" if bits <= 8 else "colour"
    return Header(format=Format.BMP, width=width, height=rows, colour=colour, depth=min(bits, 8), alpha=alpha)


def _run_lengths(data: bytes, offset: int, width: int, height: int, bits: int, array: int) -> Header:
    """Prove by the declared size of the array that all runs are there."""
    if width < 1 or height < 1:
        raise damaged(Format.BMP, f"it declares {width}x{height} run-length coded pixels")
    if array == 0:
        raise unsupported(Format.BMP, "run lengths without their size, so that nobody can tell whether they are all there", hint=RESAVE)
    _need(data, offset + array)
    return Header(format=Format.BMP, width=width, height=height, colour="palette", depth=bits)
