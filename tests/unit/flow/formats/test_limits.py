"""Refusals by size say the number and the key that changes it."""

import pytest

from edged.config import LimitsSection
from edged.errors import FrameRejected
from edged.flow.formats import Format, Header, check_limits, check_size


def header(width: int, height: int, frames: int = 1) -> Header:
    """A PNG of that size."""
    return Header(format=Format.PNG, width=width, height=height, colour="grey", frames=frames)


LIMITS = LimitsSection(max_file_bytes=2048, max_pixels=10_000, max_side=500)


@pytest.mark.parametrize(
    ("picture", "size", "words"),
    [
        (header(1, 1), 2049, ("2049", "2048", "limits.max_file_bytes")),
        (header(501, 1), 1, ("501x1", "500", "limits.max_side")),
        (header(1, 501), 1, ("1x501", "500", "limits.max_side")),
        (header(101, 100), 1, ("10100", "10000", "limits.max_pixels")),
        (header(10, 10, frames=3), 1, ("3 pictures", "split")),
    ],
)
def test_a_picture_beyond_a_limit_is_refused_with_its_key(picture: Header, size: int, words: tuple[str, ...]) -> None:
    """Both numbers and the key to change stand in the reason."""
    with pytest.raises(FrameRejected) as caught:
        check_limits(picture, LIMITS, size)
    assert all(word in caught.value.reason for word in words)


@pytest.mark.parametrize("picture", [header(1, 1), header(500, 20), header(100, 100)])
def test_a_picture_at_the_limits_is_taken(picture: Header) -> None:
    """The limits themselves are permitted, and so is a single pixel."""
    check_limits(picture, LIMITS, 2048)
    check_size(2048, LIMITS)
