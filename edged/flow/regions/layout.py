"""From a frame to the lines of its fields, in the order of the fields."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edged.config import FieldSection, PreprocessSection
from edged.errors import FrameRejected
from edged.flow.preprocess import prepare
from edged.flow.quality import Gate
from edged.flow.regions.align import Alignment, Reference
from edged.flow.regions.cut import cut
from edged.flow.regions.places import corners, is_outside, spoken
from edged.lib.beat import Beat, nothing
from edged.types import Box, Laid, Pixels, TextLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """The layout of one source; any thread may call it."""

    fields: Mapping[str, FieldSection]
    preprocess: PreprocessSection
    height: int  # of the model
    gate: Gate
    reference: Reference | None

    def __call__(self, frame: Pixels, _: Beat = nothing) -> Laid:
        """Cut out the line of each field, as far as its place is in the frame, H x W x 3."""
        tall, wide = frame.shape[:2]
        part = self.reference.align(frame) if self.reference is not None else Alignment(move=None)
        places = {name: part.moved(corners(field, wide, tall)) for name, field in self.fields.items()}
        lines: list[TextLine] = []
        doubts, refusals = list(part.doubts), list[str]()
        for name, place in places.items():
            try:
                line, poor = self._line(frame, place, name)
            except FrameRejected as error:
                doubts.append(f"field {name}: {error.reason}")
                continue
            refusals += self.gate.refusals(poor, f"field {name}: ")
            lines.append(replace(line, reasons=(*line.reasons, *poor)))
        return Laid(lines=tuple(lines), reasons=tuple(doubts), refusals=tuple(refusals), places=places)

    def _line(self, frame: Pixels, place: Box, name: str) -> tuple[TextLine, tuple[str, ...]]:
        """The line at a place, and what its quality says against reading it.

        Raises:
            FrameRejected: The place is not in the frame, or no text line.
        """
        tall, wide = frame.shape[:2]
        if is_outside(place, wide, tall):
            moved = f", moved to {[[round(x), round(y)] for x, y in place]}," if place != corners(self.fields[name], wide, tall) else ""
            message = f"its {spoken(self.fields[name])}{moved} is not inside of the frame of {wide} x {tall} pixels"
            raise FrameRejected(message, hint="correct the place, or the camera")
        crop = cut(frame, place)
        return replace(prepare(crop, self.preprocess, self.height), box=place, field=name), self.gate.reasons(crop)
