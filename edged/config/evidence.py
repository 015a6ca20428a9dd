"""Which readings leave a picture, and for how long."""

from typing import Literal

from pydantic import Field

from edged.config.types import Section

Which = Literal["none", "failed", "unsure", "all"]


class EvidenceSection(Section):
    """Pictures of readings with boxes, texts, confidences and reasons drawn in."""

    keep: Which = Field(
        default="none",
        description="whose pictures are kept in state_dir/evidence/<source>: none, failed (rejected, too), unsure (and failed), all",
    )
    days: int = Field(default=7, ge=0, le=3650, description="days on which edged ran with its clock set; 0 sets no limit")
    max_bytes: int = Field(default=2**28, ge=0, le=2**60, description="the oldest go first; 0 sets no limit")
    image: Which = Field(default="none", description="whose pictures go to <base>/image/<source>, as a JPEG of 60 kB at most; as for keep")
    image_retained: bool = Field(default=False, description="whether the broker keeps the last of them")

    @property
    def wanted(self) -> bool:
        """Whether anybody wants a picture."""
        return self.keep != "none" or self.image != "none"
