"""The words that all parsers share."""

from dataclasses import dataclass
from enum import StrEnum

from edged.errors import FrameFailed, FrameIncomplete, FrameRejected

CUT = "the file was cut or is still being written: copy it again, best under another name that is renamed at the end"
RESAVE = "open it in a picture program and save it again as PNG or JPEG"


class Format(StrEnum):
    """The formats we read."""

    JPEG = "JPEG"
    PNG = "PNG"
    BMP = "BMP"
    TIFF = "TIFF"
    WEBP = "WebP"


class Alpha(StrEnum):
    """How the colours are stored beside transparency."""

    NONE = "none"
    STRAIGHT = "straight"  # the colours are those of the opaque picture
    PREMULTIPLIED = "premultiplied"  # the colours were multiplied by the opacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a whole picture file says of itself."""

    format: Format
    width: int  # as stored, before `orientation`
    height: int
    colour: str  # grey, colour, palette, CMYK, YCCK
    depth: int = 8  # bits per sample
    alpha: Alpha = Alpha.NONE
    frames: int = 1
    orientation: int = 1  # EXIF's 1..8


def incomplete(kind: Format, found: str) -> FrameIncomplete:
    """More bytes must follow."""
    return FrameIncomplete(f"{kind} is not whole: {found}", hint=CUT)


def damaged(kind: Format, found: str) -> FrameFailed:
    """The structure contradicts itself."""
    return FrameFailed(f"{kind} is damaged: {found}", hint="copy the file again from where it was made, or save it again")


def unsupported(kind: Format, found: str, *, hint: str = RESAVE) -> FrameRejected:
    """A whole file of a kind that we do not read."""
    return FrameRejected(f"{kind} is of a kind that is not read: {found}", hint=hint)
