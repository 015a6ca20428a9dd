"""Places in a frame, as they are typed: in pixels, or in per cent of its width and height."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from edged.config.types import FilePath, Section

Length = float | str  # pixels, or a text such as "12.5%"

_PER_CENT: Final = re.compile(r"(\d{1,3}(?:\.\d+)?) ?%")
_BOX: Final = 'expected [x, y, width, height] in pixels, or in per cent of the frame such as ["10%", "20%", "30%", "5%"]'
_QUAD: Final = "expected four points [[x, y], …] clockwise from the top left of the text, in pixels or in per cent of the frame"
_PATCHES: Final = "expected one to 16 patches, each [x, y, width, height] in whole pixels of the reference picture, its sides at least 8"
_UNITS: Final = "expected one unit: all in pixels, or all in per cent"
_SIDES: Final = "expected a width and a height above 0"
_AREA: Final = "expected four points with an area between them"
_CLOCKWISE: Final = "expected the points clockwise, these run the other way; begin at the top left of the text, then its top right"
_CONVEX: Final = "expected the corners of a convex quadrilateral in their order, these cross or fold in"
_SAME: Final = "expected patches at different places, two are the same"
_MOST: Final = 100_000  # pixels; no frame is as large
_LEAST_AREA: Final = 1e-3
_LEAST_PATCH: Final = 8  # pixels; less is found anywhere
_MOST_PATCHES: Final = 16


def is_per_cent(lengths: Sequence[Length]) -> bool:
    """Whether they are per cent; they are all of one unit."""
    return isinstance(lengths[0], str)


def numbers(lengths: Sequence[Length]) -> list[float]:
    """Their values, without the unit."""
    return [float(length.rstrip(" %")) if isinstance(length, str) else float(length) for length in lengths]


def _wrong(message: str) -> PydanticCustomError:
    kind, text = "own", "{message}"
    return PydanticCustomError(kind, text, {"message": message})


def _lengths(value: object, count: int, expected: str) -> tuple[Length, ...]:
    if not isinstance(value, list | tuple) or len(value) != count:
        raise _wrong(expected)
    for one in value:
        good = _PER_CENT.fullmatch(one) if isinstance(one, str) else type(one) in (int, float) and 0 <= one <= _MOST
        if not good or (isinstance(one, str) and numbers([one])[0] > 100):
            raise _wrong(expected)
    if len({isinstance(one, str) for one in value}) > 1:
        raise _wrong(_UNITS)
    return tuple(one if isinstance(one, str) else float(one) for one in value)


def _box(value: object) -> tuple[Length, ...]:
    lengths = _lengths(value, 4, _BOX)
    left, top, width, height = numbers(lengths)
    if width <= 0 or height <= 0:
        raise _wrong(_SIDES)
    if is_per_cent(lengths) and max(left + width, top + height) > 100:
        message = f"expected a place inside of the frame, it reaches to {max(left + width, top + height):g}%"
        raise _wrong(message)
    return lengths


def _quad(value: object) -> tuple[tuple[Length, ...], ...]:
    if not isinstance(value, list | tuple) or len(value) != 4:
        raise _wrong(_QUAD)
    points = tuple(_lengths(point, 2, _QUAD) for point in value)
    if len({is_per_cent(point) for point in points}) > 1:
        raise _wrong(_UNITS)
    turns = _turns([numbers(point) for point in points])
    if all(abs(turn) < _LEAST_AREA for turn in turns):
        raise _wrong(_AREA)
    if all(turn < 0 for turn in turns):
        raise _wrong(_CLOCKWISE)
    if not all(turn >= _LEAST_AREA for turn in turns):
        raise _wrong(_CONVEX)
    return points


def _turns(points: Sequence[Sequence[float]]) -> list[float]:
    """At each corner, twice the area to its neighbours; above 0 where it turns clockwise, y pointing down."""
    found = []
    for index in range(4):
        (ax, ay), (bx, by), (cx, cy) = points[index - 1], points[index], points[(index + 1) % 4]
        found.append((bx - ax) * (cy - by) - (by - ay) * (cx - bx))
    return found


def _patches(value: object) -> tuple[tuple[int, ...], ...]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= _MOST_PATCHES:
        raise _wrong(_PATCHES)
    for patch in value:
        good = isinstance(patch, list | tuple) and len(patch) == 4 and all(type(one) is int and 0 <= one <= _MOST for one in patch)
        if not good or min(patch[2:]) < _LEAST_PATCH:
            raise _wrong(_PATCHES)
    if len({tuple(patch) for patch in value}) < len(value):
        raise _wrong(_SAME)
    return tuple(tuple(patch) for patch in value)


_LENGTH: Final = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d{1,3}(\.\d+)? ?%$"}]}


def _list(items: object, count: int) -> dict[str, object]:
    return {"type": "array", "items": items, "minItems": count, "maxItems": count}


_AS_IT_IS: Final = PlainSerializer(lambda value: value, return_type=Any)  # pydantic expects no tuple where a list came out

BoxPlace = Annotated[tuple[Length, ...], PlainValidator(_box), _AS_IT_IS, WithJsonSchema(_list(_LENGTH, 4))]
QuadPlace = Annotated[tuple[tuple[Length, ...], ...], PlainValidator(_quad), _AS_IT_IS, WithJsonSchema(_list(_list(_LENGTH, 2), 4))]
Patches = Annotated[
    tuple[tuple[int, ...], ...],
    PlainValidator(_patches),
    _AS_IT_IS,
    WithJsonSchema({"type": "array", "items": _list({"type": "integer", "minimum": 0}, 4), "minItems": 1, "maxItems": _MOST_PATCHES}),
]


class AlignSection(Section):
    """Where the part lies in each frame, by patches of a reference picture that are looked for in it."""

    reference: FilePath = Field(
        description="the picture that the places of the fields were taken from; a copy is kept with the configuration"
    )
    patches: Patches = Field(description="[x, y, width, height] in it; one tells the shift, two or more tell turn and scale, too")
    search: int = Field(default=40, ge=1, le=2000, description="pixels around its place in which a patch is looked for")
    min_score: float = Field(default=0.6, ge=0, le=1, description="a patch less alike than this is not found, and the reading unsure")
