"""All pictures that are refused, by name, with the words that say why."""

import functools
from dataclasses import dataclass

import cv2
import numpy as np

from edged.errors import FrameError, FrameFailed, FrameIncomplete, FrameRejected
from tests.doubles.pictures import bmp, jpeg, png, tiff, webp
from tests.doubles.pictures.base import HEIGHT, WIDTH, encode, grey_scene, scene
from tests.doubles.pictures.tiff import Page


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A picture that is not read, and why."""

    name: str
    data: bytes
    error: type[FrameError]
    says: str


@functools.cache
def refused() -> tuple[Refused, ...]:
    """Every picture that is refused, and the words that say why."""
    s, g = scene(), grey_scene()
    r, ink = png.rgb(s), [255 - s[:, :, i] for i in (2, 1, 0, 0)]
    masks = (0xFF, 0xFF00, 0xFF0000)
    quads = bmp.padded(np.dstack([s, g])[::-1].reshape(HEIGHT, -1))
    start = jpeg.jpeg(s)
    grey = {"samples": g >> 4, "photometric": 1}
    rejected = {
        "JPEG CMYK without Adobe": (jpeg.four_components(ink, transform=None), "Adobe"),
        "JPEG arithmetic": (start.replace(b"\xff\xc0", b"\xff\xc9"), "arithmetic"),
        "JPEG lossless": (start.replace(b"\xff\xc0", b"\xff\xc3"), "lossless"),
        "JPEG hierarchical": (start.replace(b"\xff\xc0", b"\xff\xc5"), "hierarchical"),
        "JPEG 12 bit": (start.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"), "12 bits"),
        "BMP odd masks": (bmp.bmp(quads, WIDTH, HEIGHT, 32, compression=3, masks=masks), "masks"),
        "BMP with a JPEG inside": (bmp.bmp(start, WIDTH, HEIGHT, 24, compression=4), "compression 4"),
        "TIFF 4 bit grey": (tiff.tiff(Page(depth=4, **grey)), "4 bits"),
        "TIFF float": (tiff.tiff(Page(samples=r / 255, depth=32, sample_format=3)), "floating"),
        "TIFF 32 bit": (tiff.tiff(Page(samples=r, depth=32)), "32 bits"),
        "TIFF signed": (tiff.tiff(Page(samples=r, sample_format=2)), "signed"),
        "TIFF Lab": (tiff.tiff(Page(samples=r, photometric=8)), "colour space 8"),
        "TIFF grey with alpha": (tiff.tiff(Page(samples=np.dstack([g, g]), photometric=1, more={338: (3, (2,))})), "transparency"),
        "TIFF two pages": (tiff.tiff(Page(samples=r), Page(samples=r)), "2 pictures"),
        "DNG": (tiff.tiff(Page(samples=r, more={50706: (1 + 2, (1,))})), "raw"),
        "WebP animated": (webp.animation([s, s[::-1].copy()]), "2 pictures"),
        "APNG": (webp.animation([s, s[::-1].copy()], ".png"), "2 pictures"),
        "GIF": (encode(".gif", s), "GIF"),
        "JPEG 2000": (encode(".jp2", s), "JPEG 2000"),
        "HEIC": (b"\0\0\0\x18ftypheic" + bytes(40), "HEIC"),
        "PDF": (b"%PDF-1.7\n%...", "PDF"),
        "Word": (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", "Office"),
        "zip": (b"PK\x03\x04" + bytes(26) + b"a.jpg", "zip"),
        "old Word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "Office"),
        "SVG": (b"<?xml version='1.0'?><svg/>", "SVG"),
        "text": (b"LOT A17\n", "text"),
        "noise": (b"\x07\x83\x99" * 20, "unknown"),
    }
    broken = bytearray(png.png(r, colour=2))
    broken[60] ^= 1
    short = png.header(WIDTH, HEIGHT, 8, 2) + png.chunk(b"IDAT", b"\x78\x9c\x03\x00\x00\x00\x00\x01") + png.chunk(b"IEND")
    failed = {
        "PNG wrong CRC": (bytes(broken), "CRC"),
        "PNG without rows": (short, "cannot be decoded"),
        "PNG of no width": (png.header(0, 5, 8, 2) + png.chunk(b"IDAT", b"") + png.chunk(b"IEND"), "0x5"),
        "JPEG hole between restarts": (_hole(), "restart"),
        "JPEG without a picture": (b"\xff\xd8\xff\xd9", "without a picture"),
        "WebP cut inside its chunk": (webp.riff(webp.chunk(b"VP8L", webp.lossless(s)[20:80])), "cannot be decoded"),
    }
    cut = {
        "empty": (b"", "empty"),
        "one byte": (b"\xff", "after byte 1"),
        "zeros": (bytes(4096), "zero"),
        "PNG with a tail of zeros": (png.png(r, colour=2)[:150].ljust(9000, b"\0"), "zeros"),
        "JPEG with a tail of zeros": (start[:-100].ljust(5000, b"\0"), "end marker"),
    }
    return (
        *(Refused(name=name, data=data, error=FrameRejected, says=says) for name, (data, says) in rejected.items()),
        *(Refused(name=name, data=data, error=FrameFailed, says=says) for name, (data, says) in failed.items()),
        *(Refused(name=name, data=data, error=FrameIncomplete, says=says) for name, (data, says) in cut.items()),
    )


def _hole() -> bytes:
    """A JPEG that lost what lies between two of its restart markers, but not its end."""
    data = jpeg.jpeg(scene(), cv2.IMWRITE_JPEG_RST_INTERVAL, 1)
    return data[: data.index(b"\xff\xd2")] + data[data.index(b"\xff\xd4") :]
