"""Whether a picture that is not read surely reads better turned, enlarged, or with its contrast stretched."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from edged.doctor.finding import Finding, doubt, good
from edged.doctor.pictures.sight import Sight, shortened
from edged.flow.preprocess import level
from edged.types import Outcome, Pixels, Reading

_MOST: Final = 16_000_000  # pixels: the trials of a larger one would take long
_ENLARGE: Final = 2_000_000  # likewise: twice as wide and high
_STRETCHED: Final = 200  # grey levels: a picture that uses so many gains nothing
_BETTER: Final = 1.1  # times the letters that may be right


def look(sight: Sight) -> Iterator[Finding]:
    """The best of the trials, where one is clearly better; nothing of what is read surely."""
    if sight.image is None or sight.reading.outcome is Outcome.OK:
        return
    if sight.image.shape[0] * sight.image.shape[1] > _MOST:
        yield good("not tried otherwise: the picture is very large")
        return
    tried, best = [], (worth(sight.reading), "", "", sight.reading)
    placed = (sight.reading.layout or sight.source.layout) == "regions"
    for how, remedy, image in varied(sight.image, placed=placed):
        tried.append(how)
        again = sight.again(image)
        if worth(again) > max(best[0], worth(sight.reading) * _BETTER + 0.5):
            best = worth(again), how, remedy, again
    _, how, remedy, again = best
    if how:
        text = shortened(again.text.replace("\n", " / "), 60)
        yield doubt(f"{how} it reads better: {text} ({again.outcome}, {again.confidence:.2f})", remedy)
    elif tried:
        yield good(f"it reads no better {', '.join(tried)}")


def worth(reading: Reading) -> float:
    """How many letters of a reading may be right."""
    return sum(len("".join(line.transcript.text.split())) * line.transcript.confidence for line in reading.lines)


def varied(image: Pixels, *, placed: bool = False) -> Iterator[tuple[str, str, Pixels]]:
    """How it is varied, what to do where that helps, and the pixels; what is *placed* must stay where it is."""
    if not placed:
        yield from _moved(image)
    dark, light = (float(one) for one in np.percentile(image[::4, ::4], (1, 99)))
    if 0 < light - dark < _STRETCHED:
        levels = np.clip((np.arange(256) - dark) * (255 / (light - dark)), 0, 255).astype(np.uint8)
        yield "with its contrast stretched", "more light, or preprocess: {contrast: true} for this source", levels[image]


def _moved(image: Pixels) -> Iterator[tuple[str, str, Pixels]]:
    turn = "turn the camera, or the picture, that way"
    yield "turned by 180 degrees", turn, np.ascontiguousarray(image[::-1, ::-1])
    yield "turned by 90 degrees clockwise", turn, np.ascontiguousarray(np.rot90(image, -1))
    yield "turned by 90 degrees counterclockwise", turn, np.ascontiguousarray(np.rot90(image))
    tall, wide = image.shape[:2]
    if tall * wide <= _ENLARGE:
        frame = ((0.0, 0.0), (float(wide), 0.0), (float(wide), float(tall)), (0.0, float(tall)))
        yield "enlarged twice", "bring the camera nearer, or take a longer lens", level(image, frame, 2 * wide, 2 * tall)
