"""Decoding: what is refused before OpenCV sees it, and what is made of its answers."""

import subprocess
import sys
import tracemalloc

import cv2
import numpy as np
import pytest

from edged.config import LimitsSection
from edged.errors import FrameFailed, FrameIncomplete, FrameRejected
from edged.flow import decode as door
from edged.flow.decode import MAX_PIXELS, MAX_SIDE, decode, limit_threads
from tests.doubles.pictures import jpeg, png
from tests.doubles.pictures.base import grey_scene, scene

LIMITS = LimitsSection()


@pytest.fixture
def untouchable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that must not be called."""

    def fail(*_: object) -> None:
        pytest.fail("the decoder was called")

    monkeypatch.setattr(door.cv2, "imdecode", fail)


@pytest.mark.usefixtures("untouchable")
def test_a_small_file_that_declares_a_huge_picture_is_refused_from_its_header() -> None:
    """50 kB that declare 60,000 x 60,000 pixels cost neither a decoding nor memory."""
    data = png.bomb()
    assert len(data) < 60_000
    tracemalloc.start()
    try:
        with pytest.raises(FrameRejected, match="60000x60000"):
            decode(data, LIMITS)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("untouchable")
@pytest.mark.parametrize(
    ("data", "error"),
    [(bytes(LIMITS.max_file_bytes + 1), FrameRejected), (b"%PDF-1.4", FrameRejected), (jpeg.jpeg(scene())[:-1], FrameIncomplete)],
    ids=["too many bytes", "no picture", "cut"],
)
def test_what_its_structure_refuses_is_never_decoded(data: bytes, error: type[Exception]) -> None:
    """Too large, foreign and cut files end before the decoder."""
    with pytest.raises(error):
        decode(data, LIMITS)


@pytest.mark.parametrize(
    "answer",
    [
        lambda *_: None,
        lambda *_: np.zeros((37, 61, 3), np.float32),
        lambda *_: np.zeros((37, 60, 3), np.uint8),
        lambda *_: cv2.cvtColor(np.zeros((0, 0, 3), np.uint8), cv2.COLOR_BGR2GRAY),
    ],
    ids=["nothing", "floats", "another size", "an error"],
)
def test_a_wrong_answer_of_the_decoder_fails_the_frame(answer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """None, odd pixels, another size and an exception of OpenCV all end in FrameFailed with advice."""
    data = jpeg.jpeg(scene())
    monkeypatch.setattr(door.cv2, "imdecode", answer)
    with pytest.raises(FrameFailed) as caught:
        decode(data, LIMITS)
    assert "61x37" in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0)])
def test_text_on_a_clear_background_stands_out(ink: int, paper: int) -> None:
    """Dark text lies on white, light text on black, whatever colour hides under the clear pixels."""
    opacity = np.where(grey_scene() > 120, 255, 0).astype(np.uint8)
    samples = np.full((*opacity.shape, 4), paper, np.uint8)
    samples[opacity == 255] = ink
    samples[:, :, 3] = opacity
    image = decode(png.png(samples, colour=6), LIMITS).image
    assert (image[opacity == 255] == ink).all()
    assert (image[opacity == 0] == paper).all()


def test_a_single_pixel_and_a_thin_line_are_decoded() -> None:
    """The smallest picture and one of 1 x 16384 are pictures; reading them is another matter."""
    for width, height in ((1, 1), (16_384, 1), (1, 16_384)):
        found = decode(png.png(np.zeros((height, width), np.uint8), colour=0), LIMITS)
        assert (found.width, found.height) == (width, height)


def test_the_second_wall_is_where_the_configuration_ends() -> None:
    """OpenCV's own limits equal the largest that may be configured."""
    fields = LimitsSection.model_fields
    largest = {name: next(m.le for m in fields[name].metadata if hasattr(m, "le")) for name in ("max_pixels", "max_side")}
    assert largest == {"max_pixels": MAX_PIXELS, "max_side": MAX_SIDE}


def test_opencv_reads_our_limits_when_the_door_is_opened_first() -> None:
    """In a fresh process OpenCV itself refuses what is over the second wall, silently."""
    program = (
        "import numpy as np, sys; from edged.flow import decode; import cv2\n"
        "try: cv2.imdecode(np.frombuffer(sys.stdin.buffer.read(), np.uint8), 1); print('taken')\n"
        "except cv2.error as error: print('WIDTH' if 'IMAGE_WIDTH' in str(error) else error)"
    )
    data = png.png(np.zeros((1, MAX_SIDE + 1), np.uint8), colour=0)
    done = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == (b"WIDTH\n", b"")


def test_threads_are_limited_on_request() -> None:
    """OpenCV uses as many threads as it is given."""
    before = cv2.getNumThreads()
    try:
        limit_threads(1)
        assert cv2.getNumThreads() == 1
    finally:
        limit_threads(before)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_jpeg_is_decoded_in_place(orientation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the pixels that a small one would have, and after room was asked for."""
    data = jpeg.with_exif(jpeg.jpeg(scene()), orientation)
    expected, asked = decode(data, LIMITS).image, list[int]()
    monkeypatch.setattr(door, "LARGE", 0)
    monkeypatch.setattr(door.cv2, "imdecode", lambda *_: pytest.fail("it would be there twice"))
    assert np.array_equal(decode(data, LIMITS, asked.append).image, expected)
    assert asked == [expected.shape[0] * expected.shape[1]]


def test_a_large_jpeg_that_cannot_be_decoded_fails_the_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a small one does."""
    monkeypatch.setattr(door, "LARGE", 0)
    monkeypatch.setattr(door.cv2, "imread", lambda *_: None)
    with pytest.raises(FrameFailed, match="cannot be decoded"):
        decode(jpeg.jpeg(scene()), LIMITS)
