"""A character that stands alone where text was looked for: stains, windows and handles look like one."""

from dataclasses import replace
from typing import Final

from edged.types import Corrected

_COUNTS_AS: Final = 10  # characters: of 18 textures taken for one, 17 were not as sure


def doubted_alone(corrected: Corrected, unsure_below: float) -> Corrected:
    """A text of one character must be so sure that as many as it counts for would be; with the doubt, where it is not."""
    sure = corrected.transcript.confidence
    if corrected.doubt is not None or len(corrected.transcript.text.strip()) != 1 or sure**_COUNTS_AS >= unsure_below:
        return corrected
    return replace(corrected, doubt=f"one character alone at {sure:.3f} may be none")
