"""PNG written by hand: every depth, colour type, interlacing and chunk."""

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    """One chunk with its length and CRC."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def header(width: int, height: int, depth: int, colour: int, *, interlace: int = 0) -> bytes:
    """Signature and IHDR."""
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def rows(samples: np.ndarray, depth: int) -> bytes:
    """Unfiltered scan lines of H x W x C samples."""
    flat = samples.reshape(samples.shape[0], -1)
    if depth == 16:
        packed = flat.astype(">u2").view(np.uint8)
    elif depth == 8:
        packed = flat.astype(np.uint8)
    else:
        bits = ((flat[:, :, None].astype(np.uint8) >> np.arange(depth - 1, -1, -1)) & 1).reshape(flat.shape[0], -1)
        packed = np.packbits(bits, axis=1)
    return np.hstack([np.zeros((packed.shape[0], 1), np.uint8), packed]).tobytes()


def png(
    samples: np.ndarray,
    *,
    colour: int,
    depth: int = 8,
    interlaced: bool = False,
    before: bytes = b"",
    after: bytes = b"",
    idat: int = 1 << 20,
) -> bytes:
    """A PNG of H x W (x C) samples in RGB order; *before* and *after* are chunks around the pixels."""
    cube = samples.reshape(samples.shape[0], samples.shape[1], -1)
    if interlaced:
        parts = [cube[y0::dy, x0::dx] for x0, y0, dx, dy in ADAM7]
        raw = b"".join(rows(part, depth) for part in parts if part.size)
    else:
        raw = rows(cube, depth)
    stream = zlib.compress(raw, 6)
    pixels = b"".join(chunk(b"IDAT", stream[i : i + idat]) for i in range(0, len(stream), idat))
    start = header(samples.shape[1], samples.shape[0], depth, colour, interlace=int(interlaced))
    return start + before + pixels + after + chunk(b"IEND")


def rgb(image: np.ndarray) -> np.ndarray:
    """BGR turned into RGB."""
    return np.ascontiguousarray(image[:, :, ::-1])


def bomb(width: int = 60_000, height: int = 60_000, *, size: int = 50_000) -> bytes:
    """A small PNG that declares a huge picture."""
    packer = zlib.compressobj(9)
    stream = packer.compress(bytes(size * 900)) + packer.flush()
    return header(width, height, 8, 2) + chunk(b"IDAT", stream) + chunk(b"IEND")
