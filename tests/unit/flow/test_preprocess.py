from collections.abc import Callable

import cv2
import numpy as np
import pytest

from edged.config import PreprocessSection
from edged.errors import FrameRejected
from edged.flow.preprocess import level, prepare
from edged.flow.preprocess.colour import contrast, fade, grey, invert
from edged.flow.preprocess.deskew import deskew, tilt_of
from edged.flow.preprocess.noise import binarise, denoise
from edged.flow.preprocess.shape import _percentile_95, doubt
from edged.types import Pixels

HEIGHT = 32
NONE = PreprocessSection(**dict.fromkeys(PreprocessSection.model_fields, False))
STEPS = tuple(PreprocessSection.model_fields)


def drawn(*lines: str, size: float = 1.0, pad: int = 8) -> np.ndarray:
    """Black text on white, one row for each line."""
    high = round(22 * size)
    width = max(cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, size, 2)[0][0] for line in lines)
    image = np.full((len(lines) * (high + 2 * pad), width + 2 * pad, 3), 255, np.uint8)
    for row, line in enumerate(lines):
        cv2.putText(image, line, (pad, pad + high + row * (high + 2 * pad)), cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), 2, cv2.LINE_AA)
    return image


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    """Seen by a camera that is not level; grows so that nothing is cut."""
    wide = image.shape[1]
    slope = abs(np.sin(np.radians(degrees)))
    big = cv2.copyMakeBorder(image, *[round(wide * slope / 2)] * 2, 8, 8, cv2.BORDER_REPLICATE)
    turn = cv2.getRotationMatrix2D((big.shape[1] / 2, big.shape[0] / 2), degrees, 1)
    return cv2.warpAffine(big, turn, (big.shape[1], big.shape[0]), borderMode=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(100, 32, 100), (100, 64, 50), (101, 64, 51), (20, 30, 22), (1, 500, 1), (64, 16, 128), (1280, 10, 4096)],
)
def test_the_aspect_is_kept_and_the_width_rounded_up(width: int, height: int, expected: int) -> None:
    """No line is squeezed, however long, and none vanishes."""
    line = prepare(np.full((height, width, 3), 90, np.uint8), NONE, HEIGHT)
    assert line.image.shape == (HEIGHT, expected, 3)
    assert line.image.dtype == np.uint8


def test_the_box_is_the_whole_picture() -> None:
    """Corners run clockwise from the top left, in pixels of the picture as it came, large ones too."""
    line = prepare(np.zeros((400, 1500, 3), np.uint8), NONE, HEIGHT)
    assert line.box == ((0.0, 0.0), (1500.0, 0.0), (1500.0, 400.0), (0.0, 400.0))


def test_a_picture_of_model_height_is_passed_as_it_is() -> None:
    """With every step off, and no resize needed, not a pixel changes."""
    image = drawn("LOT A17")[:32]
    assert np.array_equal(prepare(image, NONE, HEIGHT).image, image)


@pytest.mark.parametrize("name", STEPS)
def test_every_step_can_be_switched(name: str) -> None:
    """A switch changes the line, and what it gives is still a line."""
    image = turned(drawn("LOT A17-042 EXP"), 6).copy()
    image[:, :, 0] = image[:, :, 0] // 2  # yellow paper
    image = 255 - image if name == "invert" else image
    plain, switched = (prepare(image, NONE.model_copy(update={name: on}), HEIGHT).image for on in (False, True))
    assert switched.shape[0] == HEIGHT
    assert plain.shape != switched.shape or not np.array_equal(plain, switched)


@pytest.mark.parametrize("step", [fade, grey, contrast, denoise, binarise, deskew, invert])
@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 300, 3), (90, 3, 3), (32, 100, 3)])
def test_steps_take_any_size_and_leave_their_input_alone(step: Callable[[np.ndarray], np.ndarray], shape: tuple[int, int, int]) -> None:
    """A step is pure, and gives BGR bytes for the smallest and oddest pictures."""
    image = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    before = image.copy()
    out = step(image)
    assert out.dtype == np.uint8
    assert out.ndim == 3
    assert out.shape[2] == 3
    assert min(out.shape) >= 1
    assert np.array_equal(image, before)


def test_grey_drops_and_fade_keeps_a_third_of_the_colours() -> None:
    """Text that differs from its ground in colour alone stays visible when faded."""
    image = np.full((32, 64, 3), (200, 60, 60), np.uint8)
    spread = [int(np.ptp(step(image)[0, 0])) for step in (grey, fade)]
    assert spread[0] == 0
    assert 40 <= spread[1] <= 56


def test_invert_turns_only_light_on_dark() -> None:
    """Dark on light stays as it is; light on dark becomes its negative."""
    image = drawn("READY")
    assert np.array_equal(invert(image), image)
    assert np.array_equal(invert(255 - image), image)


def test_binarise_leaves_two_values() -> None:
    """Ink or ground, nothing between."""
    assert set(np.unique(binarise(drawn("12.5 kg"))).tolist()) == {0, 255}


