"""A renamed or removed source leaves no file behind without a word."""

from pathlib import Path

import pytest

from edged.errors import OutboxError
from edged.flow.folder.former import former_work, remedy

CLAIMED = "01a20673-b713-7a83-b144-3d217e896850~a.jpg"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A work folder that a source used at an earlier start; one claimed file lies in it."""
    folder = tmp_path / "work" / "old" / "one"
    folder.mkdir(parents=True)
    (folder / CLAIMED).touch()
    assert former_work(tmp_path / "memory", [folder]) == ()
    return folder


def test_a_folder_that_no_source_uses_is_told_until_it_is_empty(tmp_path: Path, old: Path) -> None:
    """At each start, with its path and what to do; its lock is no file."""
    (old / ".lock").touch()
    new = tmp_path / "work" / "new" / "one"
    for _ in range(2):
        assert former_work(tmp_path / "memory", [new]) == (old,)
    assert str(old) in remedy(old)
    (old / CLAIMED).unlink()
    assert former_work(tmp_path / "memory", [new]) == ()
    (old / CLAIMED).touch()  # forgotten
    assert former_work(tmp_path / "memory", [new]) == ()


def test_a_folder_that_is_gone_is_forgotten(tmp_path: Path, old: Path) -> None:
    """Another edged that shared it adopted its files, or somebody moved them."""
    (old / CLAIMED).unlink()
    old.rmdir()
    assert former_work(tmp_path / "memory", []) == ()


def test_a_source_that_comes_back_uses_its_folder_again(tmp_path: Path, old: Path) -> None:
    """Its files are read, there is nothing to tell."""
    assert former_work(tmp_path / "memory", []) == (old,)
    assert former_work(tmp_path / "memory", [old]) == ()
    assert former_work(tmp_path / "memory", []) == (old,)


def test_the_memory_is_only_written_where_it_changes(tmp_path: Path, old: Path) -> None:
    """A start that changes nothing writes nothing."""
    before = (tmp_path / "memory").stat()
    former_work(tmp_path / "memory", [old])
    assert (tmp_path / "memory").stat().st_ino == before.st_ino


@pytest.mark.parametrize("content", [b"{", b"\xff"])
def test_a_damaged_memory_is_told(tmp_path: Path, content: bytes) -> None:
    """It is not taken for an empty one."""
    (tmp_path / "memory").write_bytes(content)
    with pytest.raises(OutboxError, match="memory cannot be read") as refused:
        former_work(tmp_path / "memory", [])
    assert "remove it" in refused.value.hint
