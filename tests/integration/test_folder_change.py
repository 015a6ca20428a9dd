"""A hot folder goes by its new section from the next input on, with the real kernel."""

from pathlib import Path
from threading import Event

import pytest

from tests.doubles.folder import Feed, hot_folder, picture, put, section
from tests.doubles.wait import until


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An empty drop folder."""
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def test_a_file_that_waits_to_settle_goes_by_the_new_time(inbox: Path) -> None:
    """It need not wait out the hour that was a typing error."""
    put(inbox / "a.jpg", picture("a"))
    with Feed(hot_folder(inbox, settle_seconds=3600)) as feed:
        until(lambda: feed.source.looked and feed.source.counters().waiting == 1)
        feed.source.change(section(inbox, settle_seconds=0.1))
        until(lambda: feed.names == ["a.jpg"])


def test_an_incomplete_file_goes_by_the_new_time(inbox: Path) -> None:
    """It fails as soon as the new limit says that it stopped growing."""
    put(inbox / "a.jpg", picture("a")[:-1])
    with Feed(hot_folder(inbox, settle_seconds=0.1, stalled_seconds=86400)) as feed:
        until(lambda: feed.source.looked and feed.source._parts.inbox._settle._files)
        feed.source.change(section(inbox, settle_seconds=0.1, stalled_seconds=1))
        until(lambda: feed.names == ["a.jpg"])


def test_names_that_are_ignored_from_now_on_stay_and_others_are_found(inbox: Path) -> None:
    """What was ignored lies there already, and no event tells of it: the folder is listed."""
    put(inbox / "a.jpg", picture("a"), age=60)
    put(inbox / "b.png", picture("b"), age=60)
    with Feed(hot_folder(inbox, ignore=("*.jpg",))) as feed:
        until(lambda: feed.names == ["b.png"])
        feed.source.change(section(inbox, ignore=("*.png",)))
        until(lambda: feed.names == ["b.png", "a.jpg"])
        put(inbox / "c.png", picture("c"))
        put(inbox / "d.jpg", picture("d"))
        until(lambda: feed.names == ["b.png", "a.jpg", "d.jpg"])
        assert (inbox / "c.png").exists()


def test_the_largest_file_is_the_new_one(inbox: Path) -> None:
    """Larger files are refused unread from then on."""
    with Feed(hot_folder(inbox)) as feed:
        put(inbox / "a.jpg", picture("a", 2000))
        until(lambda: len(feed.delivered) == 1)
        feed.source.change(section(inbox, limits={"max_file_bytes": 1024}))
        until(lambda: feed.source._parts.intake.whole.max_bytes == 1024)
        put(inbox / "b.jpg", picture("b", 2000))
        until(lambda: len(feed.delivered) == 2)
    assert feed.delivered[0].problem is None
    assert feed.delivered[1].problem is not None


def test_files_that_wait_to_be_taken_may_be_ignored_at_last(inbox: Path) -> None:
    """A full house of the wrong files is left alone as soon as the pattern is right."""
    for number in range(5):
        put(inbox / f"{number}.jpg", picture(), age=60)
    source = hot_folder(inbox)
    source.open()
    try:
        deliveries = source.deliveries(Event(), lambda: None)
        next(deliveries)
        source.change(section(inbox, ignore=("*.jpg",)))
        put(inbox / "a.png", picture(), age=60)
        assert next(deliveries).origin.name == "a.png"
    finally:
        source.close()
