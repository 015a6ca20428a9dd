"""When a camera's part is there, and which of its frames are read."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from edged.config.places import BoxPlace
from edged.config.types import FilePath, Section


class TriggerSection(Section):
    """What says that a part is there; each time it does, there is one reading."""

    kind: Literal["presence", "motion", "interval", "mqtt", "gpio"] = Field(
        default="presence",
        description="presence: text appears where none was; motion: something moves; interval: the clock; mqtt: a request; gpio: a line",
    )
    region: BoxPlace | None = Field(
        default=None,
        description="where presence and motion look, and frames are compared: [x, y, width, height], pixels or per cent; none is all",
    )
    min_text: float = Field(
        default=3.0,
        ge=0.5,
        le=50,
        description="presence: strokes side by side in a quarter of the region's width; well below it, nothing is there",
    )
    min_motion: float = Field(
        default=2.0, ge=0.1, le=90, description="motion: per cent of the region that changed; well below it, nothing moves"
    )
    empty_frames: int = Field(
        default=2, ge=1, le=100, description="presence and motion: frames in a row without it, before the next part can come"
    )
    every_seconds: float = Field(default=1.0, ge=0.05, le=86_400, description="interval: seconds between two parts")
    chip: FilePath = Field(default=Path("/dev/gpiochip0"), description="gpio: the chip")
    line: int = Field(default=0, ge=0, le=1023, description="gpio: number of the line on the chip")
    edge: Literal["rising", "falling"] = Field(default="rising", description="gpio: which edge says that a part is there")
    debounce_ms: float = Field(default=5.0, ge=0, le=1000, description="gpio: shorter pulses are ignored")


class WindowSection(Section):
    """Which frames of a part are read; the readings are put together by a vote."""

    seconds: float = Field(
        default=0.5, ge=0, le=30, description="frames count so long after the trigger; with presence, while the text is there"
    )
    before_seconds: float = Field(default=0.0, ge=0, le=1, description="and so long before it: for triggers that come late")
    deadline_seconds: float = Field(
        default=1.0, ge=0.05, le=30, description="no frame is begun later: a part has its reading then, whatever was read"
    )
    frames: int = Field(default=5, ge=1, le=20, description="frames that are read at most, the sharpest first")
    agree: int = Field(default=2, ge=1, le=20, description="frames that must say the same, surely, before the others are not read")
