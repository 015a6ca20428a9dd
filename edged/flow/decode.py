"""From the bytes of a picture file to upright BGR pixels: the only place where a file meets OpenCV.

What is made of the kinds of pictures:

* Orientation: applied once. OpenCV always turns TIFF and is told not to turn the others; we do those.
* 16 bits per sample are scaled to 8, fewer bits and palettes are spread to the full range.
* Transparency lies on white paper, or on black where what is visible is light, so that text on a clear
  background can be read. The one transparent colour of a grey PNG is shown as it is stored.
* CMYK is turned into colours without its ICC profile; profiles and gamma are not applied at all.
* Several pictures in one file, floating point, signed and rare samples are refused by their header.

Limit: in a JPEG without restart markers, and inside a compressed TIFF strip, damage that leaves the
structure intact is not seen; libjpeg writes a line to stderr and paints the rest grey.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from edged.config import LimitsSection
from edged.errors import FrameFailed
from edged.flow.formats import Alpha, Format, Header, check_limits, check_size, inspect
from edged.flow.formats.header import RESAVE
from edged.types import Pixels

# The largest values that the configuration permits: a second wall behind `check_limits`. OpenCV reads
# them once, while it is imported; its log would only repeat on stderr what our errors say.
MAX_PIXELS: Final = 2**28
MAX_SIDE: Final = 65_535
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MAX_PIXELS)
os.environ["OPENCV_IO_MAX_IMAGE_WIDTH"] = str(MAX_SIDE)
os.environ["OPENCV_IO_MAX_IMAGE_HEIGHT"] = str(MAX_SIDE)
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")

import cv2  # noqa: E402  # after the environment it reads

LARGE: Final = 2**20  # pixels: a JPEG of so many is decoded in place
_AS_COLOUR: Final = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
_LIGHT: Final = 170  # visible pixels that are lighter in the mean are put on black
_BAND: Final = 256  # rows that are composed at a time, so that floats of a large picture fit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """One upright picture."""

    image: Pixels = field(repr=False)  # H x W x 3, BGR
    width: int
    height: int


def limit_threads(count: int) -> None:
    """Let OpenCV use *count* threads of this process; called once at start, 1 in the daemon."""
    cv2.setNumThreads(count)


def decode(data: bytes, limits: LimitsSection, admit: Callable[[int], None] = lambda _: None) -> Decoded:
    """Decode one picture file.

    Args:
        data: The bytes of the file.
        limits: What is refused.
        admit: Asked for room for so many pixels, before they are decoded.

    Raises:
        FrameRejected: No picture, of a kind that is not read, or beyond the limits; nothing was decoded.
        FrameIncomplete: Its structure says that more bytes must follow; nothing was decoded.
        FrameFailed: It is damaged.
    """
    check_size(len(data), limits)
    header = inspect(data)
    check_limits(header, limits, len(data))
    admit(header.width * header.height)
    image = _upright(_opaque(_read(data, header), header), header)
    height, width = image.shape[:2]
    stored = (header.width, header.height)
    if (width, height) != (stored if header.orientation < 5 else stored[::-1]):
        msg = f"{header.format} declares {header.width}x{header.height} pixels, {width}x{height} were decoded"
        raise FrameFailed(msg, hint=RESAVE)
    return Decoded(image=image, width=width, height=height)


def _read(data: bytes, header: Header) -> Pixels:
    """Pixels as OpenCV gives them: 8 bits, 3 channels, or 4 where the header says transparent."""
    flags = _AS_COLOUR if header.alpha is Alpha.NONE else cv2.IMREAD_UNCHANGED
    large = header.format is Format.JPEG and header.width * header.height >= LARGE
    try:
        found = _in_place(data, header, flags) if large else cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise _undecodable(header) from error
    if found is None:  # the stubs promise an array
        raise _undecodable(header)
    if found.dtype == np.uint16:
        found = cv2.convertScaleAbs(found, alpha=1 / 257)
    if found.dtype != np.uint8 or found.ndim != 3 or found.shape[2] not in (3, 4):
        raise _undecodable(header)
    return np.asarray(found, np.uint8)


def _in_place(data: bytes, header: Header, flags: int) -> cv2.typing.MatLike | None:
    """Decode into memory that is ours: `imdecode` would copy the picture once it is decoded, and for that moment it is there twice.

    Only the reader of files takes a place for what it reads, so the bytes become a file that is nothing but memory.
    """
    place = np.empty((header.height, header.width, 3), np.uint8)
    file = os.memfd_create("picture", os.MFD_CLOEXEC)
    try:
        os.truncate(file, len(data))
        with memoryview(data) as rest:
            done = 0
            while done < len(data):
                done += os.pwrite(file, rest[done:], done)
        return cv2.imread(f"/proc/self/fd/{file}", place, flags)
    finally:
        os.close(file)


def _undecodable(header: Header) -> FrameFailed:
    """OpenCV refuses what looks whole."""
    found = f"{header.width}x{header.height}, {header.colour}, {header.depth} bits"
    return FrameFailed(f"{header.format} ({found}) cannot be decoded: its pixel data is damaged or of a rare kind", hint=RESAVE)


def _opaque(image: Pixels, header: Header) -> Pixels:
    """Lay what is transparent on paper."""
    if image.shape[2] == 3:
        return image
    clear = cv2.extractChannel(image, 3)
    colours = cv2.cvtColor(image, cv2.COLOR_BGRA2BGR)
    if clear.min() == 255:
        return np.asarray(colours, np.uint8)
    # libtiff's 8-bit reader multiplies on its own, whatever the file says.
    premultiplied = header.alpha is Alpha.PREMULTIPLIED or (header.format is Format.TIFF and header.depth == 8)
    visible = cv2.mean(cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY), mask=clear)[0]
    paper = 0.0 if visible > _LIGHT else 255.0
    for top in range(0, image.shape[0], _BAND):
        rows = slice(top, top + _BAND)
        opacity = clear[rows, :, None].astype(np.float32) / 255
        ink = colours[rows].astype(np.float32)
        mixed = (ink if premultiplied else ink * opacity) + paper * (1 - opacity)
        colours[rows] = np.clip(np.rint(mixed), 0, 255)
    return np.asarray(colours, np.uint8)


def _upright(image: Pixels, header: Header) -> Pixels:
    """Turn the picture as its EXIF orientation says."""
    if header.format is Format.TIFF or header.orientation == 1:
        return image
    turned = {
        2: lambda: cv2.flip(image, 1),
        3: lambda: cv2.rotate(image, cv2.ROTATE_180),
        4: lambda: cv2.flip(image, 0),
        5: lambda: cv2.transpose(image),
        6: lambda: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
        7: lambda: cv2.rotate(cv2.transpose(image), cv2.ROTATE_180),
        8: lambda: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
    }[header.orientation]()
    return np.asarray(turned, np.uint8)
