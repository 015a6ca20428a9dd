"""From bytes to the header, by the format that the first bytes name."""

from collections.abc import Callable

from edged.errors import FrameFailed, FrameRejected
from edged.flow.formats import bmp, jpeg, png, tiff, webp
from edged.flow.formats.header import Format, Header, damaged, incomplete
from edged.flow.formats.sniff import sniff

_PARSERS: dict[Format, Callable[[bytes], Header]] = {
    Format.JPEG: jpeg.parse,
    Format.PNG: png.parse,
    Format.BMP: bmp.parse,
    Format.TIFF: tiff.parse,
    Format.WEBP: webp.parse,
}
# Copying programs reserve the whole length before they write: what seems wrong may come yet.
_RESERVED = bytes(64)


def inspect(data: bytes) -> Header:
    """Prove that *data* is one whole picture file and return its header.

    Raises:
        FrameRejected: It is no picture, or of a kind that is not read.
        FrameIncomplete: Its structure says that more bytes must follow.
        FrameFailed: Its structure is damaged.
    """
    kind = sniff(data)
    try:
        header = _PARSERS[kind](data)
        if header.width < 1 or header.height < 1:
            raise damaged(kind, f"it declares {header.width}x{header.height} pixels")
    except (FrameFailed, FrameRejected) as error:
        if data.endswith(_RESERVED):
            raise incomplete(kind, f"it ends in zeros, and {error}") from error
        raise
    return header
