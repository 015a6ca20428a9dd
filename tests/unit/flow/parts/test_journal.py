"""Triggers that have no reading yet."""

from pathlib import Path

import pytest

from edged.errors import SourceError
from edged.flow.parts.journal import Journal, Noted
from edged.types import FrameId
from tests.doubles.clock import START

IDS = [FrameId(f"01a20673-b713-7a83-b144-3d217e89685{n}") for n in range(10)]


def noted(number: int, part: str | None = None) -> Noted:
    return Noted(id=IDS[number], kind="mqtt", at=START, part=part)


def test_what_has_no_reading_is_there_after_a_crash_and_counts_its_attempts(tmp_path: Path) -> None:
    """In order of the ids, with all that was known of them; what was finished is gone."""
    journal = Journal(tmp_path / "state" / "gate.log")
    assert journal.open() == ()
    for number in (0, 1, 2):
        journal.note(noted(number, f"part {number}"))
    assert journal.finish(IDS[1])
    assert not journal.finish(IDS[1])
    left = Journal(tmp_path / "state" / "gate.log").open()
    assert [(one.id, one.part, one.at, one.attempt) for one in left] == [(IDS[n], f"part {n}", START, 2) for n in (0, 2)]
    assert [one.attempt for one in Journal(tmp_path / "state" / "gate.log").open()] == [3, 3]


def test_a_damaged_line_costs_that_line_alone(tmp_path: Path) -> None:
    """The process died in the middle of a word, or the disk is not what it was."""
    file = tmp_path / "gate.log"
    journal = Journal(file)
    journal.open()
    journal.note(noted(0))
    with file.open("ab") as log:
        log.write(b'{"id": 7}\nnot json\n["done"]\n{"done": ["x"]}\n{"id": "01a2')
    again = Journal(file)
    assert [one.id for one in again.open()] == [IDS[0]]
    again.note(noted(1))
    assert [one.id for one in Journal(file).open()] == IDS[:2]


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    """What is over is forgotten now and then; what waits stays."""
    file = tmp_path / "gate.log"
    journal = Journal(file)
    journal.open()
    journal.note(noted(9, "waits"))
    for _ in range(2000):
        journal.note(noted(0))
        journal.finish(IDS[0])
    assert file.stat().st_size < 70_000
    assert [one.part for one in Journal(file).open()] == ["waits"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """What, where, and what to do."""
    (tmp_path / "state").write_text("a file")
    with pytest.raises(SourceError, match=r"gate\.log cannot be written") as raised:
        Journal(tmp_path / "state" / "gate.log").open()
    assert "state_dir" in raised.value.hint