@pytest.mark.parametrize("degrees", [-12, -7, -4, 4, 7, 12])
def test_a_tilted_line_is_straightened(degrees: int) -> None:
    """The angle is found to within 2 degrees, and what is left is less than half of it."""
    image = turned(drawn("BATCH 77310 LOT A17"), degrees)
    assert tilt_of(image) == pytest.approx(-degrees, abs=2)
    assert abs(tilt_of(deskew(image))) < abs(degrees) / 2


@pytest.mark.parametrize("image", [drawn("BATCH 77310"), drawn("8"), np.full((32, 200, 3), 128, np.uint8)])
def test_what_is_level_or_has_no_direction_is_not_turned(image: np.ndarray) -> None:
    """A level line, a single character and an empty picture stay as they are."""
    assert deskew(image) is image


def test_a_tilt_beyond_the_limit_is_not_overdone() -> None:
    """Whatever is found stays within 15 degrees."""
    assert abs(tilt_of(turned(drawn("BATCH 77310 LOT"), 30))) <= 15


@pytest.mark.parametrize(
    "image",
    [
        drawn("LOT A17-042"),
        drawn("8"),
        drawn("8", size=8, pad=30),
        drawn("24V", size=6, pad=20),
        drawn("i.j:;"),
        255 - drawn("EXP 2027-03"),
        np.full((30, 20, 3), 200, np.uint8),
    ],
    ids=["lot", "digit", "large digit", "large marker", "dots", "light on dark", "empty"],
)
def test_one_line_raises_no_doubt(image: np.ndarray) -> None:
    """Lines, single characters and large crops of few characters look like one line."""
    assert prepare(image, PreprocessSection(), HEIGHT).reasons == ()


def page(width: int, height: int) -> np.ndarray:
    """A page full of small print."""
    rng = np.random.default_rng(2)
    image = np.full((height, width, 3), 240, np.uint8)
    for y in range(14, height - 4, 16):
        text = "".join(rng.choice(list("abcdeg 0123456789.,"), 80))
        cv2.putText(image, text, (4, y), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (30, 30, 30), 1, cv2.LINE_AA)
    return image


@pytest.mark.parametrize(
    "image",
    [
        drawn("LOT A17-042", "EXP 2027-03"),
        drawn("one", "two", "three"),
        page(640, 480),
        page(400, 1400),
        np.full((400, 60, 3), 200, np.uint8),
    ],
    ids=["two lines", "three lines", "page", "receipt", "upright strip"],
)
def test_what_is_not_one_line_says_so_with_its_size(image: np.ndarray) -> None:
    """The reason has the size as it came and what to do."""
    (reason,) = prepare(image, PreprocessSection(), HEIGHT).reasons
    tall, wide = image.shape[:2]
    assert reason == f"not one text line ({wide} x {tall} pixels); crop it to one line"


@pytest.mark.parametrize("shape", [(1, 1, 3), (48, 1, 3), (500, 500, 3)])
def test_an_empty_picture_is_no_reason_to_crash(shape: tuple[int, int, int]) -> None:
    """Nothing to see is not doubted here; that no text was read is said later."""
    image = np.full(shape, 255, np.uint8)
    assert isinstance(doubt(image), str)


def test_an_absurdly_long_picture_is_refused() -> None:
    """It would cost an inference every few pixels."""
    with pytest.raises(FrameRejected, match="5000 x 1 pixels, more than 128 times wider"):
        prepare(np.zeros((1, 5000, 3), np.uint8), PreprocessSection(), HEIGHT)


@pytest.mark.parametrize("count", [1, 2, 48, 61, 96])
def test_the_percentile_is_that_of_numpy(count: int) -> None:
    """Rows are judged by the same 95th percentile that the thresholds were fitted with."""
    values = np.random.default_rng(count).normal(size=count)
    assert _percentile_95(values) == pytest.approx(np.percentile(values, 95))


def strip(wide: int) -> "tuple[Pixels, np.ndarray[tuple[int, int], np.dtype[np.float32]]]":
    """A long picture with something to see near its right end, and a tilted place there."""
    image = np.zeros((60, wide, 3), np.uint8)
    image[10:50, wide - 120 : wide - 20] = np.random.default_rng(1).integers(0, 256, (40, 100, 1))
    return image, np.array(((-110, 14), (-34, 20), (-36, 44), (-112, 38)), np.float32) + np.array((wide, 0), np.float32)


def test_a_place_in_a_very_long_picture_is_straightened_as_in_a_short_one() -> None:
    """OpenCV turns no picture of more than 32,766 pixels a side; files may have twice as many."""
    short, long = (level(*strip(wide), 76, 24) for wide in (400, 50_000))
    assert np.abs(short.astype(int) - long).max() <= 8  # of 255: OpenCV rounds places to a 32nd of a pixel


def test_a_place_beside_a_very_long_picture_repeats_its_border() -> None:
    image = np.full((60, 40_000, 3), 90, np.uint8)
    assert (level(image, ((40_100, 10), (40_200, 12), (40_200, 30), (40_100, 28)), 100, 20) == 90).all()


def test_a_place_that_is_too_long_itself_comes_out_smaller() -> None:
    image = np.full((60, 50_000, 3), 90, np.uint8)
    got = level(image, ((10, 10), (49_990, 20), (49_990, 40), (10, 30)), 49_980, 20)
    assert got.shape == (13, 32_762, 3)
    assert (got == 90).all()
