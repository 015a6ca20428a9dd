"""The watcher says so where it cannot watch, and what it could not keep."""

import os
from pathlib import Path

import pytest
from watchdog.observers.inotify_c import InotifyFD

from edged.flow.folder import watch as watch_module
from edged.flow.folder.watch import FolderWatch
from tests.doubles.folder import names, put
from tests.doubles.wait import until


def test_a_missing_permission_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library passes over it and would never report anything; nothing is left open."""
    before = len(names(Path("/proc/self/fd")))
    monkeypatch.setattr(InotifyFD, "add_callback", lambda *_: -1)
    with pytest.raises(PermissionError):
        FolderWatch(str(tmp_path), recursive=False, wake=lambda: None)
    until(lambda: len(names(Path("/proc/self/fd"))) <= before)  # what an earlier test left to end may have ended meanwhile


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("."), lambda path: None], ids=["file", "link", "nothing"])
def test_only_folders_are_watched(tmp_path: Path, make: object) -> None:
    """A link is not followed, and what is gone is an error."""
    make(tmp_path / "in")  # type: ignore[operator]
    watch = FolderWatch(str(tmp_path), recursive=True, wake=lambda: None)
    with pytest.raises(OSError):  # noqa: PT011 - ENOTDIR, ELOOP or ENOENT
        watch.add("in")
    watch.stop()


def test_a_folder_is_watched_once_whatever_its_name(tmp_path: Path) -> None:
    """Renaming changes the names reported; adding again changes nothing."""
    (tmp_path / "in").mkdir()
    watch = FolderWatch(str(tmp_path), recursive=True, wake=lambda: None)
    assert watch.add("in")
    (tmp_path / "in").rename(tmp_path / os.fsdecode(b"\xff"))
    assert not watch.add(os.fsdecode(b"\xff"))
    assert sorted(watch._folders.values()) == ["", os.fsdecode(b"\xff/")]
    watch.stop()
    assert not watch.alive


@pytest.mark.parametrize("end", ["moved", "removed"])
def test_a_watched_folder_that_goes_ends_the_watch(tmp_path: Path, end: str) -> None:
    """A watch follows its folder to a new name: hints would tell of files that are not where the name leads."""
    (tmp_path / "inbox").mkdir()
    watch = FolderWatch(str(tmp_path / "inbox"), recursive=False, wake=lambda: None)
    assert watch.alive
    if end == "moved":
        (tmp_path / "inbox").rename(tmp_path / "other")
    else:
        (tmp_path / "inbox").rmdir()
    until(lambda: not watch.alive)
    watch.stop()


def test_hints_that_nobody_takes_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While intake is stopped a camera may rewrite one file for days: beyond a bound the folder is listed instead."""
    monkeypatch.setattr(watch_module, "_MOST_HINTS", 10, raising=False)
    watch = FolderWatch(str(tmp_path), recursive=False, wake=lambda: None)
    for number in range(50):
        put(tmp_path / f"latest-{number % 2}.png", b"x")  # of equal events in a row the kernel makes one
    until(watch.take_overflow)
    assert len(watch.take_hints()) == 10
    until(lambda: put(tmp_path / "next.png", b"x") and "next.png" in [hint.name for hint in watch.take_hints()])
    watch.stop()
