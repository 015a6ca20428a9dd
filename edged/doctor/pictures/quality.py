"""Each measure of the lines beside its limit, and what to do at the lamp, the lens and the camera."""

from collections.abc import Iterator, Sequence
from typing import Final

from edged.doctor.finding import Finding, bad, doubt, good
from edged.doctor.pictures.sight import Sight, named
from edged.flow.quality import Gate, Measured
from edged.flow.regions.cut import cut
from edged.types import Box

_REMEDIES: Final = {
    "sharpness": "focus the lens at the distance of the text; where it moves, shorten the exposure or flash",
    "contrast": "light the text evenly, from another side or in another colour; look whether its print is faded",
    "brightness": "a stronger lamp, a longer exposure, or a wider aperture",
    "glare": "turn the lamp or the camera so that the one does not mirror in the other, or diffuse the light",
    "faded": "turn the lamp or the camera so that the paper does not mirror it, or diffuse the light; else look whether the print is worn",
    "noise": "more light or a longer exposure, and less gain",
    "clipped": "make the box of the text larger, or move the camera: letters are cut off at an edge",
    "height": "bring the camera nearer, or take a longer lens or a camera with more pixels",
    "size": "bring the camera nearer, or take a longer lens or a camera with more pixels",
}


def look(sight: Sight) -> Iterator[Finding]:
    """Every measure: the worst of the lines where it fails, else from where to where it goes."""
    places = [line.box for line in sight.reading.lines] or [line.box for line in sight.laid.lines]
    if sight.image is None or not places:
        return
    gate = Gate(sight.source.quality)
    of_lines = [gate.measured(cut(sight.image, place)) for place in places]
    for of_one in zip(*of_lines, strict=True):
        yield _judged(of_one, sight, places, rejects=gate.rejects)
    if gate.mode == "off":
        yield good("quality.mode is off: these limits are only told here, and change no reading")


def _judged(of_one: Sequence[Measured], sight: Sight, places: Sequence[Box], *, rejects: bool) -> Finding:
    """One measure over all lines."""
    name, limit, least = of_one[0].name, of_one[0].limit, of_one[0].least
    values = [one.value for one in of_one]
    wanted = f"{'at least' if least else 'at most'} {limit:g}"
    failed = [index for index, one in enumerate(of_one) if one.failed]
    if not failed:
        low, high = min(values), max(values)
        shown = f"{low:.0f}" if f"{low:.0f}" == f"{high:.0f}" else f"{low:.0f} to {high:.0f}"
        return good(f"{name} {shown}, wanted {wanted}")
    worst = (min if least else max)(failed, key=lambda index: values[index])
    where = "" if len(places) == 1 else f"; in {len(failed)} of {len(places)} lines, worst in {_name(sight, worst)}"
    remedy = _REMEDIES.get(name, f"quality.{'min' if least else 'max'}_{name} says what it measures")
    return (bad if rejects else doubt)(f"{name} {of_one[worst].shown}, wanted {wanted}{where}", remedy)


def _name(sight: Sight, index: int) -> str:
    if index < len(sight.reading.lines):
        return named(index + 1, sight.reading.lines[index])
    return f"line {index + 1}"
