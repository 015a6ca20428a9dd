"""The sources of industrial codes: same seed same picture, and labels that say what is drawn."""

import zlib

import numpy as np
import pytest

pytest.importorskip("PIL", reason="the foundry's renderer draws with Pillow")
pytest.importorskip("fontTools", reason="the foundry's renderer checks glyphs with fontTools")

from scripts.foundry import charset
from scripts.foundry.codes import SOURCES, faces, segment_shapes, turned
from scripts.foundry.codes.glyphs import trim
from scripts.foundry.codes.plate_cn import PROVINCES, number
from scripts.foundry.codes.roller import drum, window
from scripts.foundry.sample import Sample

NAMES = sorted(SOURCES)


def drawn(name: str, seed: int) -> Sample:
    try:
        return SOURCES[name][1](np.random.default_rng([zlib.crc32(name.encode()), seed]))
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_generator_draws_the_same_sample(name: str) -> None:
    """A source is a function of its generator alone, so that a run can be repeated from its seed."""
    first, second = drawn(name, 3), drawn(name, 3)
    assert first.text == second.text
    assert np.array_equal(first.image, second.image)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_a_colour_crop_with_contrast_and_a_text_of_the_charset(name: str) -> None:
    """Every sample is 8 to 170 pixels high, shows something, and its text has no character that no model could answer."""
    known = set(charset.load()) | {" "}
    for seed in range(8):
        sample = drawn(name, seed)
        assert sample.image.dtype == np.uint8
        assert sample.image.shape[2] == 3
        assert 8 <= sample.image.shape[0] <= 170
        assert sample.image.shape[1] >= 4
        assert sample.image.astype(float).std() > 3
        assert sample.text.strip() == sample.text != ""
        assert set(sample.text) <= known, set(sample.text) - known


@pytest.mark.parametrize("text", ["12.5", "125", ".146", "1.2.5", "0,5", "12:45", "7."])
def test_as_many_points_are_lit_as_the_label_has(text: str) -> None:
    """A decimal point stands in the label of a display exactly when it is drawn: each mark adds its polygons."""
    shape = segment_shapes.Shape()
    bare = "".join(character for character in text if character not in ".,:")
    marks = {".": 1, ",": 2, ":": 2}
    lit = len(segment_shapes.lay(text, shape).lit) - len(segment_shapes.lay(bare, shape).lit)
    assert lit == sum(marks.get(character, 0) for character in text)


@pytest.mark.parametrize("digit", "0123456789")
def test_a_point_stands_clear_of_the_digit_before_it(digit: str) -> None:
    """The point lies right of the digit's own cell, below its middle, so that it can be seen."""
    shape = segment_shapes.Shape()
    point = segment_shapes.lay(f"{digit}.0", shape).lit[len(segment_shapes.lay(digit, shape).lit)]
    assert point[:, 0].min() >= shape.width
    assert point[:, 1].min() > 0.6


@pytest.mark.parametrize("turn", [-0.34, 0.34])
def test_the_digit_of_a_roller_is_the_one_that_shows_more(turn: float) -> None:
    """A drum on its way shows most ink like the labelled digit's own: its centre is nearer to the window's than the neighbour's."""
    try:
        look = drum(np.random.default_rng(5))
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    height = 60
    settled = window(8, 0.0, look, height).astype(float)
    moved = window(8, turn, look, height).astype(float)
    shift = round(turn * look.spacing * height)
    assert abs(shift) < height / 2
    back = np.roll(moved, shift, axis=0)
    kept = slice(max(0, shift), height + min(0, shift))
    assert np.abs(back[kept] - settled[kept]).mean() < 25


def test_a_settled_drum_shows_the_labelled_digit_and_not_its_neighbour() -> None:
    """A 1 has less ink than a 0 or an 8, so that a drum that shows the next digit in its place is seen."""
    try:
        look = drum(np.random.default_rng(5))
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    one, eight, nought = (int(window(digit, 0.0, look, 60)[8:-8].sum()) for digit in (1, 8, 0))
    assert one < min(eight, nought)


def test_a_chinese_plate_has_a_province_a_letter_and_five_or_six_more() -> None:
    """The dot after the second character is drawn and never labelled."""
    rng = np.random.default_rng(1)
    for _ in range(300):
        text, _look = number(rng)
        assert text[0] in PROVINCES
        assert text[1] in "ABCDEFGHJKLMNPQRSTUVWXYZ"
        assert len(text) in {7, 8}
        assert "·" not in text


def test_upside_down_turns_the_picture_and_keeps_the_text() -> None:
    """The kind says that the line stands on its head; turning it again gives the picture back."""
    sample = drawn("wire_marker", 1)
    once = turned.upside_down(sample)
    assert once.kind == "wire_marker_upsidedown"
    assert once.text == sample.text
    assert np.array_equal(once.image[0, 0], sample.image[-1, -1])
    assert np.array_equal(once.image[0, -1], sample.image[-1, 0])
    assert np.array_equal(turned.upside_down(once).image, sample.image)


@pytest.mark.parametrize(("text", "both"), [("916", True), ("S1", True), ("NO", True), ("2P24", False), ("QF1", False)])
def test_texts_that_read_both_ways_are_told_apart(text: str, both: bool) -> None:
    """What reads as a text upside down as well is no fair question of orientation."""
    assert turned.reads_both_ways(text) is both


def test_no_face_is_held_out() -> None:
    """Fonts that are kept for the tuning experiment are never drawn with."""
    from scripts.foundry.held_out import FONTS

    for kind in faces.KINDS:
        assert not FONTS & set(faces.KINDS[kind])


def test_trim_of_nothing_is_the_mask_itself() -> None:
    """An empty mask has no ink to be cut to."""
    empty = np.zeros((5, 7), np.uint8)
    assert trim(empty).shape == (5, 7)
