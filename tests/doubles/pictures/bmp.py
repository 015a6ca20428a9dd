"""BMP written by hand: header generations, depths, bit fields, run lengths, row orders."""

import struct

import numpy as np

CORE, INFO, V4, V5 = 12, 40, 108, 124


def padded(rows: np.ndarray) -> bytes:
    """Rows of bytes, each filled up to a multiple of four."""
    fill = -rows.shape[1] % 4
    return np.hstack([rows, np.zeros((rows.shape[0], fill), np.uint8)]).tobytes()


def rle8(indices: np.ndarray) -> bytes:
    """Run-length coding of palette indices, bottom row first, with absolute runs."""
    out = bytearray()
    for row in indices[::-1]:
        for at in range(0, len(row), 4):
            part = bytes(row[at : at + 4].tolist())
            if len(part) >= 3 and len(set(part)) > 1:
                out += bytes([0, len(part)]) + part + bytes(len(part) % 2)
            else:
                for value in part:
                    out += bytes([1, value])
        out += b"\0\0"
    return bytes(out[:-2]) + b"\0\1"


def rle4(indices: np.ndarray) -> bytes:
    """Run-length coding of 4-bit indices, one pair of pixels per run."""
    out = bytearray()
    for row in indices[::-1].tolist():
        for at in range(0, len(row), 2):
            pair = [*row[at : at + 2], 0][:2]
            out += bytes([len(row[at : at + 2]), pair[0] << 4 | pair[1]])
        out += b"\0\0"
    return bytes(out[:-2]) + b"\0\1"


def bmp(
    pixels: bytes,
    width: int,
    height: int,
    bits: int,
    *,
    header: int = INFO,
    compression: int = 0,
    palette: np.ndarray | None = None,
    masks: tuple[int, ...] = (),
    top_down: bool = False,
    declare_size: bool = True,
) -> bytes:
    """The file around a pixel array; *palette* is N x 3 BGR."""
    colours = b""
    if palette is not None:
        entry = 3 if header == CORE else 4
        full = np.zeros((len(palette), entry), np.uint8)
        full[:, :3] = palette
        colours = full.tobytes()
    stored = -height if top_down else height
    if header == CORE:
        info = struct.pack("<IHHHH", CORE, width, height, 1, bits)
    else:
        used = 0 if palette is None else len(palette)
        info = struct.pack("<IiiHHIIiiII", header, width, stored, 1, bits, compression, len(pixels), 2835, 2835, used, 0)
        fields = struct.pack(f"<{len(masks)}I", *masks)
        info += fields if header == INFO else fields.ljust(header - INFO, b"\0")
    offset = 14 + len(info) + len(colours)
    size = offset + len(pixels) if declare_size else 0
    return b"BM" + struct.pack("<IHHI", size, 0, 0, offset) + info + colours + pixels


def indexed(indices: np.ndarray, bits: int) -> bytes:
    """Bottom-up pixel array of palette indices with 1, 4 or 8 bits."""
    planes = ((indices[:, :, None].astype(np.uint8) >> np.arange(bits - 1, -1, -1)) & 1).reshape(indices.shape[0], -1)
    return padded(np.packbits(planes, axis=1)[::-1])


def words(image: np.ndarray, *, red: int, green: int) -> bytes:
    """Bottom-up 16-bit pixels with 5 blue bits and the given count of red and green bits."""
    wide = image.astype(np.uint16)
    word = (wide[:, :, 0] >> 3) | (wide[:, :, 1] >> (8 - green)) << 5 | (wide[:, :, 2] >> (8 - red)) << (5 + green)
    return padded(np.ascontiguousarray(word[::-1]).astype("<u2").view(np.uint8))
