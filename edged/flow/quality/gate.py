"""The measures of a line against the limits of its source."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from edged.config import QualitySection
from edged.flow.quality.measures import Measures, measure
from edged.types import Pixels

# Where trouble begins, and how much more of it is as bad as another one's: fitted on half of the labelled lines.
_TROUBLE: Final[Mapping[str, tuple[float, float]]] = {"sharpness": (22.0, -6.0), "clipped": (50.0, 20.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One measure with its limit."""

    name: str
    value: float
    limit: float
    least: bool  # the limit is the least that is wanted; else the most

    @property
    def failed(self) -> bool:
        """Whether it lies beyond its limit."""
        return self.value < self.limit if self.least else self.value > self.limit

    @property
    def shown(self) -> str:
        """The value, with a digit more where whole numbers would not tell it from the limit."""
        rounded = f"{self.value:.0f}"
        return rounded if rounded != f"{self.limit:g}" else f"{self.value:.1f}"

    @property
    def reason(self) -> str:
        """`sharpness 9 < 14`."""
        return f"{self.name} {self.shown} {'<' if self.least else '>'} {self.limit:g}"


class Gate:
    """Measures lines."""

    def __init__(self, section: QualitySection) -> None:
        self.mode = section.mode
        limits = {name: getattr(section, name) for name in type(section).model_fields if name != "mode"}
        self._limits = {name.partition("_")[2]: (float(limit), name.startswith("min_")) for name, limit in limits.items()}

    @property
    def rejects(self) -> bool:
        """Whether a measure that fails rejects the picture, instead of making its reading unsure."""
        return self.mode == "reject"

    def measured(self, image: Pixels) -> tuple[Measured, ...]:
        """Each measure of a crop at its own size, H x W x 3, beside its limit."""
        found: dict[str, float] = asdict(measure(image))
        return tuple(Measured(name=name, value=found[name], limit=limit, least=least) for name, (limit, least) in self._limits.items())

    def reasons(self, image: Pixels) -> tuple[str, ...]:
        """What speaks against reading this crop; nothing where the gate is off."""
        if self.mode == "off":
            return ()
        return tuple(one.reason for one in self.measured(image) if one.failed)

    def refusals(self, reasons: Iterable[str], where: str = "") -> tuple[str, ...]:
        """What of the reasons of a line refuses its frame, beginning with *where* it stands; nothing where they only make it unsure."""
        return tuple(f"{where}{reason}" for reason in reasons) if self.rejects else ()


def badness(measures: Measures) -> float:
    """One number to sort lines by: how far those measures that tell most lie beyond where trouble begins; 0 is no trouble."""
    values: dict[str, float] = asdict(measures)
    return sum(max(0.0, (values[name] - begins) / scale) for name, (begins, scale) in _TROUBLE.items())
