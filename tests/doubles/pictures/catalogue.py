"""All pictures that must be read, by name, with what must come out."""

import functools
import struct
from dataclasses import dataclass

import cv2
import numpy as np

from tests.doubles.pictures import bmp, jpeg, png, tiff, webp
from tests.doubles.pictures.base import HEIGHT, WIDTH, Samples, as_bgr, encode, exif, grey_scene, scene, stored_for
from tests.doubles.pictures.tiff import Page

LOSSY = 9  # levels; of a smooth picture at quality 95


@dataclass(frozen=True, kw_only=True)
class Readable:
    """A picture that is read, and the plain 8-bit picture that it equals."""

    name: str
    data: bytes
    expected: Samples
    tolerance: int = 0
    end: int | None = None  # bytes behind it do not belong to the picture


def spread(samples: np.ndarray, depth: int) -> Samples:
    """Few bits on the whole range, as BGR."""
    return as_bgr((samples.astype(np.uint16) * 255 // (2**depth - 1)).astype(np.uint8))


def palette(count: int) -> np.ndarray:
    """N x 3 colours without order."""
    return np.random.default_rng(count).integers(0, 256, (count, 3)).astype(np.uint8)


def on_paper(image: Samples, opacity: Samples, paper: int) -> Samples:
    """The picture as it looks on white or black paper."""
    share = opacity[:, :, None] / 255
    return np.rint(image * share + paper * (1 - share)).astype(np.uint8)


def _jpegs() -> list[Readable]:
    s, g = scene(), grey_scene()
    plain, thumbnail = jpeg.jpeg(s), jpeg.jpeg(scene(16, 9))
    ink = 255 - s
    planes = [ink[:, :, 2], ink[:, :, 1], ink[:, :, 0], np.zeros_like(g)]
    ycc = cv2.cvtColor(ink, cv2.COLOR_BGR2YCrCb)
    ycck = [ycc[:, :, 0], ycc[:, :, 2], ycc[:, :, 1], np.full_like(g, 255)]
    found = {
        "baseline": plain,
        "progressive": jpeg.jpeg(s, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        "restart markers": jpeg.jpeg(s, cv2.IMWRITE_JPEG_RST_INTERVAL, 1),
        "progressive with restarts": jpeg.jpeg(s, cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
        "full chroma": jpeg.jpeg(s, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
        "fill bytes": jpeg.fill_bytes(plain),
        "thumbnail": jpeg.with_exif(plain, 1, thumbnail=thumbnail),
        "thumbnail in a comment": jpeg.with_segment(plain, jpeg.segment(0xFE, thumbnail)),
        "broken EXIF": jpeg.with_segment(plain, jpeg.segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\x7f")),
        "CMYK": jpeg.four_components([255 - p for p in planes], transform=0),
        "YCCK": jpeg.four_components(ycck, transform=2),
    }
    pictures = [Readable(name=f"JPEG {name}", data=data, expected=s, tolerance=LOSSY) for name, data in found.items()]
    pictures.append(Readable(name="JPEG trailing bytes", data=plain + b"junk\xff\xd8\xff", expected=s, tolerance=LOSSY, end=len(plain)))
    pictures.append(Readable(name="JPEG grey", data=jpeg.jpeg(g), expected=as_bgr(g), tolerance=LOSSY))
    for turn in range(1, 9):
        turned = jpeg.with_exif(jpeg.jpeg(stored_for(turn, s)), turn, order="<>"[turn % 2], thumbnail=thumbnail)
        pictures.append(Readable(name=f"JPEG orientation {turn}", data=turned, expected=s, tolerance=LOSSY))
    return pictures


def _pngs() -> list[Readable]:
    s, g = scene(), grey_scene()
    r = png.rgb(s)
    wide, opacity = r.astype(np.uint16) * 257, g
    paper = on_paper(s, opacity, 255)
    found = [
        Readable(name="PNG", data=png.png(r, colour=2), expected=s),
        Readable(name="PNG many chunks", data=png.png(r, colour=2, idat=7), expected=s),
        Readable(name="PNG interlaced", data=png.png(r, colour=2, interlaced=True), expected=s),
        Readable(name="PNG 16 bit", data=png.png(wide, colour=2, depth=16), expected=s, tolerance=1),
        Readable(name="PNG 16 bit interlaced", data=png.png(wide, colour=2, depth=16, interlaced=True), expected=s, tolerance=1),
        Readable(name="PNG grey 16 bit", data=png.png(g.astype(np.uint16) * 257, colour=0, depth=16), expected=as_bgr(g), tolerance=1),
        Readable(name="PNG clear colour", data=_keyed(r), expected=_cleared(s)),
        Readable(name="PNG grey with alpha", data=png.png(np.dstack([g, g]), colour=4), expected=on_paper(as_bgr(g), g, 255), tolerance=1),
        Readable(name="PNG alpha", data=png.png(np.dstack([r, g]), colour=6), expected=paper, tolerance=1),
        Readable(
            name="PNG alpha 16 bit", data=png.png(np.dstack([wide, g * np.uint16(257)]), colour=6, depth=16), expected=paper, tolerance=1
        ),
        Readable(
            name="PNG opaque alpha 16 bit", data=png.png(np.dstack([wide, wide[:, :, 0] * 0 + 65535]), colour=6, depth=16), expected=s
        ),
        Readable(name="PNG opaque alpha", data=png.png(np.dstack([r, np.full_like(g, 255)]), colour=6), expected=s),
    ]
    for depth in (1, 2, 4, 8):
        few, colours = g >> (8 - depth), palette(2**depth)
        plte = png.chunk(b"PLTE", colours[:, ::-1].tobytes())
        found += [
            Readable(name=f"PNG grey {depth} bit", data=png.png(few, colour=0, depth=depth), expected=spread(few, depth)),
            Readable(name=f"PNG palette {depth} bit", data=png.png(few, colour=3, depth=depth, before=plte), expected=colours[few]),
        ]
    clear = png.chunk(b"PLTE", bytes(6)) + png.chunk(b"tRNS", b"\xff\0")
    ink = g >> 7
    found.append(Readable(name="PNG palette clear", data=png.png(ink, colour=3, depth=1, before=clear), expected=spread(ink, 1)))
    for turn in (1, 3, 6, 8):
        chunk = png.chunk(b"eXIf", exif(turn, order=">"))
        found.append(
            Readable(name=f"PNG orientation {turn}", data=png.png(png.rgb(stored_for(turn, s)), colour=2, before=chunk), expected=s)
        )
    return found


def _keyed(r: np.ndarray) -> bytes:
    """RGB whose first pixel's colour is transparent."""
    return png.png(r, colour=2, before=png.chunk(b"tRNS", struct.pack(">HHH", *r[0, 0].tolist())))


def _cleared(s: Samples) -> Samples:
    """The same on white paper."""
    found = s.copy()
    found[(s == s[0, 0]).all(axis=2)] = 255
    return found


def _bmps() -> list[Readable]:
    s, g = scene(), grey_scene()
    rows, colours, few = bmp.padded(s[::-1].reshape(HEIGHT, -1)), palette(256), palette(16)
    four = np.dstack([s, g])
    quads, plain = bmp.padded(four[::-1].reshape(HEIGHT, -1)), (WIDTH, HEIGHT)
    masks = (0xFF0000, 0xFF00, 0xFF)
    clear = on_paper(s, g, 255)
    exact = {
        "24 bit": (bmp.bmp(rows, *plain, 24), s),
        "without sizes": (bmp.bmp(rows, *plain, 24, declare_size=False), s),
        "OS/2": (bmp.bmp(rows, *plain, 24, header=bmp.CORE), s),
        "V4": (bmp.bmp(rows, *plain, 24, header=bmp.V4), s),
        "V5": (bmp.bmp(rows, *plain, 24, header=bmp.V5), s),
        "top down": (bmp.bmp(bmp.padded(s.reshape(HEIGHT, -1)), *plain, 24, top_down=True), s),
        "32 bit": (bmp.bmp(quads, *plain, 32), s),
        "32 bit masks": (bmp.bmp(quads, *plain, 32, compression=3, masks=masks), s),
        "8 bit": (bmp.bmp(bmp.indexed(g, 8), *plain, 8, palette=colours), colours[g]),
        "8 bit OS/2": (bmp.bmp(bmp.indexed(g, 8), *plain, 8, palette=colours, header=bmp.CORE), colours[g]),
        "8 bit run lengths": (bmp.bmp(bmp.rle8(g), *plain, 8, palette=colours, compression=1), colours[g]),
        "4 bit": (bmp.bmp(bmp.indexed(g >> 4, 4), *plain, 4, palette=few), few[g >> 4]),
        "4 bit run lengths": (bmp.bmp(bmp.rle4(g >> 4), *plain, 4, palette=few, compression=2), few[g >> 4]),
        "1 bit": (bmp.bmp(bmp.indexed(g >> 7, 1), *plain, 1, palette=few[:2]), few[g >> 7]),
    }
    found = [Readable(name=f"BMP {name}", data=data, expected=expected) for name, (data, expected) in exact.items()]
    alpha = bmp.bmp(quads, *plain, 32, header=bmp.V5, compression=3, masks=(*masks, 0xFF000000))
    found.append(Readable(name="BMP alpha", data=alpha, expected=clear, tolerance=1))
    for name, green, fields in (("565", 6, (0xF800, 0x7E0, 0x1F)), ("555", 5, (0x7C00, 0x3E0, 0x1F))):
        data = bmp.bmp(bmp.words(s, red=5, green=green), *plain, 16, compression=3, masks=fields)
        found.append(Readable(name=f"BMP {name}", data=data, expected=s, tolerance=8))
    return found


def _tiffs() -> list[Readable]:
    s, g = scene(), grey_scene()
    r = png.rgb(s)
    wide, big = r.astype(np.uint16) * 257, scene(100, 90)
    lzw = encode(".tif", s, cv2.IMWRITE_TIFF_COMPRESSION, tiff.LZW)
    exact = {
        "little endian": (tiff.tiff(Page(samples=r)), s),
        "big endian": (tiff.tiff(Page(samples=r), order=">"), s),
        "directory first": (tiff.tiff(Page(samples=r), pixels_first=False), s),
        "BigTIFF": (tiff.tiff(Page(samples=r), big=True), s),
        "BigTIFF big endian": (tiff.tiff(Page(samples=r), big=True, order=">"), s),
        "Deflate": (tiff.tiff(Page(samples=r, compression=tiff.DEFLATE)), s),
        "PackBits": (tiff.tiff(Page(samples=r, compression=tiff.PACKBITS), pixels_first=False), s),
        "LZW": (lzw, s),
        "tiles": (tiff.tiff(Page(samples=png.rgb(big), tile=32), pixels_first=False), big),
        "planes": (tiff.tiff(Page(samples=r, planar=2)), s),
        "grey": (tiff.tiff(Page(samples=g, photometric=1)), as_bgr(g)),
        "white is zero": (tiff.tiff(Page(samples=255 - g, photometric=0)), as_bgr(g)),
        "1 bit": (tiff.tiff(Page(samples=g >> 7, depth=1, photometric=1)), spread(g >> 7, 1)),
        "1 bit white is zero": (tiff.tiff(Page(samples=1 - (g >> 7), depth=1, photometric=0)), spread(g >> 7, 1)),
        "fax": (_fax(), np.full((HEIGHT, WIDTH, 3), 255, np.uint8)),
        "16 bit": (tiff.tiff(Page(samples=wide, depth=16)), s),
        "16 bit big endian": (tiff.tiff(Page(samples=wide, depth=16), order=">"), s),
        "CMYK": (tiff.tiff(Page(samples=np.dstack([255 - r, np.zeros_like(g)]), photometric=5)), s),
        "unnamed fourth sample": (tiff.tiff(Page(samples=np.dstack([r, g]))), s),
        "with a thumbnail page": (tiff.tiff(Page(samples=r), Page(samples=r[::2, ::2], more={254: (tiff.LONG, (1,))})), s),
    }
    found = [Readable(name=f"TIFF {name}", data=data, expected=expected, tolerance=1) for name, (data, expected) in exact.items()]
    found[-1] = Readable(name=found[-1].name, data=found[-1].data, expected=s, end=len(tiff.tiff(Page(samples=r))))
    for depth in (4, 8):
        colours, few = palette(2**depth), g >> (8 - depth)
        table = tuple(int(v) * 257 for v in colours[:, ::-1].T.reshape(-1))
        data = tiff.tiff(Page(samples=few, depth=depth, photometric=3, more={320: (tiff.SHORT, table)}))
        found.append(Readable(name=f"TIFF palette {depth} bit", data=data, expected=colours[few]))
    paper = on_paper(s, g, 255)
    inked = np.rint(r * (g[:, :, None] / 255)).astype(np.uint8)
    for depth, factor in ((8, 1), (16, 257)):
        straight = np.dstack([r, g]).astype(np.uint16) * factor
        mixed = np.dstack([inked, g]).astype(np.uint16) * factor
        for name, samples, kind in (("alpha", straight, 2), ("premultiplied", mixed, 1)):
            data = tiff.tiff(Page(samples=samples, depth=depth, more={338: (tiff.SHORT, (kind,))}))
            found.append(Readable(name=f"TIFF {name} {depth} bit", data=data, expected=paper, tolerance=2))
    for turn in range(1, 9):
        data = tiff.tiff(Page(samples=png.rgb(stored_for(turn, s)), orientation=turn))
        found.append(Readable(name=f"TIFF orientation {turn}", data=data, expected=s))
    return found


def _fax() -> bytes:
    """A white page in CCITT group 4: one bit per row (vertical mode 0), then the end of the block."""
    bits = "1" * HEIGHT + "000000000001" * 2
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    blank = Page(samples=np.zeros((HEIGHT, WIDTH), np.uint8), depth=1, photometric=0, rows_per_strip=HEIGHT, compression=tiff.NONE)
    tags = blank.tags([8], [len(packed)], tiff.LONG) | {259: (tiff.SHORT, (4,))}
    at = 8 + len(packed) + len(packed) % 2
    directory, _ = tiff.directory(tags, at, "<", big=False)
    return b"II*\0" + struct.pack("<I", at) + packed + bytes(len(packed) % 2) + directory


def _webps() -> list[Readable]:
    s, g = scene(), grey_scene()
    clear = np.dstack([s, g])
    found = [
        Readable(name="WebP lossy", data=webp.lossy(s), expected=s, tolerance=LOSSY),
        Readable(name="WebP lossless", data=webp.lossless(s), expected=s),
        Readable(name="WebP extended", data=webp.extended(webp.lossy(s), WIDTH, HEIGHT), expected=s, tolerance=LOSSY),
        Readable(name="WebP alpha", data=webp.lossy(clear), expected=on_paper(s, g, 255), tolerance=LOSSY),
        Readable(name="WebP lossless alpha", data=webp.lossless(clear), expected=on_paper(s, g, 255), tolerance=1),
    ]
    for turn in (1, 3, 6, 8):
        stored = stored_for(turn, s)
        data = webp.extended(webp.lossless(stored), stored.shape[1], stored.shape[0], exif=b"Exif\0\0" + exif(turn))
        found.append(Readable(name=f"WebP orientation {turn}", data=data, expected=s))
    return found


@functools.cache
def readable() -> tuple[Readable, ...]:
    """Every picture that is read."""
    return (*_jpegs(), *_pngs(), *_bmps(), *_tiffs(), *_webps())
