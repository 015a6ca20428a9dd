"""How good the picture of a text line must be."""

from typing import Literal

from pydantic import Field

from edged.config.types import Section


class QualitySection(Section):
    """What is measured on each text line before it is read, with its limits.

    The limits are where reading begins to fail; ARCHITECTURE.md has the figures.
    """

    mode: Literal["off", "warn", "reject"] = Field(
        default="off",
        description="off measures nothing; warn makes the reading unsure, reject rejects the picture, with each measure that fails",
    )
    min_sharpness: float = Field(
        default=14.0,
        ge=0,
        le=100,
        description="per cent of the contrast that an edge crosses in a 32nd of the line's height; focus, motion",
    )
    min_contrast: float = Field(default=20.0, ge=0, le=255, description="between the darkest and the lightest twentieth; light, distance")
    min_brightness: float = Field(default=48.0, ge=0, le=255, description="of the lightest twentieth; lamp, exposure")
    max_glare: float = Field(
        default=3.0, ge=0, le=1000, description="saturated spots, per cent of a square as high as the line; reflections"
    )
    max_faded: float = Field(
        default=0.75,
        ge=0,
        le=1000,
        description="ink that fades out on white, per cent of a square as high as the line; reflections on paper, worn print",
    )
    max_noise: float = Field(default=12.0, ge=0, le=100, description="of each colour, per cent of the contrast; gain, exposure")
    max_clipped: float = Field(
        default=97.0, ge=0, le=100, description="per cent of the ink that hangs on ink at an edge of the crop; the box"
    )
    min_height: float = Field(default=16.0, ge=0, le=1000, description="of the text in pixels; distance, lens")
    min_size: int = Field(default=8, ge=0, le=1000, description="shorter side of the crop in pixels")
