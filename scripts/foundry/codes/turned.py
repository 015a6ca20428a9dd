"""Upside down: for a recogniser that has an answer of its own for lines that were photographed the wrong way up."""

import numpy as np

from scripts.foundry.sample import Sample

_SAME = dict(zip("0689HINOSXZox-:|+=·. 1", "0986HINOSXZox-:|+=·. 1", strict=True))
"""What each character reads as when it is turned, as far as it reads at all."""


def upside_down(sample: Sample) -> Sample:
    """The picture turned by 180 degrees; the text is still what stands there."""
    return Sample(image=np.ascontiguousarray(sample.image[::-1, ::-1]), text=sample.text, kind=f"{sample.kind}_upsidedown")


def reads_both_ways(text: str) -> bool:
    """Whether the text is a text upside down as well (916, S1, NO), so that nothing but the context tells which way it stands."""
    return all(character in _SAME for character in text)
