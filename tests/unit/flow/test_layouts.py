"""The layout that looks for text, on a detector that finds what it is told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from edged.config import FolderSection
from edged.flow.at_once import AtOnce
from edged.flow.detect import Corners, Detector
from edged.layouts import detected
from edged.types import Character, Laid, Pixels, Transcript


class Found:
    """A detector that found so many texts, one below the other."""

    def __init__(self, count: int) -> None:
        self._count = count

    def find(self, _image: Pixels, **_keys: Any) -> list[Corners]:
        return [np.array(((5, y), (45, y), (45, y + 8), (5, y + 8)), np.float32) for y in range(0, 10 * self._count, 10)]


class Sure:
    """Reads each cut as the same sure text."""

    prepared = staticmethod(lambda cut: cut)

    def __call__(self, cuts: Sequence[Pixels], **_keys: Any) -> list[Transcript]:
        return [
            Transcript(text="A", confidence=1.0, characters=(Character(text="A", confidence=1.0, alternative="", margin=1.0),))
            for _ in cuts
        ]


def laid(count: int) -> Laid:
    section = FolderSection(path=Path("/"), layout="detect")
    layout = detected(section, cast("Detector", Found(count)), cast("AtOnce", Sure()), lambda: None)
    return layout(np.full((10 * count, 50, 3), 255, np.uint8))


@pytest.mark.parametrize(("count", "told"), [(999, ()), (1000, ("1000 texts were found",))])
def test_a_page_of_more_texts_than_a_look_finds_says_so(count: int, told: tuple[str, ...]) -> None:
    """The smallest were left out: it is not a page that was read whole."""
    found = laid(count)
    assert len(found.lines) == count
    assert tuple(reason.partition(",")[0] for reason in found.reasons) == told
