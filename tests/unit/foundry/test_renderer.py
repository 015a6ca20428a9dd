"""The general half of the renderer: samples from seeds, faces with every glyph, degradations that keep the picture's form."""

import numpy as np
import pytest

pytest.importorskip("PIL", reason="the foundry's renderer draws with Pillow")
pytest.importorskip("fontTools", reason="the foundry's renderer checks glyphs with fontTools")

from scripts.foundry import charset, degrade, empty, fonts, held_out, legible, mix, writing
from scripts.foundry.sample import Image, Sample
from scripts.foundry.texts import Text, chinese, english, listed, odds, receipts, spec

KINDS = sorted(mix.GENERAL)


@pytest.fixture(autouse=True)
def _fonts() -> None:
    if len(fonts.faces("latin")) < 50 or not fonts.faces("chinese"):
        pytest.skip("too few fonts are installed: run scripts/foundry/fonts.sh")


def drawn(kind: str, index: int) -> Sample:
    try:
        return mix.draw(kind, 5, index)
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_is_told_by_its_mix_seed_and_index(kind: str) -> None:
    """The same seed and index draw the same picture, whatever was drawn before."""
    first = drawn(kind, 3)
    drawn(kind, 4)
    second = drawn(kind, 3)
    assert first.text == second.text
    assert np.array_equal(first.image, second.image)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_is_a_crop_with_a_text_that_the_charset_can_say(kind: str) -> None:
    """Every picture is BGR, 10 pixels or higher, and its text has single inner spaces and known characters alone."""
    for index in range(8):
        sample = drawn(kind, index)
        assert sample.image.dtype == np.uint8
        assert sample.image.ndim == 3
        assert sample.image.shape[2] == 3
        assert 10 <= sample.image.shape[0] <= 260
        assert set(sample.text) <= charset.classes()
        assert sample.text == " ".join(sample.text.split())
        assert (sample.text == "") is (kind == "empty")


def test_a_face_is_picked_only_where_it_has_every_glyph() -> None:
    """A Latin face is no face for hanzi, and where no face has a character there is none."""
    rng = np.random.default_rng(1)
    assert fonts.pick(rng, "电压 220V", "latin mono -chinese") is None
    face = fonts.pick(rng, "电压 220V", "chinese sans")
    assert face is not None
    assert face.has("电压 220V")
    assert fonts.pick(rng, "\U0001f600", "latin") is None


def test_a_face_of_capitals_writes_capitals() -> None:
    """Where a font draws small letters as capitals, the label is in capitals too."""
    look = writing.Look(latin="latin caps", chinese="chinese")
    words, _ = writing.fitting(np.random.default_rng(2), lambda _: "Quiet please", look)
    assert words == "QUIET PLEASE"


def test_what_is_held_out_is_never_drawn() -> None:
    """No tag finds a held-out font and no mix a held-out degradation, though both can be had by name."""
    assert not {face.family for face in (*fonts.faces("chinese"), *fonts.faces("latin"), *fonts.faces(""))} & held_out.FONTS
    assert not set(degrade.DEGRADATIONS) & held_out.DEGRADATIONS
    assert set(degrade.ALL) >= held_out.DEGRADATIONS
    assert all(fonts.named(family) for family in held_out.FONTS)


def striped() -> Image:
    picture = np.full((40, 160, 3), 230, np.uint8)
    picture[8:32, ::8] = (30, 40, 50)
    picture[8:32, 1::8] = (30, 40, 50)
    return picture


@pytest.mark.parametrize("name", sorted(degrade.ALL))
@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_a_degradation_keeps_size_and_type(name: str, strength: float) -> None:
    """Colour or grey, at any strength, a degradation gives a picture of the same form, and hurts neither its input nor another call."""
    for picture in (striped(), np.ascontiguousarray(striped()[..., 0]), striped()[:11, :9].copy()):
        before = picture.copy()
        once = degrade.ALL[name](picture, np.random.default_rng(7), strength)
        again = degrade.ALL[name](picture, np.random.default_rng(7), strength)
        assert once.shape == picture.shape
        assert once.dtype == np.uint8
        assert np.array_equal(once, again)
        assert np.array_equal(picture, before)


@pytest.mark.parametrize("name", sorted(set(degrade.ALL) - {"grey"}))
def test_a_degradation_at_full_strength_does_something(name: str) -> None:
    """None is a name alone: of ten pictures at full strength at least half come out changed."""
    rng = np.random.default_rng(3)
    assert sum(not np.array_equal(degrade.ALL[name](striped(), rng, 1.0), striped()) for _ in range(10)) >= 5


def test_a_picture_that_would_lose_its_text_is_worn_less() -> None:
    """However harsh the recipe, what comes out still shows the strokes of its ink."""
    ink = np.zeros((60, 200), np.uint8)
    ink[15:45, 20:180:8] = 255
    ink[15:45, 21:180:8] = 255
    picture = np.repeat(255 - ink[..., None], 3, axis=2)
    recipe = [(1.0, name, 1.0) for name in ("defocus", "low_contrast", "resample", "noise", "motion_blur", "low_contrast", "defocus")]
    for seed in range(20):
        done = legible.worn(picture, ink, (15, 45, 20, 180), np.random.default_rng(seed), recipe, text="IIII")
        alike, weakest, step = legible.measure(done, ink, (15, 45, 20, 180))
        assert alike >= legible.LEAST_LIKENESS[True]
        assert weakest >= legible.WEAKEST * legible.LEAST_LIKENESS[True]
        assert step >= legible.LEAST_STEP


def test_an_empty_picture_has_an_empty_text() -> None:
    """Textures, blanks and noise come in many sizes, and none of them says anything."""
    samples = [empty.empty(np.random.default_rng(seed)) for seed in range(30)]
    assert {sample.text for sample in samples} == {""}
    assert len({sample.image.shape for sample in samples}) > 20


@pytest.mark.parametrize(
    "text", [english.book, english.scene, receipts.receipt, spec.cell, spec.plate, odds.screen, odds.symbols, odds.web, chinese.receipt]
)
def test_the_texts_keep_to_the_charset(text: Text) -> None:
    """Three hundred texts of each source hold known characters, single spaces and no more than 95 characters."""
    rng = np.random.default_rng(11)
    try:
        texts = [text(rng) for _ in range(300)]
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    for one in texts:
        assert charset.clean(one) == one
        assert 0 < len(one) <= 95


def test_the_charset_has_what_was_promised() -> None:
    """All of GB 2312, printable ASCII, the symbols of industry, each once; a look-alike is written as its class."""
    known = charset.load()
    assert len(known) == len(set(known))
    assert set(charset.gb2312()) | set(map(chr, range(0x20, 0x7F))) | set("°±µΩΦ×≤≥℃€№…") <= set(known)
    assert len(charset.gb2312()) == 6763
    assert len(charset.big5()) == 5401
    assert set(charset.big5()) <= set(known)
    assert charset.clean("１２μ Ａ～") == "12µ A~"
    assert charset.clean("\U0001f600") is None
    assert all(listed(name) for name in ("signs", "units", "menu"))


def test_print_curls_its_quotes() -> None:
    """One opens at the start, after a space or a bracket; all others close, as an apostrophe does."""
    assert writing.curled('he\'s "in (\'so\') a" "x"') == "he’s “in (‘so’) a” “x”"
