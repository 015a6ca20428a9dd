"""TIFF and BigTIFF: the chain of directories, and whether every strip or tile is within the file.

Only the first picture is proved whole: files with more than one are refused by their count anyway.
Damage inside a compressed strip is not seen here, and OpenCV paints over it.
"""

from collections.abc import Mapping

from edged.flow.formats.header import Alpha, Format, Header, damaged, incomplete, unsupported
from edged.flow.formats.tiff_directory import Directories, Directory

_SUBFILE, _WIDTH, _HEIGHT, _DEPTH, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIPS, _ORIENTATION, _SAMPLES, _ROWS, _STRIP_BYTES, _PLANAR = 273, 274, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES, _EXTRA, _KIND = 322, 323, 324, 325, 338, 339
_RAW = 50706  # DNGVersion
WANTED = frozenset(
    (
        *(_SUBFILE, _WIDTH, _HEIGHT, _DEPTH, _COMPRESSION, _PHOTOMETRIC),
        *(_STRIPS, _ORIENTATION, _SAMPLES, _ROWS, _STRIP_BYTES, _PLANAR),
        *(_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES, _EXTRA, _KIND, _RAW),
    )
)
_COLOURS = {0: "grey", 1: "grey", 2: "colour", 3: "palette", 5: "CMYK", 6: "colour"}
_COMPRESSIONS = {1, 2, 3, 4, 5, 7, 8, 32773, 32946}  # none, CCITT, LZW, JPEG, Deflate, PackBits
_DEPTHS = {"grey": {1, 8, 16}, "palette": {1, 4, 8}, "colour": {8, 16}, "CMYK": {8}}
_MAX_PAGES = 1000
_REDUCED = 1  # bit of _SUBFILE: a small copy of another picture in the file


def parse(data: bytes) -> Header:
    """Follow the chain of directories and return the header of the first."""
    directories = Directories(data)
    first, following = directories.read(directories.first, WANTED)
    header = _describe(first)
    _prove_whole(first, header, len(data))
    frames, seen = 1, {directories.first}
    while following and following not in seen:  # a chain that bites its tail ends there
        seen.add(following)
        if len(seen) > _MAX_PAGES:
            raise unsupported(Format.TIFF, f"more than {_MAX_PAGES} pictures", hint="split it into one file per picture")
        page, following = directories.read(following, frozenset((_SUBFILE,)))
        frames += not _one(page, _SUBFILE, 0) & _REDUCED
    return Header(
        format=Format.TIFF,
        width=header.width,
        height=header.height,
        depth=header.depth,
        colour=header.colour,
        alpha=header.alpha,
        orientation=header.orientation,
        frames=frames,
    )


def _one(directory: Mapping[int, tuple[int, ...]], tag: int, default: int) -> int:
    """First value of *tag*."""
    values = directory.get(tag)
    return values[0] if values else default


def _describe(page: Directory) -> Header:
    """Refuse what is not read; else the header, of one frame."""
    if _RAW in page or _one(page, _SUBFILE, 0) & _REDUCED:
        raise unsupported(Format.TIFF, "a camera raw file", hint="develop it and save it as PNG or JPEG")
    compression = _one(page, _COMPRESSION, 1)
    if compression not in _COMPRESSIONS:
        raise unsupported(Format.TIFF, f"compression {compression}", hint="save it with LZW, Deflate or without compression")
    photometric, depth = _one(page, _PHOTOMETRIC, -1), _one(page, _DEPTH, 1)
    colour = _COLOURS.get(photometric)
    if colour is None:
        raise unsupported(Format.TIFF, f"colour space {photometric}", hint="save it as grey or RGB")
    if any(kind not in (1, 4) for kind in page.get(_KIND, ())):
        raise unsupported(Format.TIFF, "samples that are signed or floating point", hint="save it with 8 or 16 bits per sample")
    if depth not in _DEPTHS[colour] or any(bits != depth for bits in page.get(_DEPTH, ())):
        raise unsupported(Format.TIFF, f"{colour} with {depth} bits per sample", hint="save it with 8 or 16 bits per sample")
    return Header(
        format=Format.TIFF,
        width=_one(page, _WIDTH, 0),
        height=_one(page, _HEIGHT, 0),
        depth=depth,
        colour=colour,
        alpha=_alpha(page, colour),
        orientation=_orientation(page),
    )


def _orientation(page: Directory) -> int:
    """Orientation 1..8."""
    value = _one(page, _ORIENTATION, 1)
    return value if 1 <= value <= 8 else 1


def _alpha(page: Directory, colour: str) -> Alpha:
    """What the samples beyond the colours mean."""
    extra = _one(page, _EXTRA, 0)
    if extra == 0:
        return Alpha.NONE
    if colour != "colour" or _one(page, _PLANAR, 1) != 1:
        raise unsupported(Format.TIFF, f"{colour} with transparency", hint="save it without transparency, or as PNG")
    return Alpha.PREMULTIPLIED if extra == 1 else Alpha.STRAIGHT


def _prove_whole(page: Directory, header: Header, size: int) -> None:
    """Every strip or tile must be there, and within the file."""
    tiled = _TILES in page
    offsets = page.get(_TILES if tiled else _STRIPS, ())
    counts = page.get(_TILE_BYTES if tiled else _STRIP_BYTES, ())
    wanted = _blocks(page, header, tiled=tiled)
    what = "tiles" if tiled else "strips"
    if len(offsets) < wanted or len(counts) < wanted:
        raise damaged(Format.TIFF, f"{wanted} {what} belong there, {len(offsets)} places and {len(counts)} lengths are given")
    if not all(offsets[:wanted]) or not all(counts[:wanted]):
        raise damaged(Format.TIFF, f"one of its {what} was never written")
    last = max(map(sum, zip(offsets[:wanted], counts[:wanted], strict=True)))
    if last > size:
        raise incomplete(Format.TIFF, f"its {what} reach to byte {last}, the file ends at {size}")
    if not tiled and _one(page, _COMPRESSION, 1) == 1:
        _prove_rows(page, header, sum(counts[:wanted]))


def _blocks(page: Directory, header: Header, *, tiled: bool) -> int:
    """How many strips or tiles the picture has."""
    planes = _one(page, _SAMPLES, 1) if _one(page, _PLANAR, 1) == 2 else 1
    wide = _one(page, _TILE_WIDTH, 0) if tiled else max(header.width, 1)
    high = _one(page, _TILE_HEIGHT, 0) if tiled else _one(page, _ROWS, max(header.height, 1))
    if min(wide, high, header.width, header.height, planes) < 1:
        raise damaged(Format.TIFF, f"{header.width}x{header.height} pixels in blocks of {wide}x{high}")
    return -(-header.width // wide) * -(-header.height // high) * planes


def _prove_rows(page: Directory, header: Header, present: int) -> None:
    """Uncompressed strips must hold every row."""
    samples = _one(page, _SAMPLES, 1)
    if _one(page, _PHOTOMETRIC, 0) == 6:
        return  # subsampled colours take less than their samples say; libtiff checks them
    planes = samples if _one(page, _PLANAR, 1) == 2 else 1
    row = -(-header.width * (samples // planes) * header.depth // 8)
    wanted = row * header.height * planes
    if present < wanted:
        raise damaged(Format.TIFF, f"its strips hold {present} bytes where {wanted} belong")
