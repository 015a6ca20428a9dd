"""No cut picture is ever taken for a whole one."""

import random

import pytest

from edged.errors import FrameIncomplete
from edged.flow.formats import inspect
from tests.doubles.pictures.catalogue import Readable, readable

CUTS = 10_000


def test_no_random_truncation_is_read_as_whole() -> None:
    """Ten thousand pictures cut at random bytes all say that more bytes must follow."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # the run can be repeated
    rng = random.Random(seed)
    wrong = []
    for picture in rng.choices(readable(), k=CUTS):
        length = rng.randrange(picture.end or len(picture.data))
        try:
            inspect(picture.data[:length])
        except FrameIncomplete:
            continue
        except Exception as error:  # noqa: BLE001  # the wrong verdict is what we count
            wrong.append((picture.name, length, repr(error)))
        else:
            wrong.append((picture.name, length, "whole"))
    assert not wrong, f"seed {seed}: {len(wrong)} of {CUTS}: {wrong[:5]}"


@pytest.mark.parametrize("picture", readable(), ids=lambda p: p.name)
def test_a_picture_without_its_last_bytes_is_not_whole(picture: Readable) -> None:
    """One byte less is enough, and so is each of the next sixty."""
    end = picture.end or len(picture.data)
    for length in range(end - 60, end):
        with pytest.raises(FrameIncomplete):
            inspect(picture.data[:length])


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_cut_picture_that_is_filled_up_with_zeros_is_not_whole(kind: str) -> None:
    """A copy that reserved its whole length first is still being written while its tail is zeros."""
    rng = random.Random(7)
    for picture in (p for p in readable() if p.name.startswith(kind)):
        end = picture.end or len(picture.data)
        for _ in range(40):
            data = picture.data[: rng.randrange(end - 20)].ljust(end + 64, b"\0")
            with pytest.raises(FrameIncomplete):
                inspect(data)


def test_every_picture_is_whole_before_it_is_cut() -> None:
    """The pictures that are cut above pass as they are, so the verdicts above come from the cut."""
    assert {str(inspect(picture.data).format) for picture in readable()} == {"JPEG", "PNG", "BMP", "TIFF", "WebP"}
