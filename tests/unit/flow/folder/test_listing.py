"""A listing shows what may be an input, and never leaves the folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.config.folder import IGNORED
from edged.flow.folder.listing import Entry, Ignored, Listing, folder_inside, list_folder
from tests.doubles.folder import names


@pytest.fixture
def root(tmp_path: Path) -> Iterator[int]:
    """The folder, open."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def listed(root: int, start: str = "", *, recursive: bool = False, known: tuple[str, ...] = ()) -> Listing:
    return list_folder(root, start, recursive=recursive, ignored=Ignored(IGNORED), known=known.__contains__, beat=lambda: None)


def test_oldest_first_then_by_name(tmp_path: Path, root: int) -> None:
    """The order in which files that lay there are taken."""
    for name, time in {"c": 5, "b": 9, "a": 9, "d": 1}.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time, time))
    assert [entry.name for entry in listed(root).entries] == ["d", "c", "a", "b"]


def test_ignored_and_known_names_are_left_out(tmp_path: Path, root: int) -> None:
    """Temporary names of the usual uploaders are no inputs; case matters."""
    for name in ("a.jpg", "b.jpg", ".hidden", "a.part", "a.tmp", "a.filepart", "~$a", "Thumbs.db", "A.PART"):
        (tmp_path / name).touch()
    assert {entry.name for entry in listed(root, known=("b.jpg",)).entries} == {"a.jpg", "A.PART"}


def test_no_patterns_ignore_nothing() -> None:
    """An empty list is not a pattern that matches all."""
    assert not Ignored(())("a")
    assert Ignored(("[ab].*",))("a.jpg")


def test_folders_inside_are_entered_only_where_asked(tmp_path: Path, root: int) -> None:
    """They are named either way; links to folders never are entered."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "@eaDir").mkdir()
    for place in ("in", "in/deep", "@eaDir"):
        (tmp_path / place / "a.jpg").touch()
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "in" / "up").symlink_to("..")
    flat, deep = listed(root), listed(root, recursive=True)
    assert flat.folders == ["in"]
    assert {entry.name for entry in flat.entries} == {"loop"}
    assert deep.folders == ["in", "in/deep"]
    assert {entry.name for entry in deep.entries} == {"loop", "in/a.jpg", "in/up", "in/deep/a.jpg"}
    assert {entry.name for entry in listed(root, "in", recursive=True).entries} == {"in/a.jpg", "in/up", "in/deep/a.jpg"}


def test_only_plain_files_are_regular(tmp_path: Path, root: int) -> None:
    """A link is told from its target."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    assert {entry.name: entry.regular for entry in listed(root).entries} == {"file": True, "link": False, "pipe": False}


def test_no_step_of_a_path_follows_a_link(tmp_path: Path, root: int) -> None:
    """A folder that was replaced by a link leads nowhere."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "l").symlink_to("a")
    with folder_inside(root, "a/b") as folder:
        assert os.path.samestat(os.fstat(folder), (tmp_path / "a" / "b").stat())
    for path in ("l", "l/b", "a/b/c"):
        with pytest.raises(OSError), folder_inside(root, path):  # noqa: PT011 - ELOOP, ENOTDIR or ENOENT
            pass


def test_opening_folders_leaks_nothing(tmp_path: Path, root: int) -> None:
    """Neither a good nor a bad path keeps a descriptor."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    before = len(names(Path("/proc/self/fd")))
    for path in ("", "a", "a/b", "a/x", "a/b/x", "x"):
        try:
            with folder_inside(root, path):
                pass
        except FileNotFoundError:
            pass
    assert len(names(Path("/proc/self/fd"))) == before


def test_a_large_folder_gives_signs_of_life(tmp_path: Path, root: int) -> None:
    """The watchdog of the service sees progress."""
    for number in range(2500):
        (tmp_path / str(number)).touch()
    beats: list[int] = []
    list_folder(root, "", recursive=False, ignored=Ignored(()), known=lambda name: False, beat=lambda: beats.append(1))
    assert len(beats) == 3


def test_a_sieve_sees_a_bounded_number_of_entries_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it leaves out never piles up: a share may hold any number of files that were read long ago."""
    monkeypatch.setattr("edged.flow.folder.listing._CHUNK", 3)
    for number in range(10):
        (tmp_path / f"{number}").touch()
    chunks = list[int]()

    def sift(entries: list[Entry]) -> list[Entry]:
        chunks.append(len(entries))
        return [entry for entry in entries if entry.name == "7"]

    root = os.open(tmp_path, os.O_RDONLY)
    try:
        found = list_folder(root, "", recursive=False, ignored=Ignored(()), known=lambda _: False, beat=lambda: None, sift=sift)
    finally:
        os.close(root)
    assert chunks == [3, 3, 3, 1]
    assert [entry.name for entry in found.entries] == ["7"]
