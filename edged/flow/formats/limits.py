"""Refusals by size, before any decoder sees the bytes."""

from edged.config import LimitsSection
from edged.errors import FrameRejected
from edged.flow.formats.header import Header


def check_size(size: int, limits: LimitsSection) -> None:
    """Refuse a file by its bytes.

    Raises:
        FrameRejected: It is larger than permitted.
    """
    if size > limits.max_file_bytes:
        msg = f"the file has {size} bytes, more than the {limits.max_file_bytes} permitted"
        raise FrameRejected(msg, hint="send a smaller file, or raise limits.max_file_bytes of the source")


def check_limits(header: Header, limits: LimitsSection, size: int) -> None:
    """Refuse a picture by its header; the smallest permitted is 1x1, which is read as unsure.

    Raises:
        FrameRejected: Bytes, pixels, sides or the count of pictures are beyond what is permitted.
    """
    check_size(size, limits)
    what = f"{header.format} of {header.width}x{header.height} pixels"
    if max(header.width, header.height) > limits.max_side:
        msg = f"{what}: its longest side is over the {limits.max_side} permitted"
        raise FrameRejected(msg, hint="send a smaller picture, or raise limits.max_side of the source")
    pixels = header.width * header.height
    if pixels > limits.max_pixels:
        msg = f"{what} is {pixels} pixels, more than the {limits.max_pixels} permitted"
        raise FrameRejected(msg, hint="send a smaller picture, or raise limits.max_pixels of the source")
    if header.frames > 1:
        msg = f"{header.format} with {header.frames} pictures in one file: which one to read is not ours to guess"
        raise FrameRejected(msg, hint="split it into one file per picture")
