"""How the pictures of a source are read, wherever they come from."""

from typing import Literal

from pydantic import Field

from edged.config.box import ModelSection
from edged.config.evidence import EvidenceSection
from edged.config.places import AlignSection
from edged.config.quality import QualitySection
from edged.config.rules import FieldSection, RulesSection
from edged.config.types import Name, Section


class LimitsSection(Section):
    """What is refused before it is decoded."""

    max_file_bytes: int = Field(default=32 * 2**20, ge=1024, le=2**30, description="larger files are refused unread")
    max_pixels: int = Field(default=40_000_000, ge=1024, le=2**28, description="width times height, from the header")
    max_side: int = Field(default=16_384, ge=32, le=65_535, description="longest side in pixels, from the header")


class PreprocessSection(Section):
    """Steps between the upright picture and the model; the order is fixed, each can be switched.

    The defaults are the chain that reads most lines right; ARCHITECTURE.md has the ablation.
    """

    fade: bool = Field(default=False, description="fade the colours to a third; for coloured noise")
    grey: bool = Field(default=False, description="drop the colours")
    contrast: bool = Field(default=False, description="CLAHE on the lightness")
    denoise: bool = Field(default=False, description="non-local means, slow")
    binarise: bool = Field(default=False, description="adaptive threshold; hurts photographs")
    deskew: bool = Field(default=False, description="straighten lines tilted within 15 degrees")
    invert: bool = Field(default=False, description="turn light text on dark into dark on light")


class ReadingSection(Section):
    """How the pictures of a source are read."""

    layout: Literal["whole", "regions", "detect"] = Field(
        default="whole",
        description="whole: one text line; regions: a line at the place of each field; detect: text is looked for, each line is read",
    )
    empty: Literal["ok", "unsure"] = Field(default="unsure", description="with layout detect, what a picture without any text is")
    tall: Literal["turned", "stacked"] = Field(
        default="turned", description="with layout detect, a tall text is turned by 90 degrees, or its characters stand upright in a column"
    )
    unsure_below: float = Field(default=0.8, ge=0, le=1, description="a text less confident than this is unsure")
    rules: RulesSection = Field(default=RulesSection(), description="what is known of each text line, unless it is a field")
    fields: dict[Name, FieldSection] = Field(default={}, description="named texts; with layout whole one, and it is the whole line")
    align: AlignSection | None = Field(
        default=None, description="with layout regions: find the part first; none leaves the places as they are"
    )
    model: ModelSection | None = Field(default=None, description="none takes the model of the daemon")
    limits: LimitsSection = Field(default=LimitsSection(), description="what is refused before it is decoded")
    quality: QualitySection = Field(default=QualitySection(), description="how good the picture of a text line must be")
    preprocess: PreprocessSection = Field(default=PreprocessSection(), description="steps between picture and model")
    evidence: EvidenceSection = Field(default=EvidenceSection(), description="pictures of readings with what was read drawn in")

    @property
    def reads_with(self) -> ModelSection | None:
        """The model of its field, else its own; None where it reads with the daemon's."""
        return next((field.model for field in self.fields.values() if field.model), self.model)
