"""Where the kernel does not tell of every file, the folder is listed often, without a setting."""

import datetime as dt
import errno
import fcntl
import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.errors import SourceUnavailable
from edged.flow.folder import claims, inbox
from edged.lib import files
from edged.lib.filesystem import FileSystem
from tests.doubles.clock import FakeClock
from tests.doubles.folder import Feed, check, filed, hot_folder, picture, put
from tests.doubles.wait import until


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """An empty drop folder."""
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def clock() -> FakeClock:
    """Now, until it is moved."""
    return FakeClock(dt.datetime.now(dt.UTC))


@pytest.fixture
def nfs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says that the folder lies on NFS, whose renames know no flags."""
    monkeypatch.setattr(inbox, "file_system", lambda _: FileSystem(name="nfs", silent=True))

    def renameat2(*_: object) -> int:
        files.ctypes.set_errno(errno.EINVAL)
        return -1

    monkeypatch.setattr(files, "_renameat2", renameat2)


@pytest.fixture
def overlay(tmp_path: Path) -> Iterator[Path]:
    """A real overlay, with a drop folder on it."""
    for name in ("lower", "upper", "scratch", "merged"):
        (tmp_path / name).mkdir()
    options = f"lowerdir={tmp_path}/lower,upperdir={tmp_path}/upper,workdir={tmp_path}/scratch"
    mount = ["mount", "-t", "overlay", "overlay", "-o", options, f"{tmp_path}/merged"]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount an overlay")
    (tmp_path / "merged" / "inbox").mkdir()
    yield tmp_path / "merged" / "inbox"
    subprocess.run(["umount", tmp_path / "merged"], check=True)


def silently(source: Path, target: Path) -> None:
    """What another machine does: no event that we asked for."""
    target.hardlink_to(source)
    source.unlink()


@pytest.mark.usefixtures("nfs")
def test_a_file_that_another_machine_dropped_is_found_within_seconds(tmp_path: Path, drop: Path, clock: FakeClock) -> None:
    """The folder is listed every 2 seconds, whatever rescan_seconds says; the state and the name of the file system are told."""
    with Feed(hot_folder(drop, clock=clock, rescan_seconds=3600)) as feed:
        until(lambda: feed.source.looked)
        assert (feed.source.state, feed.source.file_system) == ("polling", "nfs")
        silently(put(tmp_path / "a.jpg", picture("a"), age=60), drop / "a.jpg")
        feed.tick(clock, 1.5)
        put(drop / "b.jpg", picture("b"))  # from this machine: its event is still a hint
        until(lambda: feed.delivered)
        assert feed.names == ["b.jpg"]
        feed.tick(clock, 1)
        until(lambda: len(feed.delivered) == 2)
    assert feed.names == ["b.jpg", "a.jpg"]
    assert len(filed(tmp_path)) == 2


def test_a_local_folder_is_watched(drop: Path) -> None:
    """No listing is needed where the kernel tells."""
    with Feed(hot_folder(drop)) as feed:
        until(lambda: feed.source.looked)
        assert feed.source.state == "watching"
        assert feed.source.file_system


def test_a_real_overlay_is_polled(overlay: Path, tmp_path: Path, clock: FakeClock) -> None:
    """As in a container; claiming and filing work there."""
    with Feed(hot_folder(overlay, clock=clock, rescan_seconds=3600)) as feed:
        until(lambda: feed.source.looked)
        assert (feed.source.state, feed.source.file_system) == ("polling", "overlay")
        silently(put(tmp_path / "merged" / "a.jpg", picture("a"), age=60), overlay / "a.jpg")
        until(lambda: feed.tick(clock, 1) or feed.delivered)
    assert len(filed(tmp_path / "merged")) == 1


def test_listing_takes_a_tenth_of_the_time_at_most(drop: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A huge folder on a slow share is listed less often."""
    monkeypatch.setattr(inbox, "file_system", lambda _: FileSystem(name="nfs", silent=True))
    real, listings = inbox.list_folder, list[float]()

    def slow(*arguments: object, **keys: object) -> object:
        listings.append(clock.monotonic())
        clock.advance(3)
        return real(*arguments, **keys)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox, "list_folder", slow)
    with Feed(hot_folder(drop, clock=clock, rescan_seconds=3600)) as feed:
        until(lambda: feed.tick(clock, 1) or len(listings) == 3)
    assert [round(later - earlier) for earlier, later in itertools.pairwise(listings)] >= [30, 30]


# Renames without flags.


@pytest.mark.usefixtures("nfs")
def test_a_rename_without_flags_never_overwrites_what_was_dropped_meanwhile(drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is given back finds its name taken in the last instant: the new file stays as it is."""
    path, real, calls = drop / "a.jpg", os.link, list[int]()

    def meddling(data: bytes) -> None:
        calls.append(1)
        if len(calls) == 1:
            path.write_bytes(picture("other", 99)[:30])
        check(data)

    def link(*arguments: object, **keys: object) -> None:
        put(path, picture("third"), age=60)  # after every look that we could have taken
        real(*arguments, **keys)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", link)
    put(path, picture("first"), age=60)
    with Feed(hot_folder(drop, check=meddling)) as feed:
        until(lambda: len(feed.delivered) == 2)
    assert [delivery.data for delivery in feed.delivered] == [None, picture("third")]


def test_a_claim_whose_answer_was_lost_is_a_claim(drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NFS asks again, and the server says that there is no such file any more: we have it."""
    real, lost = claims.rename_noreplace, list[int]()

    def rename(source: str, target: str, **keys: int) -> None:
        real(source, target, **keys)
        if not lost:
            lost.append(1)
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    monkeypatch.setattr(claims, "rename_noreplace", rename)
    put(drop / "a.jpg", picture("a"), age=60)
    with Feed(hot_folder(drop), finish=False) as feed:
        until(lambda: feed.delivered)
    assert (feed.names, [delivery.attempt for delivery in feed.delivered], lost) == (["a.jpg"], [1], [1])


def test_a_folder_that_cannot_be_watched_says_so(drop: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the reason, it is polled."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "the limit of watches is reached")

    monkeypatch.setattr(inbox, "FolderWatch", refuse)
    with Feed(hot_folder(drop, clock=clock)) as feed:
        until(lambda: feed.source.looked)
        assert feed.source.state == "polling"


def test_a_file_system_without_locks_is_refused_with_what_to_do(drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two instances would adopt each other's work."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(SourceUnavailable, match="No locks available") as refused:
        hot_folder(drop).open()
    assert "without nolock" in refused.value.hint
