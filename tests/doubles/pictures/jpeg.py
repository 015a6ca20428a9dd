"""JPEG variants: cv2's own, and surgery on its segments."""

import struct

import cv2
import numpy as np

from tests.doubles.pictures.base import Samples, encode, exif

QUALITY = (cv2.IMWRITE_JPEG_QUALITY, 95)


def jpeg(image: Samples, *more: int) -> bytes:
    """A baseline JPEG."""
    return encode(".jpg", image, *QUALITY, *more)


def segment(marker: int, body: bytes) -> bytes:
    """One marker segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def with_segment(data: bytes, extra: bytes) -> bytes:
    """*extra* right behind the start marker."""
    return data[:2] + extra + data[2:]


def with_exif(data: bytes, orientation: int, *, order: str = "<", thumbnail: bytes = b"") -> bytes:
    """An APP1 segment in front; a thumbnail brings its own end marker into the file."""
    return with_segment(data, segment(0xE1, b"Exif\0\0" + exif(orientation, order=order, thumbnail=thumbnail)))


def parts(data: bytes) -> list[tuple[int, bytes]]:
    """(marker, body) of every segment up to the first scan, whose body includes its entropy-coded data."""
    found = []
    at = 2
    while True:
        marker = data[at + 1]
        if marker == 0xDA:
            found.append((marker, data[at + 2 : -2]))
            return found
        size = struct.unpack_from(">H", data, at + 2)[0]
        found.append((marker, data[at + 4 : at + 2 + size]))
        at += 2 + size


def four_components(planes: list[np.ndarray], *, transform: int | None) -> bytes:
    """CMYK (transform 0) or YCCK (2): four grey scans put under one four-component frame."""
    greys = [parts(jpeg(plane)) for plane in planes]
    height, width = planes[0].shape
    out = b"\xff\xd8"
    if transform is not None:
        out += segment(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, transform))
    out += b"".join(segment(marker, body) for marker, body in greys[0] if marker == 0xDB)
    frame = struct.pack(">BHHB", 8, height, width, 4) + b"".join(bytes([i, 0x11, 0]) for i in range(1, 5))
    out += segment(0xC0, frame)
    out += b"".join(segment(marker, body) for marker, body in greys[0] if marker == 0xC4)
    for index, grey in enumerate(greys, start=1):
        scan = next(body for marker, body in grey if marker == 0xDA)
        entropy = scan[struct.unpack_from(">H", scan)[0] :]
        out += segment(0xDA, bytes([1, index, 0x00, 0, 63, 0])) + entropy
    return out + b"\xff\xd9"


def fill_bytes(data: bytes) -> bytes:
    """Fill bytes (0xFF) in front of the first segments and of the end marker."""
    out = b"\xff\xd8"
    for marker, body in parts(data):
        if marker == 0xDA:
            out += b"\xff\xff\xda" + body
        else:
            out += b"\xff\xff" + segment(marker, body)
    return out + b"\xff\xff\xff\xd9"
