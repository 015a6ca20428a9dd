"""A belt that moves, with the real model: every part is read once, and better than a single frame would."""

from pathlib import Path

import pytest

from scripts.belt import Belt, Tally, played, reader_of, singles
from tests.end_to_end.box import MODELS

PATIENT = {"window": {"seconds": 30, "deadline_seconds": 30}, "file": {"pace": "fast"}}  # time stands still while a frame is read


def play(parts: int, folder: Path) -> tuple[Tally, Tally]:
    """A single frame of each part, and the parts as the camera reads them."""
    reader, section = reader_of(MODELS, PATIENT)
    belt = Belt(parts)
    return singles(belt, reader), played(belt, reader, section, folder / "journal", fast=True)


def test_no_part_is_doubled_or_merged(tmp_path: Path) -> None:
    """Ten equal codes in a row among them; most are answered, and of these at most one is wrong."""
    _, belt = play(24, tmp_path)
    assert (belt.doubled, belt.merged) == (0, 0)
    assert belt.score.answered >= 20
    assert belt.score.wrong <= 1


@pytest.mark.soak
def test_six_hundred_parts_beside_single_frames(tmp_path: Path) -> None:
    """So hard that a single frame misreads a tenth and more: nearly all are answered, and wrong at most a third as often."""
    single, belt = play(600, tmp_path)
    assert 0.10 <= single.score.misread <= 0.40
    assert (belt.doubled, belt.merged) == (0, 0)
    assert belt.score.answered >= 0.95 * 600
    assert belt.score.wrong / belt.score.answered <= single.score.wrong / single.score.answered / 3
