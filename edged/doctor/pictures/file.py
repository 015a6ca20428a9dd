"""What the file is, and whether it can be decoded at all."""

from collections.abc import Iterator
from typing import Final

from edged.doctor.finding import Finding, bad, good
from edged.doctor.pictures.sight import Sight
from edged.errors import FrameError
from edged.flow.decode import decode
from edged.flow.formats import Header, inspect

_TURNS: Final = {
    2: "mirrored",
    3: "turned by 180 degrees",
    4: "mirrored upside down",
    5: "mirrored and turned by 90 degrees",
    6: "turned by 90 degrees clockwise",
    7: "mirrored and turned by 90 degrees",
    8: "turned by 90 degrees counterclockwise",
}


def look(sight: Sight) -> Iterator[Finding]:
    """Format, size, whether it is whole, and how its EXIF turns it."""
    data, problem = sight.delivery.data, sight.delivery.problem
    if data is None:
        what, _, remedy = (problem.reason if problem else "the file cannot be read").partition("; ")
        yield bad(what, remedy or "see that it is a file, that it is whole, and that you may read it")
        return
    try:
        header = inspect(data)
        yield good(told(header, len(data)))
        if header.orientation in _TURNS:
            yield good(f"its EXIF says {header.orientation}: it is {_TURNS[header.orientation]} before it is read")
        if sight.image is None:
            decode(data, sight.source.limits)
    except FrameError as error:
        yield bad(str(error), error.hint or "save the picture again as PNG or JPEG")


def told(header: Header, size: int) -> str:
    """The header in a line."""
    parts = [f"{header.format} of {header.width} x {header.height} pixels", header.colour, f"{header.depth} bits", f"{size:,} bytes"]
    return f"{', '.join(parts)}: a whole file"
