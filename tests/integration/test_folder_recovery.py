"""Nothing is forgotten when events, the watcher or the folder itself are lost."""

import datetime as dt
import errno
import os
import shutil
from pathlib import Path

import pytest

from edged.flow.folder import inbox as inbox_module
from tests.doubles.clock import FakeClock
from tests.doubles.folder import Feed, hot_folder, picture, put
from tests.doubles.wait import until, until_still

LIMIT = Path("/proc/sys/fs/inotify/max_queued_events")
_MOST_QUEUED = 100_000


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An empty drop folder."""
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def fill_the_queue(inbox: Path) -> None:
    """More events than the kernel keeps for a watcher, all of two names that are ignored; it folds only equal ones in a row."""
    for number in range(int(LIMIT.read_text()) + 2000):
        os.close(os.open(inbox / f".{number % 2}.part", os.O_WRONLY | os.O_CREAT, 0o600))


def started(feed: Feed) -> None:
    """Wait until the folder is watched and was listed."""
    until(lambda: feed.source._parts.inbox._watch is not None and feed.source.looked)


@pytest.mark.skipif(int(LIMIT.read_text()) > _MOST_QUEUED, reason="the kernel's queue is long here")
@pytest.mark.parametrize("recursive", [False, True])
def test_a_burst_past_the_kernels_queue_is_read_exactly_once(inbox: Path, recursive: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel drops events and says so: the folder is listed."""
    monkeypatch.setattr("edged.flow.folder.watch._MOST_HINTS", _MOST_QUEUED)  # our own limit is another test's
    with Feed(hot_folder(inbox, recursive=recursive, rescan_seconds=3600)) as feed:
        started(feed)
        with feed.source._parts.inbox._watch._inotify._lock:  # the watcher is as if stopped
            fill_the_queue(inbox)
            for number in range(500):
                put(inbox / f"{number}.jpg", picture(str(number)))
        until_still(lambda: len(feed.delivered) == 500, lambda: len(feed.delivered))
        put(inbox / "after.jpg", picture())
        until(lambda: len(feed.delivered) == 501)
        counters = feed.source.counters()
    assert sorted(feed.names) == sorted([f"{number}.jpg" for number in range(500)] + ["after.jpg"])
    assert counters.overflows >= 1
    assert counters.rescans >= 1


def kill(feed: Feed) -> None:
    """The thread of the watcher ends; its file is read no more."""
    feed.source._parts.inbox._watch._inotify.stop()


def damage(feed: Feed) -> None:
    """The watcher meets an error that it does not expect."""

    def fails(event: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    inotify = feed.source._parts.inbox._watch._inotify
    inotify.handle_event = fails
    put(feed.source._parts.inbox.path / ".wakes", b"")
    until(lambda: not inotify.is_alive())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("end", [kill, damage])
def test_a_dead_watcher_is_replaced(inbox: Path, end: object) -> None:
    """What was dropped meanwhile is found, and events come again."""
    with Feed(hot_folder(inbox, rescan_seconds=3600)) as feed:
        started(feed)
        end(feed)  # type: ignore[operator]
        put(inbox / "a.jpg", picture("a"))
        until(lambda: feed.delivered)
        watch = feed.source._parts.inbox._watch
        assert watch.alive
        put(inbox / "b.jpg", picture("b"))
        until(lambda: len(feed.delivered) == 2)
        assert feed.source.counters().watcher_restarts == 1
    assert feed.names == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("recursive", [False, True])
@pytest.mark.parametrize("how", ["removed", "moved away", "replaced"])
def test_a_folder_that_comes_back_is_read_again(tmp_path: Path, inbox: Path, how: str, recursive: bool) -> None:
    """It is told, waited for, opened anew, and listed."""
    with Feed(hot_folder(inbox, recursive=recursive, rescan_seconds=3600)) as feed:
        started(feed)
        put(inbox / "a.jpg", picture("a"))
        until(lambda: feed.delivered)
        if how == "removed":
            inbox.rmdir()
        else:
            inbox.rename(tmp_path / "away")
        if how != "replaced":
            until(lambda: feed.source._parts.inbox.descriptor < 0)
        inbox.mkdir()
        put(inbox / "b.jpg", picture("b"), age=60)
        until(lambda: len(feed.delivered) == 2)
        put(inbox / "c.jpg", picture("c"))
        until(lambda: len(feed.delivered) == 3)
        assert feed.source.counters().watcher_restarts == 1
    assert feed.names == ["a.jpg", "b.jpg", "c.jpg"]


def test_a_folder_inside_that_comes_back_is_read_again(inbox: Path) -> None:
    """Removing and making it again is no end."""
    with Feed(hot_folder(inbox, recursive=True, rescan_seconds=3600)) as feed:
        started(feed)
        for count in range(1, 6):
            (inbox / "in").mkdir()
            put(inbox / "in" / f"{count}.jpg", picture())
            until(lambda count=count: len(feed.delivered) == count)
            shutil.rmtree(inbox / "in")


def test_without_a_watcher_the_folder_is_listed_every_two_seconds(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The limit of inotify instances is reached: slower, but nothing is lost, and the watcher is tried again."""
    real = inbox_module.FolderWatch

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    monkeypatch.setattr(inbox_module, "FolderWatch", refuse)
    clock = FakeClock(dt.datetime.now(dt.UTC))
    with Feed(hot_folder(inbox, clock=clock, rescan_seconds=60)) as feed:
        until(lambda: feed.source._parts.inbox._listed_at > 0)
        for count in range(1, 4):
            until(lambda: feed.source._parts.inbox._list_at > clock.monotonic())  # a listing that the clock overtakes counts as a slow one
            put(inbox / f"{count}.jpg", picture(), age=60)
            clock.advance(2)
            until(lambda count=count: len(feed.delivered) == count)
        monkeypatch.setattr(inbox_module, "FolderWatch", real)
        clock.advance(2)
        started(feed)
        put(inbox / "told.jpg", picture())
        until(lambda: len(feed.delivered) == 4)
    assert len([record for record in caplog.records if "cannot be watched" in record.message]) == 1


def test_stopping_leaves_nothing_open(inbox: Path) -> None:
    """Neither descriptors nor threads are left by a source that ended."""

    def opened() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    with Feed(hot_folder(inbox)) as feed:
        started(feed)
    before = opened()
    for _ in range(3):
        with Feed(hot_folder(inbox, recursive=True)) as feed:
            started(feed)
            kill(feed)
            until(lambda feed=feed: feed.source.counters().watcher_restarts == 1)
            started(feed)
    until(lambda: opened() <= before)  # what an earlier test left to end may have ended meanwhile
