"""What is known of the texts of a place."""

from pydantic import Field

from edged.config.box import ModelSection
from edged.config.places import BoxPlace, QuadPlace
from edged.config.types import ConfusionSets, FilePath, Section, Text, TextPattern


class RulesSection(Section):
    """What every text line here looks like; a text that does not is corrected, or unsure."""

    pattern: TextPattern | None = Field(default=None, description="what the whole text looks like, as a regular expression; none takes any")
    confusions: ConfusionSets = Field(
        default="default",
        description="what a pattern may exchange: default, none, seen (all that the model hesitated about), or a list of look-alikes",
    )
    drop_spaces: bool = Field(default=True, description="a pattern may leave out a space that it does not want")
    dictionary: tuple[Text, ...] = Field(default=(), description="every text that may stand here; case counts")
    dictionary_file: FilePath | None = Field(default=None, description="the same as a file, UTF-8, one text per line")
    max_distance: int = Field(
        default=1, ge=0, le=8, description="edits to the nearest text of the dictionary at most; two equally near change nothing"
    )


class FieldSection(RulesSection):
    """A named text of the picture, with rules and perhaps a model of its own."""

    box: BoxPlace | None = Field(default=None, description="its place with layout regions: [x, y, width, height], in pixels or per cent")
    quad: QuadPlace | None = Field(default=None, description="or its four corners, clockwise from the top left of the text")
    model: ModelSection | None = Field(default=None, description="what reads it; none takes the model of the source")
