"""Several daemons on one drop folder share the work and never a file."""

import multiprocessing as mp
import os
import signal
from collections import Counter
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

from edged.types import Outcome
from tests.doubles.folder import Feed, filed, hot_folder, names, picture, put
from tests.doubles.wait import until


def daemon(inbox: Path, instance: str, ready: Event, stop: Event, told: "Queue[tuple[str, str, str]]") -> None:
    """Reads until told to stop."""
    source = hot_folder(inbox, instance=instance)
    source.open()
    ready.set()
    for delivery in source.deliveries(stop, lambda: None):  # type: ignore[arg-type]
        told.put((instance, delivery.origin.name, delivery.id))
        source.sync()
        source.finish(delivery.id, Outcome.OK, ())
    source.close()


def holder(inbox: Path, ready: Event) -> None:
    """Claims three files and hangs with them."""
    import threading

    source = hot_folder(inbox, instance="gone")
    source.open()
    deliveries = source.deliveries(threading.Event(), lambda: None)
    for _ in range(3):
        next(deliveries)
    ready.set()
    signal.pause()


def test_two_daemons_share_2000_files(tmp_path: Path) -> None:
    """None is lost, none is read twice, and no error is made of a lost race."""
    inbox, count = tmp_path / "inbox", 2000
    inbox.mkdir()
    for number in range(count // 2):
        put(inbox / f"{number:04}.jpg", picture(str(number)), age=60)
    spawn = mp.get_context("spawn")
    stop, told = spawn.Event(), spawn.Queue()
    ready = [spawn.Event(), spawn.Event()]
    children = [spawn.Process(target=daemon, args=(inbox, name, event, stop, told)) for name, event in zip("ab", ready, strict=True)]
    for child in children:
        child.start()
    for event in ready:
        assert event.wait(120)
    for number in range(count // 2, count):
        put(inbox / f"{number:04}.jpg", picture(str(number)))
    readings = [told.get(timeout=120) for _ in range(count)]
    until(lambda: len(filed(tmp_path)) == count, timeout=120)
    stop.set()
    for child in children:
        child.join(120)
        assert child.exitcode == 0
    assert told.empty()
    assert {name for _, name, _ in readings} == {f"{number:04}.jpg" for number in range(count)}
    assert len({id for _, _, id in readings}) == count
    assert all(share > 0 for share in Counter(instance for instance, _, _ in readings).values())
    assert names(tmp_path / "work" / "inbox") == ["a", "b"]


def test_the_files_of_a_daemon_that_was_killed_are_adopted(tmp_path: Path) -> None:
    """With their ids, once its lock was free at two looks; never while it lives."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number in range(3):
        put(inbox / f"{number}.jpg", picture(str(number)), age=60)
    spawn = mp.get_context("spawn")
    ready = spawn.Event()
    child = spawn.Process(target=holder, args=(inbox, ready))
    child.start()
    assert ready.wait(120)
    ids = [name.partition("~")[0] for name in names(tmp_path / "work" / "inbox" / "gone") if name != ".lock"]
    with Feed(hot_folder(inbox, rescan_seconds=1)) as feed:
        until(lambda: feed.source.counters().rescans >= 2)
        assert feed.delivered == []
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join(30)
        until(lambda: len(feed.delivered) == 3)
    assert [(delivery.id, delivery.attempt) for delivery in feed.delivered] == [(id, 2) for id in ids]
    assert names(tmp_path / "work" / "inbox") == ["one"]
