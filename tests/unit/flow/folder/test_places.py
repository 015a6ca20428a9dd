"""A source is refused at start where files could not be moved, with what to do."""

import errno
import os
from pathlib import Path

import pytest

from edged.errors import SourceError
from edged.flow.folder.places import Places, places_of, prove_moves
from edged.types import SourceName
from tests.doubles.folder import section

NAME = SourceName("inbox")


def test_the_other_folders_lie_beside_the_inbox(tmp_path: Path) -> None:
    """<parent>/work/<source> and so on, made where they are missing."""
    (tmp_path / "inbox").mkdir()
    places = places_of(NAME, section(tmp_path / "inbox"))
    assert (places.work, places.done, places.failed) == tuple(tmp_path / role / "inbox" for role in ("work", "done", "failed"))
    assert places.failed.is_dir()


def test_a_missing_inbox_is_refused_with_a_remedy(tmp_path: Path) -> None:
    """It is not made: a typing error would be watched for ever."""
    with pytest.raises(SourceError, match="there is no such folder") as refusal:
        places_of(NAME, section(tmp_path / "inbox"))
    assert "mkdir -p" in refusal.value.hint
    assert refusal.value.exit_code == 74  # a mount may come later: systemd tries again


def test_a_file_is_no_inbox(tmp_path: Path) -> None:
    """What was found is said."""
    (tmp_path / "inbox").touch()
    with pytest.raises(SourceError, match="it is not a folder") as refusal:
        places_of(NAME, section(tmp_path / "inbox"))
    assert refusal.value.exit_code == 78


@pytest.mark.parametrize("role", ["work", "done", "failed"])
@pytest.mark.parametrize("where", ["inbox", "inbox/inside", ".", "link/inside"])
def test_no_folder_lies_inside_another(tmp_path: Path, role: str, where: str) -> None:
    """What is filed there would be read again; links do not hide it."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "link").symlink_to("inbox")
    with pytest.raises(SourceError, match=role) as refusal:
        places_of(NAME, section(tmp_path / "inbox", **{role: tmp_path / where}))
    assert refusal.value.exit_code == 78


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """With the reason of the system."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "done").touch()
    with pytest.raises(SourceError, match=r"done folder .* cannot be made") as refusal:
        places_of(NAME, section(tmp_path / "inbox"))
    assert refusal.value.exit_code == 74


def open_places(root: Path) -> Places:
    (root / "inbox").mkdir()
    places = places_of(NAME, section(root / "inbox"))
    (places.work / "one").mkdir()
    return places


def test_the_proof_leaves_nothing(tmp_path: Path) -> None:
    """Also after an earlier one was killed half way."""
    places = open_places(tmp_path)
    (places.inbox / ".edged-probe-one").mkdir()
    (places.done / ".edged-probe-one").mkdir()
    for _ in range(2):
        prove_moves(places, places.work / "one")
    assert not list(tmp_path.rglob(".edged*"))


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.EXDEV, "one file system"),
        (errno.EACCES, "write access"),
        (errno.EROFS, "writable"),
        (errno.ENOSPC, "room"),
        (errno.EIO, "disk"),
    ],
)
def test_a_move_that_fails_is_refused_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, remedy: str) -> None:
    """Both folders are named, and nothing is left in the inbox."""
    places = open_places(tmp_path)
    real = os.rename

    def refuse(source: Path, target: Path) -> None:
        if target.is_relative_to(places.done):
            raise OSError(code, os.strerror(code))
        real(source, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(SourceError) as refusal:
        prove_moves(places, places.work / "one")
    assert str(places.work) in str(refusal.value)
    assert str(places.done) in str(refusal.value)
    assert remedy in refusal.value.hint
    assert refusal.value.exit_code == 74  # systemd tries again
    assert not list(tmp_path.rglob(".edged*"))


def test_another_file_system_is_refused(tmp_path: Path) -> None:
    """A real one, where the machine has one."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    (tmp_path / "inbox").mkdir()
    done = memory / f"edged-test-{os.getpid()}"
    places = places_of(NAME, section(tmp_path / "inbox", done=done))
    (places.work / "one").mkdir()
    try:
        with pytest.raises(SourceError, match="Invalid cross-device link"):
            prove_moves(places, places.work / "one")
    finally:
        done.rmdir()
