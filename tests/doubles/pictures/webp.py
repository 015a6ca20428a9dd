"""WebP variants: cv2's own, and hand-made containers around them."""

import struct

import cv2

from tests.doubles.pictures.base import Samples, encode


def lossy(image: Samples) -> bytes:
    """A plain VP8 file (three channels)."""
    return encode(".webp", image, cv2.IMWRITE_WEBP_QUALITY, 95)


def lossless(image: Samples) -> bytes:
    """A VP8L file."""
    return encode(".webp", image, cv2.IMWRITE_WEBP_QUALITY, 101)


def chunk(kind: bytes, body: bytes) -> bytes:
    """One RIFF chunk, padded to an even length."""
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    """The container."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def vp8x(width: int, height: int, flags: int) -> bytes:
    """The header of an extended file."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size)


def extended(plain: bytes, width: int, height: int, *, exif: bytes = b"") -> bytes:
    """A plain file's picture inside an extended container, perhaps with EXIF."""
    tail = chunk(b"EXIF", exif) if exif else b""
    return riff(vp8x(width, height, 0x08 if exif else 0), plain[12:], tail)


def animation(images: list[Samples], extension: str = ".webp") -> bytes:
    """An animated WebP or PNG."""
    moving = cv2.Animation()
    moving.frames = images
    moving.durations = [100] * len(images)
    ok, data = cv2.imencodeanimation(extension, moving)
    assert ok
    return data.tobytes()
