"""The kernel says on which file system a folder lies, and that decides whether its events are enough."""

import errno
import os
from pathlib import Path

import pytest

from edged.lib import filesystem
from edged.lib.filesystem import FileSystem, file_system


def test_a_path_and_its_descriptor_are_on_the_same_file_system(tmp_path: Path) -> None:
    """Both forms are asked alike."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        assert file_system(descriptor) == file_system(tmp_path)
    finally:
        os.close(descriptor)


def test_the_kernel_names_what_is_mounted_everywhere() -> None:
    """/dev/shm is a tmpfs, /proc is nothing that we know."""
    assert file_system(Path("/dev/shm")) == FileSystem(name="tmpfs", silent=False)
    assert file_system(Path("/proc")) == FileSystem(name="0x9fa0", silent=False)


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    """As with every other question about a folder."""
    with pytest.raises(FileNotFoundError):
        file_system(tmp_path / "missing")
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        file_system(-1)
    assert caught.value.errno == errno.EBADF


@pytest.mark.parametrize(
    ("magic", "name"),
    [(0x6969, "nfs"), (0xFF534D42, "cifs"), (0xFE534D42, "smb2"), (0x65735546, "fuse"), (0x794C7630, "overlay"), (0x01021997, "9p"),
     (0x00C36400, "ceph")],
)  # fmt: skip
def test_silent_file_systems_are_told_by_their_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, magic: int, name: str) -> None:
    """Their changes come from elsewhere; why a folder is polled is said in one line."""
    monkeypatch.setattr(filesystem, "_magic", lambda _: magic)
    found = file_system(tmp_path)
    assert found == FileSystem(name=name, silent=True)
    assert found.why.startswith(f"{name}: ")
    assert "listed every few seconds" in found.why
