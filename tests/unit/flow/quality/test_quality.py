"""The measures of a line, and what the gate says of them."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from edged.config import QualitySection
from edged.flow.quality import Gate, Measured, badness, measure
from edged.flow.quality.ink import level


def line(size: float = 1.0, ground: int = 220, ink: int = 20, pad: int = 12) -> Any:
    """A text as a camera sees it."""
    wide, tall = cv2.getTextSize("LOT A17", cv2.FONT_HERSHEY_SIMPLEX, size, max(1, round(3 * size)))[0]
    image = np.full((tall + 2 * pad, wide + 2 * pad, 3), ground, np.uint8)
    cv2.putText(image, "LOT A17", (pad, tall + pad), cv2.FONT_HERSHEY_SIMPLEX, size, (ink,) * 3, max(1, round(3 * size)), cv2.LINE_AA)
    return image


def noisy(image: Any, deviation: float) -> Any:
    return np.clip(image + np.random.default_rng(3).normal(0, deviation, image.shape), 0, 255).astype(np.uint8)


def lit(image: Any) -> Any:
    """With a reflection of the lamp as large as the line is high."""
    image = image.copy()
    cv2.circle(image, (image.shape[1] // 2, image.shape[0] // 2), image.shape[0] // 2, (255,) * 3, -1)
    return image


def worn(image: Any, across: float = 1.2) -> Any:
    """With a soft reflection as wide as so many line heights, on the right half of the text."""
    tall, wide = image.shape[:2]
    y, x = np.mgrid[:tall, :wide]
    away = np.hypot(x - 0.6 * wide, y - 0.5 * tall) / (across * tall / 2)
    return np.clip(image + 400 * np.exp(-(away**4))[..., None], 0, 255).astype(np.uint8)


BAD: dict[str, Callable[[], Any]] = {
    "sharpness": lambda: cv2.GaussianBlur(line(), (0, 0), 5),
    "contrast": lambda: line(ground=120, ink=105),
    "brightness": lambda: line(ground=40, ink=4),
    "glare": lambda: lit(line()),
    "faded": lambda: worn(line(2.0, ground=255)),
    "noise": lambda: noisy(line(), 60),
    "clipped": lambda: line()[14:-14],
    "height": lambda: line(0.5),
    "size": lambda: line()[20:26],
}


def test_a_good_line_passes() -> None:
    """Of both polarities."""
    assert Gate(QualitySection(mode="warn")).reasons(line()) == ()
    assert Gate(QualitySection(mode="warn")).reasons(255 - line()) == ()


@pytest.mark.parametrize("name", sorted(QualitySection.model_fields.keys() - {"mode"}))
def test_each_measure_finds_its_fault(name: str) -> None:
    """Its reason has its name, its value and its limit."""
    measured = name.partition("_")[2]
    gate = Gate(QualitySection(mode="warn"))
    assert any(reason.startswith(f"{measured} ") for reason in gate.reasons(BAD[measured]())), gate.measured(BAD[measured]())


def test_an_open_gate_measures_nothing() -> None:
    """Off costs no time."""
    gate = Gate(QualitySection(mode="off"))
    assert gate.reasons(np.zeros((2, 2, 3), np.uint8)) == ()
    assert Gate(QualitySection(mode="reject")).reasons(np.zeros((2, 2, 3), np.uint8))


def test_only_a_gate_that_rejects_refuses_a_frame() -> None:
    """Each reason says at which line it stands."""
    poor = ("height 9 < 20", "sharpness 3 < 14")
    assert Gate(QualitySection(mode="reject")).refusals(poor, "line 2: ") == ("line 2: height 9 < 20", "line 2: sharpness 3 < 14")
    assert Gate(QualitySection(mode="warn")).refusals(poor, "line 2: ") == ()


@pytest.mark.parametrize(
    ("value", "limit", "least", "failed", "reason"),
    [
        (31.4, 60, True, True, "blur 31 < 60"),
        (60.0, 60, True, False, "blur 60.0 < 60"),
        (59.8, 60, True, True, "blur 59.8 < 60"),
        (7.0, 5, False, True, "blur 7 > 5"),
        (5.0, 5, False, False, "blur 5.0 > 5"),
    ],
)
def test_a_reason_shows_on_which_side_of_the_limit_it_is(value: float, limit: float, least: bool, failed: bool, reason: str) -> None:
    """The limit itself passes; no reason says 60 < 60."""
    one = Measured(name="blur", value=value, limit=limit, least=least)
    assert (one.failed, one.reason) == (failed, reason)


def test_sharpness_does_not_depend_on_light_or_scale() -> None:
    """The same line in less light, and twice as large, is as sharp; the height tells the size."""
    plain, dim, large = measure(line()), measure(line(ground=110, ink=10)), measure(cv2.resize(line(), None, fx=2, fy=2))
    assert dim.sharpness == pytest.approx(plain.sharpness, rel=0.05)
    assert large.sharpness == pytest.approx(plain.sharpness, rel=0.1)
    assert large.height == pytest.approx(2 * plain.height, abs=2)


def test_a_huge_line_is_measured_in_pixels_of_the_frame() -> None:
    """It is shrunk to be measured, and its height told as it was."""
    large = cv2.resize(line(), None, fx=12, fy=12)
    assert measure(large).height == pytest.approx(12 * measure(line()).height, rel=0.1)
    assert measure(large).size == large.shape[0]


def test_noise_is_told_by_its_deviation() -> None:
    """Of each colour, in per cent of the contrast."""
    measures = measure(noisy(line(3.0, ground=200, ink=50), 12))
    assert measures.noise == pytest.approx(100 * 12 / measures.contrast, rel=0.1)


def test_white_paper_is_no_glare() -> None:
    """A scan is white all over, and a bright stroke is no lamp."""
    assert measure(line(ground=255)).glare == 0
    assert measure(line(ground=40, ink=255)).glare == 0
    assert measure(lit(line())).glare > 10


def test_ink_that_fades_out_tells_a_reflection_on_white_paper() -> None:
    """Where the ground is white already nothing else does; a whole line has none of it, whatever its scale."""
    paper = line(2.0, ground=255)
    for size in (0.7, 1, 4):
        assert measure(cv2.resize(paper, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)).faded == 0
        assert measure(cv2.resize(worn(paper), None, fx=size, fy=size, interpolation=cv2.INTER_AREA)).faded > 2
    assert measure(worn(paper)).glare == 0


def test_grey_ground_fades_nothing() -> None:
    """There the spots are seen themselves."""
    assert measure(worn(line())).faded == 0 < measure(worn(line())).glare


def test_faint_print_is_not_faded() -> None:
    """All over the line it is how it was printed; a letter of it in a full line is what fades."""
    paper = line(2.0, ground=255)
    assert measure(255 - (255 - paper) // 3).faded == 0
    _, _, stats, _ = cv2.connectedComponentsWithStats((paper[..., 0] < 200).astype(np.uint8))
    left, _, wide, _, _ = sorted(stats[1:].tolist())[1]  # the O
    paper[:, left - 1 : left + wide + 1] = 255 - (255 - paper[:, left - 1 : left + wide + 1]) // 3
    assert measure(paper).faded > 1


def test_print_that_is_worn_all_over_is_not_faded() -> None:
    """Pale pieces among the letters, each a little away from full ink, in the whole line."""
    paper = cv2.copyMakeBorder(line(2.0, ground=255), 20, 0, 0, 0, cv2.BORDER_CONSTANT, value=(255,) * 3)
    worn_here = paper.copy()
    worn_here[4:10, 20:60] = 170
    paper[4:10, 20:-20] = 170
    assert measure(paper).faded == 0 < measure(worn_here).faded


def test_specks_and_rules_are_not_faded() -> None:
    """Grains of a scan are smaller than strokes; a grey rule comes in from the border."""
    speckled, ruled = line(2.0, ground=255), line(2.0, ground=255)
    speckled[2:9:3, 3:70:4] = 120
    ruled[3:8, :40] = 150
    assert measure(speckled).faded == 0
    assert measure(ruled).faded == 0


def test_lines_are_sorted_by_what_tells_most() -> None:
    """A good line has no trouble, a blurred one some, and a worse one more."""
    soft, softer = (measure(cv2.GaussianBlur(line(), (0, 0), sigma)) for sigma in (4, 7))
    assert badness(measure(line())) == 0 < badness(soft) < badness(softer)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.85, 1.0])
def test_levels_are_counted(share: float) -> None:
    """As sorting would find them."""
    picture = np.random.default_rng(2).integers(0, 256, (17, 31), np.uint8)
    assert level(picture, share) == [np.quantile(picture, share, method="inverted_cdf")]
    assert level(np.array([[7]], np.uint8), share) == [7.0]


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 2), (5, 3)])
def test_no_crop_is_too_small_to_be_measured(shape: tuple[int, int]) -> None:
    """Whatever is cut out has its numbers, all of them finite."""
    for value in (0, 255):
        found = Gate(QualitySection(mode="warn")).measured(np.full((*shape, 3), value, np.uint8))
        assert all(np.isfinite(one.value) for one in found)
