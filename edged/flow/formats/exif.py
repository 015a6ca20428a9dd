"""The one thing that we need from EXIF: how the camera was held."""

import struct

_ORIENTATION = 0x0112
_SHORT = 3
_MAX_ENTRIES = 1000


def orientation(block: bytes) -> int:
    """Orientation 1..8 of an EXIF block, with or without its `Exif` prefix; 1 where it says nothing valid.

    Never raises: a broken EXIF block does not make a picture unreadable.
    """
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < 10:
        return 1
    at = int(struct.unpack_from(order + "I", block, 4)[0])
    if at + 2 > len(block):
        return 1
    count = min(struct.unpack_from(order + "H", block, at)[0], _MAX_ENTRIES)
    for entry in range(at + 2, min(at + 2 + 12 * count, len(block) - 11), 12):
        tag, kind, _, value = struct.unpack_from(order + "HHIH", block, entry)
        if tag == _ORIENTATION and kind == _SHORT:
            return int(value) if 1 <= value <= 8 else 1
    return 1
