"""Lines that no training saw: in the faces and with the degradation that are held out by name."""

from collections.abc import Callable, Iterator
from itertools import count

import numpy as np

from scripts.foundry import degrade, draw, fonts, grounds, lines
from scripts.foundry.fonts import Face
from scripts.foundry.held_out import DEGRADATIONS, FONTS
from scripts.foundry.legible import LEAST_LIKENESS, LEAST_STEP, TRIES, WEAKEST, measure, worn
from scripts.foundry.sample import Image, Sample, Source
from scripts.foundry.texts import Text, chinese, digits, letters, spec, weighted
from scripts.foundry.texts.receipts import date
from scripts.foundry.writing import finish, fitting, height, mask

Last = Callable[[Image, Image, tuple[int, int, int, int], str], Image | None]  # picture, its ink, the box of the ink, the text


def _code(rng: np.random.Generator) -> str:
    """What a stencil marks: lots, dates, weights, ways up."""
    table: list[tuple[float, Text]] = [
        (2, lambda r: f"LOT {letters(r, 1, 1)}{digits(r, 2, 2)}-{digits(r, 3, 3)}"), (2, spec.model), (1, date), (1, spec.quantity),
        (1, lambda r: f"{letters(r, 2, 4)} {digits(r, 4, 8)}"), (1, lambda r: f"BOX {digits(r, 1, 3)} OF {digits(r, 1, 3)}"),
        (1, lambda r: f"NET {digits(r, 1, 4)} KG"),
    ]  # fmt: skip
    return weighted(rng, table)(rng)


TEXTS: dict[str, Text] = {"saira-stencil-one": _code, "long-cang": chinese.scene}


def _plate(rng: np.random.Generator, words: str, face: Face, last: Last = lambda picture, *_: picture) -> Image | None:
    """Print on plates and packages, worn, then through the *last*; None where nobody could read that."""
    size = height(rng, lines.PLATE, words)
    ink = draw.bend(draw.pad(mask(rng, words, face, size, lines.PLATE), int(0.6 * size) + 3), rng, lines.BEND)
    box = draw.bounds(ink)
    under = grounds.board(rng, ink.shape[0], ink.shape[1], plain=0.45, restless=0.33)
    over = grounds.contrast(rng, float(under.mean()), float(rng.uniform(70, 140)))
    picture = worn(draw.compose(ink, over, grounds.calm(under, ink, over, 60)), ink, box, rng, lines.LABEL, text=words)
    done = last(picture, ink, box, words)
    return None if done is None else finish(done, box, rng, draw.Cut())


def _in_face(family: str) -> Source:
    face = fonts.named(family)[0]

    def source(rng: np.random.Generator) -> Sample:
        words = next(w for w in (TEXTS[family](rng) for _ in range(1000)) if w and face.has(w))
        image = _plate(rng, words, face)
        assert image is not None
        return Sample(image=image, text=words, kind=family)

    return source


def _degraded(name: str) -> Source:
    """In any face, through one degradation as hard as can still be read, as `legible.worn` has it."""

    def source(rng: np.random.Generator) -> Sample:
        def last(picture: Image, ink: Image, box: tuple[int, int, int, int], text: str) -> Image | None:
            severe = float(rng.uniform(0.2, 1))
            for hardness in TRIES:
                done = degrade.ALL[name](picture, rng, hardness * severe)
                alike, weakest, step = measure(done, ink, box)
                if alike >= (least := LEAST_LIKENESS[text.isascii()]) and weakest >= WEAKEST * least and step >= LEAST_STEP:
                    return done
            return None

        while True:
            words, face = fitting(rng, spec.plate if rng.random() < 0.75 else chinese.scene, lines.PLATE)
            image = _plate(rng, words, face, last)
            if image is not None:
                return Sample(image=image, text=words, kind=name)

    return source


def _stream(source: Source) -> Callable[[int], Iterator[Sample]]:
    return lambda seed: (source(np.random.default_rng([seed, index])) for index in count())


# Lines without end, by the seed.
SOURCES = {name: _stream(_in_face(name)) for name in sorted(FONTS)} | {name: _stream(_degraded(name)) for name in sorted(DEGRADATIONS)}
