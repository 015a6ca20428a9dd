"""From a frame to its text lines: the layouts of the configuration, each made of the steps of the flow."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from edged.config import ReadingSection
from edged.flow.at_once import AtOnce
from edged.flow.detect import MAX_BOXES, Corners, Detector, lines_of, standing, the_right_way
from edged.flow.preprocess import prepare
from edged.flow.quality import Gate
from edged.flow.regions import Regions, reference_of
from edged.flow.steps import Layout
from edged.lib.beat import Beat, nothing
from edged.types import Laid, Pixels, Posteriors

_LARGE: Final = 4_000_000  # pixels of a frame


def whole(source: ReadingSection, height: int) -> Layout:
    """The frame is one line, of the *height* of the model."""
    gate, field = Gate(source.quality), next(iter(source.fields), None)

    def layout(image: Pixels, _: Beat = nothing) -> Laid:
        line, poor = prepare(image, source.preprocess, height), gate.reasons(image)
        return Laid(lines=(replace(line, field=field, reasons=(*line.reasons, *poor)),), refusals=gate.refusals(poor))

    return layout


def regions(source: ReadingSection, height: int, reference: bytes | None) -> Layout:
    """A line for each field, at its place, which moves with the part where there is a *reference* picture.

    Raises:
        ConfigError: The reference picture is none, or a patch is not in it or shows nothing.
    """
    picture = reference_of(source.align, reference, source.limits) if source.align and reference is not None else None
    return Regions(fields=source.fields, preprocess=source.preprocess, height=height, gate=Gate(source.quality), reference=picture)


def detected(source: ReadingSection, detector: Detector, at_once: AtOnce, rest: Callable[[], None]) -> Layout:
    """A line wherever text is found, in reading order, however the page lies; *at_once* tells which way up it stands.

    Beside a large frame the memory of models is given back where they have nothing to do: that of the recogniser by *rest*.
    """
    gate = Gate(source.quality)

    def find(beat: Beat, is_large: bool, image: Pixels) -> list[Corners]:
        boxes = detector.find(image, beat=beat)
        if is_large:
            detector.rest()
        return boxes if source.tall == "turned" else standing(boxes)

    def line_of(cut: Pixels) -> Pixels:
        line = at_once.prepared(cut)
        return line if line.base is None else line.copy()  # a cut of just that height is a view of its frame

    def layout(image: Pixels, beat: Beat = nothing) -> Laid:
        seen: dict[bytes, Posteriors] = {}
        is_large = image.shape[0] * image.shape[1] >= _LARGE
        if is_large:
            rest()
        boxes = the_right_way(image, partial(find, beat, is_large), partial(at_once, seen=seen, beat=beat))
        lines = tuple(replace(line, seen=seen.get(line.image.tobytes())) for line in lines_of(image, boxes, line_of, gate.reasons, beat))
        poor = [told for number, line in enumerate(lines, start=1) for told in gate.refusals(line.reasons, f"line {number}: ")]
        return Laid(lines=lines, reasons=_too_many(len(lines)), refusals=tuple(poor))

    return layout


def _too_many(found: int) -> tuple[str, ...]:
    """Why a page may not have been read whole: each look ends at so many texts, and leaves the smallest out."""
    if found < MAX_BOXES:
        return ()
    return (f"{found} texts were found, and a look ends at {MAX_BOXES}: some may be missing; cut the page into smaller pictures",)
