"""Hostile bytes raise frame errors and nothing else."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edged.errors import FrameError
from edged.flow.formats import Header, inspect
from edged.flow.formats.exif import orientation
from tests.doubles.pictures.catalogue import readable

MAGICS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"RIFF\x40\0\0\0WEBP"]
FEW = settings(max_examples=400)


def judged(data: bytes) -> None:
    """Inspect; anything but a header or a frame error fails the test."""
    try:
        header = inspect(data)
    except FrameError as error:
        assert error.hint  # noqa: PT017  # every refusal says what to do
        return
    assert isinstance(header, Header)
    assert header.width > 0
    assert header.height > 0
    assert 1 <= header.orientation <= 8


@FEW
@given(start=st.sampled_from(MAGICS), rest=st.binary(max_size=400))
def test_random_bytes_raise_frame_errors_only(start: bytes, rest: bytes) -> None:
    """Any bytes behind any magic are judged without another exception."""
    judged(start + rest)


@FEW
@given(
    which=st.integers(0, len(readable()) - 1),
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12),
    near=st.booleans(),
)
def test_mutated_pictures_raise_frame_errors_only(which: int, edits: list[tuple[float, int]], near: bool) -> None:
    """Bytes changed anywhere, or in the first 120, where headers stand, are judged without another exception."""
    data = bytearray(readable()[which].data)
    for place, value in edits:
        data[int(place * (min(120, len(data)) if near else len(data)))] = value
    judged(bytes(data))


@FEW
@given(which=st.integers(0, len(readable()) - 1), cut=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_pictures_with_a_hole_raise_frame_errors_only(which: int, cut: tuple[float, float]) -> None:
    """A part taken out of the middle is judged without another exception."""
    data = readable()[which].data
    first, second = sorted(int(place * len(data)) for place in cut)
    judged(data[:first] + data[second:])


@FEW
@given(start=st.sampled_from([b"", b"II*\0", b"MM\0*", b"Exif\0\0II*\0\x08\0\0\0"]), rest=st.binary(max_size=120))
def test_any_exif_block_gives_an_orientation(start: bytes, rest: bytes) -> None:
    """EXIF never raises and never leaves 1 to 8."""
    assert 1 <= orientation(start + rest) <= 8
