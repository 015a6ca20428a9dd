"""What the parsers say of whole pictures, and how they stay bounded on hostile ones."""

import itertools
import struct

import cv2
import numpy as np
import pytest

from edged.errors import FrameFailed, FrameIncomplete, FrameRejected
from edged.flow.formats import Alpha, Format, inspect
from edged.flow.formats.exif import orientation
from tests.doubles.pictures import bmp, jpeg, png, tiff, webp
from tests.doubles.pictures.base import HEIGHT, WIDTH, exif, grey_scene, scene, stored_for
from tests.doubles.pictures.tiff import Page


def test_sizes_are_those_of_the_stored_picture() -> None:
    """Width and height come as stored, beside the orientation that turns them."""
    stored = stored_for(6, scene())
    header = inspect(jpeg.with_exif(jpeg.jpeg(stored), 6))
    assert (header.format, header.width, header.height, header.orientation) == (Format.JPEG, HEIGHT, WIDTH, 6)


def test_depth_colour_and_alpha_are_told() -> None:
    """A 16-bit picture with transparency says so."""
    rgba = np.dstack([png.rgb(scene()), grey_scene()]).astype(np.uint16) * 257
    header = inspect(png.png(rgba, colour=6, depth=16))
    assert (header.depth, header.colour, header.alpha, header.frames) == (16, "colour", Alpha.STRAIGHT, 1)


def test_the_end_marker_of_a_thumbnail_does_not_end_the_picture() -> None:
    """A file cut right behind its embedded thumbnail is not whole."""
    data = jpeg.with_exif(jpeg.jpeg(scene()), 1, thumbnail=jpeg.jpeg(scene(16, 9)))
    cut = data[: data.index(b"\xff\xd9") + 2]
    with pytest.raises(FrameIncomplete):
        inspect(cut)


def test_two_pictures_in_a_row_are_damage() -> None:
    """A picture that starts again before it ended was glued together by something."""
    plain = jpeg.jpeg(scene())
    with pytest.raises(FrameFailed, match="second picture"):
        inspect(plain[:-2] + plain)


def test_stray_bytes_between_segments_are_damage() -> None:
    """A header that lost or won bytes is not guessed at."""
    plain = jpeg.jpeg(scene())
    with pytest.raises(FrameFailed, match="3 stray bytes at byte 20"):
        inspect(plain[:20] + b"abc" + plain[20:])


@pytest.mark.parametrize("interval", [1, 2, 7])
def test_a_hole_anywhere_between_restart_markers_is_damage(interval: int) -> None:
    """Each single part between two restart markers is missed when it is gone."""
    data = jpeg.jpeg(scene(320, 200), cv2.IMWRITE_JPEG_RST_INTERVAL, interval)
    scan = data.index(b"\xff\xda")
    marks = [i for i in range(scan, len(data) - 1) if data[i] == 0xFF and 0xD0 <= data[i + 1] <= 0xD7]
    assert len(marks) > 8
    for first, second in itertools.pairwise(marks):
        with pytest.raises(FrameFailed, match="restart markers"):
            inspect(data[:first] + data[second:])


def test_thousands_of_scans_are_refused() -> None:
    """A small progressive file must not keep the decoder busy for minutes."""
    data = jpeg.jpeg(grey_scene())
    scan = data[data.index(b"\xff\xda") : -2]
    with pytest.raises(FrameRejected, match="scans"):
        inspect(data[:-2] + scan * 200 + data[-2:])


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff" + b"\xff\x01" * 300_000,
        png.header(9, 9, 8, 2) + png.chunk(b"tEXt") * 150_000,
        webp.riff(webp.vp8x(9, 9, 0), webp.chunk(b"JUNK", b"") * 150_000),
    ],
    ids=["JPEG", "PNG", "WebP"],
)
def test_endless_lists_of_small_parts_are_refused(data: bytes) -> None:
    """The walk over segments or chunks is bounded."""
    with pytest.raises(FrameRejected, match="more than"):
        inspect(data)


def test_a_loop_in_the_chain_of_directories_ends() -> None:
    """A TIFF whose last directory points to its first is judged, not followed for ever."""
    plain = tiff.tiff(Page(samples=scene()), pixels_first=False)
    count = struct.unpack_from("<H", plain, 8)[0]
    looped = bytearray(plain)
    struct.pack_into("<I", looped, 10 + 12 * count, 8)
    assert inspect(bytes(looped)).frames == 1


def test_a_long_chain_of_directories_is_refused() -> None:
    """A thousand pages are counted, not more."""
    pages = [Page(samples=np.zeros((1, 1), np.uint8), photometric=1)] * 1002
    with pytest.raises(FrameRejected, match="1000"):
        inspect(tiff.tiff(*pages))


def test_strips_must_be_complete() -> None:
    """Missing strips, strips of no length and strips that are too short are damage."""
    whole = Page(samples=scene())
    blocks = len(whole.blocks("<"))
    for more in ({279: (tiff.LONG, (0,) * blocks)}, {279: (tiff.LONG, (1,) * blocks)}, {273: (tiff.LONG, (8,))}):
        with pytest.raises(FrameFailed, match="strips"):
            inspect(tiff.tiff(Page(samples=scene(), more=more)))


def test_a_file_that_only_starts_like_a_bitmap_is_rejected() -> None:
    """A text that begins with BM is no picture."""
    with pytest.raises(FrameRejected, match="letters BM"):
        inspect(b"BMW 320d, delivered on Monday")


def test_pixels_inside_the_header_are_damage() -> None:
    """A bitmap whose pixels start within its own header contradicts itself."""
    data = bytearray(bmp.bmp(b"\x01" * 400, 10, 10, 24))
    struct.pack_into("<I", data, 10, 20)
    with pytest.raises(FrameFailed, match="inside its header"):
        inspect(bytes(data))


def test_a_canvas_of_another_size_is_damage() -> None:
    """An extended WebP must declare the size of its picture."""
    with pytest.raises(FrameFailed, match="canvas"):
        inspect(webp.extended(webp.lossless(scene()), WIDTH + 1, HEIGHT))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_orientation_is_read_in_both_byte_orders(order: str, prefix: bytes) -> None:
    """All eight values come back, with and without the prefix that some writers add."""
    assert [orientation(prefix + exif(turn, order=order)) for turn in range(1, 9)] == list(range(1, 9))
    assert orientation(prefix + exif(6, order=order)[:-4]) == 6  # the block may end with its last tag


@pytest.mark.parametrize("turn", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_upright(turn: int) -> None:
    """Values beyond 1 to 8 are taken as 1."""
    assert orientation(exif(turn)) == 1
