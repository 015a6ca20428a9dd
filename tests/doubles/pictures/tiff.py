"""TIFF written by hand: both byte orders, classic and Big, strips, tiles, planes, pages."""

import struct
import zlib
from dataclasses import dataclass, field

import numpy as np

SHORT, LONG, LONG8 = 3, 4, 16
WIDTHS = {SHORT: 2, LONG: 4, LONG8: 8}
CODES = {SHORT: "H", LONG: "I", LONG8: "Q"}
NONE, LZW, JPEG, DEFLATE, PACKBITS = 1, 5, 7, 8, 32773


def packbits(raw: bytes) -> bytes:
    """Literal runs only: valid, if not small."""
    return b"".join(bytes([len(raw[i : i + 128]) - 1]) + raw[i : i + 128] for i in range(0, len(raw), 128))


PACK = {NONE: bytes, DEFLATE: zlib.compress, PACKBITS: packbits}


@dataclass(kw_only=True)
class Page:
    """One picture of the file; samples are H x W (x C) in RGB order."""

    samples: np.ndarray
    photometric: int = 2
    depth: int = 8
    compression: int = NONE
    rows_per_strip: int = 16
    tile: int = 0
    planar: int = 1
    orientation: int = 1
    sample_format: int = 1
    more: dict[int, tuple[int, tuple[int, ...]]] = field(default_factory=dict)

    def raw(self, part: np.ndarray, order: str) -> bytes:
        """Bytes of one strip or tile before compression."""
        flat = part.reshape(part.shape[0], -1)
        if self.sample_format == 3:
            return flat.astype(order + "f4").tobytes()
        if self.depth >= 16:
            return flat.astype(f"{order}u{self.depth // 8}").tobytes()
        if self.depth == 8:
            return flat.astype(np.uint8).tobytes()
        bits = ((flat[:, :, None].astype(np.uint8) >> np.arange(self.depth - 1, -1, -1)) & 1).reshape(flat.shape[0], -1)
        return np.packbits(bits, axis=1).tobytes()

    def blocks(self, order: str) -> list[bytes]:
        """Compressed strips or tiles, in file order."""
        cube = self.samples.reshape(self.samples.shape[0], self.samples.shape[1], -1)
        planes = [cube] if self.planar == 1 else [cube[:, :, c : c + 1] for c in range(cube.shape[2])]
        parts: list[np.ndarray] = []
        for plane in planes:
            if self.tile:
                high, wide = (-plane.shape[0] % self.tile, -plane.shape[1] % self.tile)
                full = np.pad(plane, ((0, high), (0, wide), (0, 0)))
                for y in range(0, full.shape[0], self.tile):
                    parts += [full[y : y + self.tile, x : x + self.tile] for x in range(0, full.shape[1], self.tile)]
            else:
                parts += [plane[y : y + self.rows_per_strip] for y in range(0, plane.shape[0], self.rows_per_strip)]
        return [PACK[self.compression](self.raw(part, order)) for part in parts]

    def tags(self, offsets: list[int], counts: list[int], wide: int) -> dict[int, tuple[int, tuple[int, ...]]]:
        """Tag -> (type, values)."""
        channels = self.samples.reshape(self.samples.shape[0], self.samples.shape[1], -1).shape[2]
        found: dict[int, tuple[int, tuple[int, ...]]] = {
            256: (LONG, (self.samples.shape[1],)),
            257: (LONG, (self.samples.shape[0],)),
            258: (SHORT, (self.depth,) * channels),
            259: (SHORT, (self.compression,)),
            262: (SHORT, (self.photometric,)),
            274: (SHORT, (self.orientation,)),
            277: (SHORT, (channels,)),
            284: (SHORT, (self.planar,)),
            339: (SHORT, (self.sample_format,) * channels),
        }
        if self.tile:
            found |= {322: (LONG, (self.tile,)), 323: (LONG, (self.tile,))}
            found |= {324: (wide, tuple(offsets)), 325: (wide, tuple(counts))}
        else:
            found |= {278: (LONG, (self.rows_per_strip,)), 273: (wide, tuple(offsets)), 279: (wide, tuple(counts))}
        return dict(sorted((found | self.more).items()))


def tiff(*pages: Page, order: str = "<", big: bool = False, pixels_first: bool = True) -> bytes:
    """The file; with *pixels_first* every IFD stands behind its pixels, as libtiff writes it."""
    pointer = "Q" if big else "I"
    mark = b"II" if order == "<" else b"MM"
    out = bytearray(mark + struct.pack(order + "H", 43 if big else 42))
    out += struct.pack(order + "HH", 8, 0) if big else b""
    link = len(out)
    out += struct.pack(order + pointer, 0)
    for page in pages:
        blocks = page.blocks(order)
        wide = LONG8 if big else LONG
        size = len(directory(page.tags([0] * len(blocks), [0] * len(blocks), wide), 0, order, big=big)[0])
        blocks = [b + bytes(len(b) % 2) for b in blocks[:-1]] + [blocks[-1] + bytes(len(blocks[-1]) % 2 * pixels_first)]
        total = sum(map(len, blocks))
        ifd_at = len(out) + total if pixels_first else len(out)
        at = len(out) if pixels_first else len(out) + size
        offsets = []
        body = bytearray()
        for block in blocks:
            offsets.append(at + len(body))
            body += block
        ifd, next_link = directory(page.tags(offsets, [len(b) for b in blocks], wide), ifd_at, order, big=big)
        struct.pack_into(order + pointer, out, link, ifd_at)
        out += bytes(body) + ifd if pixels_first else ifd + bytes(body)
        link = ifd_at + next_link
    return bytes(out)


def directory(tags: dict[int, tuple[int, tuple[int, ...]]], at: int, order: str, *, big: bool) -> tuple[bytes, int]:
    """An IFD with its values behind it, and where in it the link to the next stands."""
    count, pointer, room = ("Q", "Q", 8) if big else ("H", "I", 4)
    entry = 4 + 2 * room
    table = bytearray(struct.pack(order + count, len(tags)))
    link = len(table) + entry * len(tags)
    values_at = link + room
    values = bytearray()
    for tag, (kind, numbers) in tags.items():
        packed = struct.pack(f"{order}{len(numbers)}{CODES[kind]}", *numbers)
        table += struct.pack(order + "HH" + pointer, tag, kind, len(numbers))
        if len(packed) <= room:
            table += packed.ljust(room, b"\0")
        else:
            table += struct.pack(order + pointer, at + values_at + len(values))
            values += packed + bytes(len(packed) % 2)
    return bytes(table) + struct.pack(order + pointer, 0) + bytes(values), link
