"""An entry is read once and whole, or not at all."""

import errno
import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.flow.folder import content
from edged.flow.folder.content import Changing, examine
from edged.types import Outcome


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """The folder, open."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def test_a_file_is_read_and_hashed(tmp_path: Path, folder: int) -> None:
    """Bytes, size and digest are of one reading."""
    (tmp_path / "a").write_bytes(b"abc")
    found = examine("a", folder, 3)
    assert (found.data, found.size, found.sha256, found.problem) == (b"abc", 3, hashlib.sha256(b"abc").hexdigest(), None)


def test_an_empty_file_is_a_file(tmp_path: Path, folder: int) -> None:
    """Whether nothing is a picture is not decided here."""
    (tmp_path / "a").touch()
    assert examine("a", folder, 3).data == b""


def test_a_file_that_is_too_large_is_not_opened(tmp_path: Path, folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sparse terabyte costs nothing."""
    with (tmp_path / "a").open("wb") as file:
        file.truncate(2**40)
    monkeypatch.setattr(content, "_read", None)
    found = examine("a", folder, 1000)
    assert found.problem is not None
    assert found.problem.outcome is Outcome.REJECTED
    assert str(2**40) in found.problem.reason
    assert "limits.max_file_bytes" in found.problem.reason


def test_what_is_no_file_is_never_opened(tmp_path: Path, folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a pipe or a device may block or act."""
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket"))
        monkeypatch.setattr(content, "_read", None)
        for name, kind in {"link": "symbolic link", "pipe": "named pipe", "folder": "folder", "socket": "socket"}.items():
            found = examine(name, folder, 1000)
            assert found.problem is not None
            assert kind in found.problem.reason
            assert (found.data, found.size) == (None, None)


@pytest.mark.parametrize("becomes", ["link", "socket", "other file", "pipe"])
def test_a_swap_between_look_and_open_is_noticed(tmp_path: Path, folder: int, monkeypatch: pytest.MonkeyPatch, becomes: str) -> None:
    """The name comes to mean something else: nothing is read through it."""
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "secret").write_bytes(b"xyz")
    real = os.open

    def swapped(name: str, flags: int, **keys: int) -> int:
        (tmp_path / "a").unlink()
        if becomes == "link":
            (tmp_path / "a").symlink_to("secret")
        elif becomes == "other file":
            (tmp_path / "secret").rename(tmp_path / "a")
        elif becomes == "pipe":
            os.mkfifo(tmp_path / "a")
        else:
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(os.path.relpath(tmp_path / "a"))
        assert flags & os.O_NOFOLLOW
        assert flags & os.O_NONBLOCK
        return real(name, flags, **keys)

    monkeypatch.setattr(os, "open", swapped)
    monkeypatch.setattr(content, "_read_all", None)
    with pytest.raises(Changing):
        examine("a", folder, 1000)


@pytest.mark.parametrize("change", [b"abcd", b"ab", b"xyz"], ids=["grows", "shrinks", "rewritten"])
def test_a_write_while_we_read_is_noticed(tmp_path: Path, folder: int, monkeypatch: pytest.MonkeyPatch, change: bytes) -> None:
    """Half of the old and half of the new is never delivered."""
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    os.utime(path, (1, 1))
    real = os.read

    def writes(descriptor: int, size: int) -> bytes:
        data = real(descriptor, size)
        path.write_bytes(change)
        return data

    monkeypatch.setattr(os, "read", writes)
    with pytest.raises(Changing):
        examine("a", folder, 1000)


def test_short_reads_are_joined(tmp_path: Path, folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel may give less than asked for."""
    (tmp_path / "a").write_bytes(b"abcdefg")
    real = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: real(descriptor, min(size, 3)))
    assert examine("a", folder, 1000).data == b"abcdefg"


def _fails(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "open", refuse)


def test_a_missing_permission_names_owner_mode_and_remedy(tmp_path: Path, folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator knows whose umask to look at."""
    (tmp_path / "a").touch(mode=0o600)
    _fails(monkeypatch, errno.EACCES)
    found = examine("a", folder, 1000)
    assert found.denied
    assert found.problem is not None
    assert all(word in found.problem.reason for word in ("owner", "mode 0600", "umask"))


def test_a_damaged_disk_fails_the_file(tmp_path: Path, folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """EIO is about this file."""
    (tmp_path / "a").touch()
    _fails(monkeypatch, errno.EIO)
    found = examine("a", folder, 1000)
    assert found.problem is not None
    assert found.problem.outcome is Outcome.FAILED


def test_a_shortage_of_ours_does_not_fail_the_file(tmp_path: Path, folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many open files says nothing of the picture."""
    (tmp_path / "a").touch()
    _fails(monkeypatch, errno.EMFILE)
    with pytest.raises(OSError, match="Too many open files"):
        examine("a", folder, 1000)


def test_a_file_that_is_gone_is_gone(folder: int) -> None:
    """Somebody else took it."""
    with pytest.raises(FileNotFoundError):
        examine("a", folder, 1000)
