"""The golden set: each odd picture equals its plain equivalent, or is refused for a stated reason."""

import numpy as np
import pytest

from edged.config import LimitsSection
from edged.flow.decode import decode
from tests.doubles.pictures.catalogue import Readable, readable
from tests.doubles.pictures.refusals import Refused, refused


@pytest.mark.parametrize("picture", readable(), ids=lambda p: p.name)
def test_an_odd_picture_equals_its_plain_equivalent(picture: Readable) -> None:
    """The pixels are upright, 8-bit BGR and within the stated tolerance."""
    found = decode(picture.data, LimitsSection())
    assert found.image.dtype == np.uint8
    assert found.image.flags.c_contiguous
    assert (found.height, found.width) == found.image.shape[:2]
    assert found.image.shape == picture.expected.shape
    assert np.abs(found.image.astype(int) - picture.expected).max() <= picture.tolerance


@pytest.mark.parametrize("picture", refused(), ids=lambda p: p.name)
def test_a_picture_that_is_not_read_says_why(picture: Refused) -> None:
    """The error is of the right kind, says what was found, and what to do."""
    with pytest.raises(picture.error) as caught:
        decode(picture.data, LimitsSection())
    assert type(caught.value) is picture.error
    assert picture.says in str(caught.value)
    assert caught.value.hint


def test_the_golden_set_is_large() -> None:
    """At least forty odd pictures are kept, with different names."""
    names = [p.name for p in (*readable(), *refused())]
    assert len(names) >= 40
    assert len(set(names)) == len(names)
