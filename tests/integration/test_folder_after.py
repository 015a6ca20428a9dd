"""What becomes of a file after its reading: removed, or a duplicate of another."""

import datetime as dt
import json
from pathlib import Path
from threading import Event

import pytest

from edged.flow.outbox import Outbox
from edged.lib.ids import new_id
from edged.types import Committed, FrameId, Outcome, SourceName
from tests.doubles.clock import FakeClock
from tests.doubles.folder import Feed, MemoryContents, filed, hot_folder, kept_folder, names, picture, put
from tests.doubles.readings import make_outbox
from tests.doubles.wait import until


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An empty drop folder."""
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def test_what_was_read_is_deleted_and_no_done_folder_is_made(tmp_path: Path, inbox: Path) -> None:
    """After its commit, the claimed file goes."""
    put(inbox / "a.jpg", picture("a"), age=60)
    with Feed(hot_folder(inbox, after="delete")) as feed:
        until(lambda: feed.source.counters().filed == 1)
    assert (names(tmp_path), names(inbox)) == (["failed", "inbox", "work"], [])
    assert [path for path in (tmp_path / "work").rglob("*") if "~" in path.name] == []


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.FAILED])
def test_a_failure_is_never_deleted(tmp_path: Path, inbox: Path, outcome: Outcome) -> None:
    """It lies in failed, with the reason beside it."""
    put(inbox / "a.jpg", picture("a"), age=60)
    with Feed(hot_folder(inbox, after="delete"), outcome=outcome) as feed:
        until(lambda: feed.source.counters().filed == 1)
    [path] = filed(tmp_path, "failed")
    assert path.read_bytes() == picture("a")
    assert json.loads(path.with_name(f"{path.name}.json").read_text())["outcome"] == outcome


def test_nothing_is_deleted_before_its_commit(tmp_path: Path, inbox: Path) -> None:
    """A crash in between leaves the file in work; the next start deletes it without reading it again, if its id is committed."""
    put(inbox / "a.jpg", picture("a"), age=60)
    source = hot_folder(inbox, after="delete")
    source.open()
    delivery = next(source.deliveries(Event(), lambda: None))
    source.close()
    [left] = (tmp_path / "work" / "inbox" / "one").glob("*~a.jpg")
    committed = Committed(id=delivery.id, seq=1, outcome=Outcome.OK, reasons=())
    with Feed(hot_folder(inbox, after="delete", find={delivery.id: committed}.get)) as feed:
        until(lambda: not left.exists())
    assert feed.delivered == []


# Duplicates.


@pytest.fixture
def clock() -> FakeClock:
    """Now, until it is moved."""
    return FakeClock(dt.datetime.now(dt.UTC))


def drop_three(inbox: Path) -> None:
    """Two with equal bytes, and another."""
    for age, (name, text) in enumerate((("c.jpg", "other"), ("b.jpg", "same"), ("a.jpg", "same"))):
        put(inbox / name, picture(text), age=60 + age)


@pytest.mark.parametrize("policy", ["read", "mark", "skip"])
def test_equal_bytes_are_read_marked_or_skipped(tmp_path: Path, inbox: Path, policy: str) -> None:
    """Each input has its reading; a skipped one lies in done, because its bytes were read."""
    drop_three(inbox)
    with Feed(hot_folder(inbox, duplicates=policy)) as feed:
        until(lambda: feed.source.counters().filed == 3)
    first, second, third = feed.delivered
    assert (first.origin.duplicate_of, third.origin.duplicate_of) == (None, None)
    assert second.origin.duplicate_of == (None if policy == "read" else first.id)
    assert second.origin.sha256 == first.origin.sha256
    if policy == "skip":
        assert second.problem is not None
        assert (second.problem.outcome, second.problem.reason) == (Outcome.REJECTED, f"duplicate of {first.id}")
    else:
        assert second.data == picture("same")
    assert [path.name.partition("~")[2] for path in filed(tmp_path)] == ["a.jpg", "b.jpg", "c.jpg"]
    assert filed(tmp_path, "failed") == []


def test_bytes_are_forgotten_after_the_window(inbox: Path, clock: FakeClock) -> None:
    """Then they are as new, and the next window begins."""
    with Feed(hot_folder(inbox, duplicates="mark", duplicates_seconds=100, clock=clock, contents=MemoryContents())) as feed:
        for count, seconds in enumerate((0, 99, 2, 50), start=1):
            until(lambda: feed.source.looked)
            feed.tick(clock, seconds)
            put(inbox / "a.jpg", picture("a"))
            until(lambda count=count: len(feed.delivered) == count)
    ids = [delivery.id for delivery in feed.delivered]
    assert [delivery.origin.duplicate_of for delivery in feed.delivered] == [None, ids[0], None, ids[2]]


def test_the_window_is_one_of_the_clock_also_after_it_was_set_back(inbox: Path, clock: FakeClock) -> None:
    """Ids only grow: behind a clock that was years ahead all of them say the same time."""
    new_id(int((clock.now().timestamp() + 3653 * 86_400) * 1000), bytes(10))
    with Feed(hot_folder(inbox, duplicates="mark", duplicates_seconds=100, clock=clock, contents=MemoryContents())) as feed:
        until(lambda: feed.source.looked)
        for count, seconds in enumerate((0, 99, 2), start=1):
            feed.tick(clock, seconds)
            put(inbox / "a.jpg", picture("a"))
            until(lambda count=count: len(feed.delivered) == count)
    assert [delivery.origin.duplicate_of for delivery in feed.delivered] == [None, feed.delivered[0].id, None]


def test_what_failed_is_nobodys_first(inbox: Path) -> None:
    """Who drops it again, or retries it, wants it read."""
    contents = MemoryContents()
    with Feed(hot_folder(inbox, duplicates="skip", contents=contents), outcome=Outcome.FAILED) as feed:
        until(lambda: feed.source.looked)
        for count in (1, 2):
            put(inbox / "a.jpg", picture("a"))
            until(lambda count=count: feed.source.counters().filed == count)
    assert [delivery.data for delivery in feed.delivered] == [picture("a")] * 2


def test_an_input_that_comes_again_is_no_duplicate_of_itself(inbox: Path) -> None:
    """Work that a crash makes us repeat has the same id and the same first."""
    contents, ids = MemoryContents(), list[tuple[FrameId, FrameId | None]]()
    drop_three(inbox)
    for _ in range(2):
        source = hot_folder(inbox, duplicates="mark", contents=contents)
        source.open()
        deliveries = source.deliveries(Event(), lambda: None)
        ids += [(delivery.id, delivery.origin.duplicate_of) for delivery in (next(deliveries) for _ in range(3))]
        source.close()
    assert ids[:3] == ids[3:]
    assert [first for _, first in ids[:3]] == [None, ids[0][0], None]


def test_kept_files_have_duplicates_too(tmp_path: Path, inbox: Path) -> None:
    """The policy belongs to the input, not to what becomes of its file."""
    outbox: Outbox = make_outbox(tmp_path)
    outbox.open()
    drop_three(inbox)
    with Feed(kept_folder(inbox, outbox, duplicates="skip"), outbox=outbox) as feed:
        until(lambda: feed.source.counters().filed == 3)
    outbox.close()
    assert [delivery.problem is None for delivery in feed.delivered] == [True, False, True]


@pytest.mark.parametrize("policy", ["mark", "skip"])
def test_nothing_is_a_duplicate_of_what_was_never_read(inbox: Path, policy: str) -> None:
    """A power cut undoes the rename of a claim, whatever else was made durable: the file comes again, under a new id."""
    contents = MemoryContents()
    put(inbox / "a.jpg", picture("a"), age=60)
    source = hot_folder(inbox, duplicates=policy, contents=contents)
    source.open()
    before = next(source.deliveries(Event(), lambda: None))
    source.close()
    [claimed] = (inbox.parent / "work" / "inbox" / "one").glob("*~a.jpg")
    claimed.rename(inbox / "a.jpg")
    with Feed(hot_folder(inbox, duplicates=policy, contents=contents)) as feed:
        until(lambda: feed.source.counters().filed == 1)
    [delivery] = feed.delivered
    assert delivery.id != before.id
    assert (delivery.data, delivery.origin.duplicate_of) == (picture("a"), None)


def test_a_first_that_a_crash_left_committed_is_remembered(inbox: Path) -> None:
    """Its file is only moved at the next start; the next with its bytes is a duplicate."""
    put(inbox / "a.jpg", picture("a"), age=60)
    contents = MemoryContents()
    source = hot_folder(inbox, duplicates="mark", contents=contents)
    source.open()
    first = next(source.deliveries(Event(), lambda: None)).id
    source.close()
    put(inbox / "b.jpg", picture("a"), age=60)
    committed = Committed(id=first, seq=1, outcome=Outcome.OK, reasons=())
    with Feed(hot_folder(inbox, duplicates="mark", contents=contents, find={first: committed}.get)) as feed:
        until(lambda: feed.source.counters().filed == 1)
    assert [delivery.origin.duplicate_of for delivery in feed.delivered] == [first]


def test_the_database_remembers_the_first_and_no_more_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Per source, within the window whatever way the clock went, and across a restart; the oldest are forgotten first."""
    monkeypatch.setattr("edged.flow.outbox.memory._MOST_CONTENTS", 3)
    a, b = SourceName("a"), SourceName("b")
    ids = [FrameId(f"id {number}") for number in range(6)]
    content = [f"{number:064x}" for number in range(6)]
    outbox = make_outbox(tmp_path)
    outbox.open()
    assert outbox.contents.first(a, content[0], 1000, 10) is None
    outbox.contents.remember(a, content[0], ids[0], 1000)
    outbox.contents.remember(b, content[0], ids[1], 1000)
    outbox.close()
    outbox = make_outbox(tmp_path)
    outbox.open()
    first, remember = outbox.contents.first, outbox.contents.remember
    assert [first(a, content[0], at, 10) for at in (989, 990, 1010, 1011)] == [None, ids[0], ids[0], None]
    assert first(b, content[0], 1000, 10) == ids[1]
    remember(a, content[0], ids[2], 1011)
    assert first(a, content[0], 1011, 10) == ids[2]
    for number in (1, 2, 4):
        remember(a, content[number], ids[number], 1011)
    assert [first(a, content[number], 1011, 10) for number in (0, 1, 2, 4)] == [None, ids[1], ids[2], ids[4]]
    outbox.close()
