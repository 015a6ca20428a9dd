"""From bytes to the header, by the format that the first bytes name."""

from collections.abc import Callable

from edged.flow.formats import bmp, jpeg, png, tiff, webp
from edged.flow.formats.header import Format, Header, damaged
from edged.flow.formats.sniff import sniff

_PARSERS: dict[Format, Callable[[bytes], Header]] = {
    Format.JPEG: jpeg.parse,
    Format.PNG: png.parse,
    Format.BMP: bmp.parse,
    Format.TIFF: tiff.parse,
    Format.WEBP: webp.parse,
}


def inspect(data: bytes) -> Header:
    """Prove that *data* is one whole picture file and return its header.

    Raises:
        FrameRejected: It is no picture, or of a kind that is not read.
        FrameIncomplete: Its structure says that more bytes must follow.
        FrameFailed: Its structure is damaged.
    """
    kind = sniff(data)
    header = _PARSERS[kind](data)
    if header.width < 1 or header.height < 1:
        raise damaged(kind, f"it declares {header.width}x{header.height} pixels")
    return header
