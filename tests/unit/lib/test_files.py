"""Files are whole or not there; moves never overwrite."""

import ctypes
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from edged.lib import files
from edged.lib.files import atomic_write, fsync_dir, rename_noreplace


@pytest.fixture(params=["kernel", "no flag", "no call"])
def offered(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """renameat2 as it is, on a file system without the flag, and in a C library without the call."""

    def refuses(*_: object) -> int:
        ctypes.set_errno(errno.EINVAL)
        return -1

    if request.param != "kernel":
        monkeypatch.setattr(files, "_renameat2", refuses if request.param == "no flag" else None)
    return str(request.param)


@pytest.mark.usefixtures("offered")
def test_a_rename_moves(tmp_path: Path) -> None:
    """The file has its new name only, relative to open folders."""
    (tmp_path / "a").write_text("a")
    (tmp_path / "to").mkdir()
    source, target = os.open(tmp_path, os.O_RDONLY), os.open(tmp_path / "to", os.O_RDONLY)
    rename_noreplace("a", "b", source_fd=source, target_fd=target)
    os.close(source)
    os.close(target)
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "to" / "b").read_text() == "a"


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize("make", [Path.touch, Path.mkdir, lambda path: path.symlink_to("nowhere")], ids=["file", "folder", "dangling link"])
def test_a_rename_never_overwrites(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Whatever has the name keeps it, and the source stays."""
    (tmp_path / "a").write_text("a")
    make(tmp_path / "b")
    before = (tmp_path / "b").lstat().st_ino
    with pytest.raises(FileExistsError):
        rename_noreplace(str(tmp_path / "a"), str(tmp_path / "b"))
    assert (tmp_path / "a").read_text() == "a"
    assert (tmp_path / "b").lstat().st_ino == before


@pytest.mark.usefixtures("offered")
def test_a_rename_says_that_the_source_is_gone(tmp_path: Path) -> None:
    """Somebody else was faster."""
    with pytest.raises(FileNotFoundError):
        rename_noreplace(str(tmp_path / "a"), str(tmp_path / "b"))


@pytest.mark.usefixtures("offered")
def test_a_rename_keeps_names_that_are_not_utf8(tmp_path: Path) -> None:
    """Bytes stay bytes."""
    name = os.fsdecode(b"\xff\n")
    (tmp_path / name).touch()
    rename_noreplace(str(tmp_path / name), str(tmp_path / (name + "x")))
    assert [bytes(path) for path in tmp_path.iterdir()] == [bytes(tmp_path) + b"/\xff\nx"]


def test_an_atomic_write_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    """Old or new content, never both files; the mode is as asked."""
    target = tmp_path / "a"
    for data in (b"old", b"new"):
        atomic_write(target, data, mode=0o600)
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_an_atomic_write_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves the old content, and no temporary file."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        atomic_write(tmp_path / "a", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_an_atomic_write_syncs_the_file_before_its_name_and_the_folder_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut finds the old file or the whole new one."""
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real_fsync(descriptor)

    def replace(source: str, target: Path) -> None:
        steps.append("name")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    atomic_write(tmp_path / "a", b"x")
    assert steps == ["file", "name", "folder"]


def test_a_folder_is_synced_by_path_or_descriptor(tmp_path: Path) -> None:
    """Both forms work, and a missing folder is an OSError."""
    fsync_dir(tmp_path)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fsync_dir(descriptor)
    os.close(descriptor)
    with pytest.raises(FileNotFoundError):
        fsync_dir(tmp_path / "none")


def no_flags(*_: object) -> int:
    """A file system whose rename knows no flags, such as NFS."""
    files.ctypes.set_errno(errno.EINVAL)
    return -1


@pytest.mark.parametrize("links", [True, False])
def test_a_rename_without_flags_moves_and_never_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool) -> None:
    """What is ours is linked, so that the target cannot appear in between; without links the target is looked at first."""

    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(files, "_renameat2", no_flags)
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    (tmp_path / "a").write_text("a")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "taken").write_text("taken")
    for name in ("a", "link"):
        with pytest.raises(FileExistsError):
            rename_noreplace(str(tmp_path / name), str(tmp_path / "taken"), ours=True)
        rename_noreplace(str(tmp_path / name), str(tmp_path / f"new {name}"), ours=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new a", "new link", "taken"]
    assert (tmp_path / "new link").readlink() == Path("nowhere")
    assert (tmp_path / "taken").read_text() == "taken"
    with pytest.raises(FileNotFoundError):
        rename_noreplace(str(tmp_path / "gone"), str(tmp_path / "b"), ours=True)
