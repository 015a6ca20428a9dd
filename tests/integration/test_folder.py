"""Files reach the reader once and whole, with the real kernel."""

import datetime as dt
import errno
import json
import logging
import os
import shutil
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from edged.flow.folder import claims, content, whole
from edged.flow.folder.content import Changing, Found
from edged.flow.folder.settle import Stamp
from edged.lib.ids import new_id
from edged.types import Committed, FrameId, Outcome
from tests.doubles.clock import FakeClock
from tests.doubles.folder import Feed, check, filed, hot_folder, picture, put
from tests.doubles.wait import until


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An empty drop folder."""
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def started(feed: Feed) -> None:
    """Wait until the folder is watched: from then on a test drops into a running daemon."""
    until(lambda: feed.source.looked, what="the first listing")


def test_copied_and_moved_files_arrive_once_in_order(tmp_path: Path, inbox: Path) -> None:
    """Each close and each move is one claim, in the order of the events."""
    with Feed(hot_folder(inbox, settle_seconds=3600)) as feed:
        started(feed)
        for number in range(10):
            source = put(tmp_path / f"{number}.jpg", picture(str(number)))
            if number % 2:
                source.rename(inbox / source.name)
            else:
                shutil.copyfile(source, inbox / source.name)
        until(lambda: len(feed.delivered) == 10)
    assert feed.names == [f"{number}.jpg" for number in range(10)]
    assert [delivery.data for delivery in feed.delivered] == [picture(str(number)) for number in range(10)]
    assert list(inbox.iterdir()) == []
    assert len(filed(tmp_path)) == 10


@pytest.mark.parametrize(("recursive", "mask"), [(False, 0x8 | 0x80 | 0x400 | 0x800), (True, 0x8 | 0x80 | 0x400 | 0x800 | 0x100)])
def test_few_kinds_of_events_are_asked_for(inbox: Path, recursive: bool, mask: int) -> None:
    """Closed after writing, moved in, the folder itself, and new folders where they are watched; never moved-from."""
    with Feed(hot_folder(inbox, recursive=recursive)) as feed:
        started(feed)
        told = Path(f"/proc/self/fdinfo/{feed.source._parts.inbox._watch._inotify._inotify_fd}").read_text()
    assert [int(line.split("mask:")[1].split()[0], 16) for line in told.splitlines() if line.startswith("inotify")] == [mask]


def test_a_writer_that_closes_and_reopens_is_waited_for(inbox: Path) -> None:
    """As file transfers do: the structure says that more must follow, and the next close is enough."""
    data = picture("whole", 1000)
    with Feed(hot_folder(inbox, settle_seconds=3600, stalled_seconds=3600)) as feed:
        started(feed)
        (inbox / "a.jpg").touch()
        for end in (3, 500, 1007):
            (inbox / "a.jpg").write_bytes(data[:end])
        put(inbox / "b.jpg", picture("b"))
        until(lambda: feed.delivered)
        assert feed.names == ["b.jpg"]
        (inbox / "a.jpg").write_bytes(data)
        until(lambda: len(feed.delivered) == 2)
    assert feed.delivered[1].data == data


def test_a_writer_that_never_closes_is_read_once_it_is_whole_and_quiet(inbox: Path) -> None:
    """No event tells: the listing and the settle time do."""
    clock = FakeClock(dt.datetime.now(dt.UTC))
    with (inbox / "a.jpg").open("wb", buffering=0) as file:
        file.write(picture("a")[:20])
        os.utime(inbox / "a.jpg", (clock.now().timestamp(), clock.now().timestamp()))
        with Feed(hot_folder(inbox, clock=clock, settle_seconds=2, stalled_seconds=60)) as feed:
            for _ in range(3):
                until(lambda: len(feed.source._parts.inbox._settle) == 1)
                clock.advance(2)
            assert feed.delivered == []
            file.write(picture("a")[20:])
            until(lambda: clock.advance(1) or feed.delivered)
    assert feed.delivered[0].data == picture("a")


def test_an_incomplete_file_that_stopped_growing_is_delivered(inbox: Path) -> None:
    """The reader then fails it as truncated: it does not stay for ever."""
    clock = FakeClock(dt.datetime.now(dt.UTC))
    put(inbox / "a.jpg", picture("a")[:20], age=3600)
    with Feed(hot_folder(inbox, clock=clock, stalled_seconds=60, rescan_seconds=3600)) as feed:
        until(lambda: len(feed.source._parts.inbox._settle) == 1)
        clock.advance(59)
        put(inbox / "b.jpg", picture("b"))
        until(lambda: feed.delivered)
        assert feed.names == ["b.jpg"]
        clock.advance(1)
        until(lambda: len(feed.delivered) == 2)
    assert feed.delivered[1].data == picture("a")[:20]


def test_what_lay_there_before_is_taken_oldest_first(inbox: Path) -> None:
    """Files older than the settle time at once, younger ones and those of the future once they settled."""
    for age, name in ((200, "b"), (400, "c"), (300, "a"), (-3600, "future"), (0.1, "young")):
        put(inbox / name, picture(name), age=age)
    with Feed(hot_folder(inbox, settle_seconds=1)) as feed:
        until(lambda: len(feed.delivered) >= 3)
        assert feed.names[:3] == ["c", "a", "b"]
        until(lambda: len(feed.delivered) == 5)
    assert feed.names[3:] == ["young", "future"]


def test_the_newest_goes_first_where_asked(inbox: Path) -> None:
    """Among the waiting, and what arrives meanwhile overtakes."""
    for age, name in ((300, "old"), (200, "middle"), (100, "young")):
        put(inbox / name, picture(name), age=age)
    source = hot_folder(inbox, order="newest")
    with closing(source):
        source.open()
        deliveries = source.deliveries(Event(), lambda: None)
        assert next(deliveries).origin.name == "young"
        put(inbox / "new", picture("new"))
        until(lambda: source._parts.inbox._watch is not None and source._parts.inbox._watch._hints)
        assert next(deliveries).origin.name == "new"
        put(inbox / "old", picture("old again"))
        until(lambda: source._parts.inbox._watch._hints)
        assert [next(deliveries).origin.name for _ in range(2)] == ["old", "middle"]


def test_equal_names_and_equal_bytes_are_inputs_of_their_own(tmp_path: Path, inbox: Path) -> None:
    """Each gets its id; nothing is overwritten in done."""
    with Feed(hot_folder(inbox)) as feed:
        started(feed)
        for count in range(1, 6):
            put(inbox / "a.jpg", picture("same"))
            until(lambda count=count: len(feed.delivered) == count)
    assert len({delivery.id for delivery in feed.delivered}) == 5
    assert {path.name for path in filed(tmp_path)} == {f"{delivery.id}~a.jpg" for delivery in feed.delivered}


def test_ignored_names_stay_until_they_are_renamed(inbox: Path) -> None:
    """As uploaders do: a temporary name, then the real one."""
    put(inbox / "a.part", picture("a"), age=60)
    with Feed(hot_folder(inbox)) as feed:
        started(feed)
        put(inbox / ".b.jpg", picture("b"))
        put(inbox / "c.jpg", picture("c"))
        until(lambda: feed.delivered)
        (inbox / "a.part").rename(inbox / "a.jpg")
        until(lambda: len(feed.delivered) == 2)
    assert feed.names == ["c.jpg", "a.jpg"]
    assert [path.name for path in inbox.iterdir()] == [".b.jpg"]


def test_a_file_that_no_event_tells_of_is_found_by_the_next_listing(tmp_path: Path, inbox: Path) -> None:
    """Events are hints: a hard link makes none that we ask for."""
    clock = FakeClock(dt.datetime.now(dt.UTC))
    put(tmp_path / "a.jpg", picture("a"), age=3600)
    with Feed(hot_folder(inbox, clock=clock, rescan_seconds=60)) as feed:
        started(feed)
        (inbox / "a.jpg").hardlink_to(tmp_path / "a.jpg")
        put(inbox / "b.jpg", picture("b"))
        until(lambda: feed.delivered)
        clock.advance(60)
        until(lambda: len(feed.delivered) == 2)
        assert feed.source.counters().rescans == 1
    assert feed.names == ["b.jpg", "a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == picture("a")


def test_permissions_that_follow_at_once_are_waited_for(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some senders close first and give permissions after; a file that stays closed to us is refused once it settled."""
    denied, real = {"late.jpg": 1, "never.jpg": 99}, content._read

    def read(name: str, folder: int, expected: Stamp) -> content.Found:
        denied[name] = denied.get(name, 0) - 1
        if denied[name] >= 0:
            raise PermissionError(13, "Permission denied")
        return real(name, folder, expected)

    monkeypatch.setattr(content, "_read", read)
    with Feed(hot_folder(inbox, rescan_seconds=3600)) as feed:
        started(feed)
        for name in denied:
            put(inbox / name, picture())
        until(lambda: len(feed.delivered) == 2)
    problems = {delivery.origin.name: delivery.problem for delivery in feed.delivered}
    assert problems["late.jpg"] is None
    assert problems["never.jpg"] is not None
    assert "no permission" in problems["never.jpg"].reason


def test_an_idle_source_sleeps(inbox: Path) -> None:
    """An event wakes it once."""
    with Feed(hot_folder(inbox)) as feed:
        started(feed)
        put(inbox / "a.jpg", picture())
        until(lambda: feed.delivered)
        until(lambda: not feed.source._parts.inbox._wake.is_set())


def test_folders_inside_are_watched_where_asked(tmp_path: Path, inbox: Path) -> None:
    """Those that were there, that appear, that are moved in full, and that are renamed; the reading tells the path."""
    (inbox / "old").mkdir()
    put(inbox / "old" / "0.jpg", picture("0"), age=60)
    with Feed(hot_folder(inbox, recursive=True, settle_seconds=0.1)) as feed:
        until(lambda: len(feed.delivered) == 1)
        put(inbox / "old" / "1.jpg", picture("1"))
        until(lambda: len(feed.delivered) == 2)
        (inbox / "new" / "deep").mkdir(parents=True)
        put(inbox / "new" / "deep" / "2.jpg", picture("2"))
        until(lambda: len(feed.delivered) == 3)
        (tmp_path / "other" / "deep").mkdir(parents=True)
        put(tmp_path / "other" / "deep" / "3.jpg", picture("3"))
        (tmp_path / "other").rename(inbox / "other")
        until(lambda: len(feed.delivered) == 4)
        (inbox / "other").rename(inbox / "renamed")
        until(lambda: any(prefix.startswith("renamed/deep") for prefix in list(feed.source._parts.inbox._watch._folders.values())))
        put(inbox / "renamed" / "deep" / "4.jpg", picture("4"))
        until(lambda: len(feed.delivered) == 5)
    assert feed.names == ["old/0.jpg", "old/1.jpg", "new/deep/2.jpg", "other/deep/3.jpg", "renamed/deep/4.jpg"]
    assert [path.name.partition("~")[2] for path in filed(tmp_path)] == [name.replace("/", "\u2215") for name in feed.names]


def test_folders_inside_are_told_of_once_and_left_alone(inbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without recursive they are nothing of ours."""
    clock = FakeClock(dt.datetime.now(dt.UTC))
    (inbox / "in").mkdir()
    put(inbox / "in" / "a.jpg", picture("a"), age=60)
    with Feed(hot_folder(inbox, clock=clock)) as feed:
        started(feed)
        for rescans in range(3):
            until(lambda rescans=rescans: feed.source.counters().rescans == rescans)
            clock.advance(60)
    assert [record.file for record in caplog.records if "left alone" in record.message] == ["in"]
    assert (inbox / "in" / "a.jpg").exists()


# What happens between reading and claiming: `check` is called exactly there.


def once(action: object) -> object:
    """A check that does something the first time it is asked."""
    done: list[int] = []

    def acting(data: bytes) -> None:
        check(data)
        if not done:
            done.append(1)
            action()  # type: ignore[operator]

    return acting


def test_a_file_rewritten_before_the_claim_is_read_again(inbox: Path) -> None:
    """What is delivered is what was claimed."""
    path = inbox / "a.jpg"
    source = hot_folder(inbox, check=once(lambda: path.write_bytes(picture("other", 99))))
    put(path, picture("first"), age=60)
    with Feed(source) as feed:
        until(lambda: feed.delivered)
    assert [delivery.data for delivery in feed.delivered] == [picture("other", 99)]


def test_a_file_cut_off_before_the_claim_is_given_back(inbox: Path) -> None:
    """It is claimed again when it is whole."""
    path = inbox / "a.jpg"
    source = hot_folder(inbox, check=once(lambda: path.write_bytes(picture("other", 99)[:30])), stalled_seconds=3600)
    put(path, picture("first"), age=60)
    with Feed(source) as feed:
        until(lambda: path.exists() and path.stat().st_size == 30 and len(feed.source._parts.inbox._settle) == 1)
        assert path.read_bytes() == picture("other", 99)[:30]
        assert feed.delivered == []
        path.write_bytes(picture("other", 99))
        until(lambda: feed.delivered)
    assert [delivery.data for delivery in feed.delivered] == [picture("other", 99)]
    assert feed.source.counters().accepted == 1


def test_a_file_that_cannot_be_given_back_fails(tmp_path: Path, inbox: Path) -> None:
    """Its name was taken again: it is told, and the new file is read."""
    path, calls = inbox / "a.jpg", list[int]()

    def meddling(data: bytes) -> None:
        calls.append(1)
        if len(calls) == 1:
            path.write_bytes(picture("other", 99)[:30])
        elif len(calls) == 2:
            path.write_bytes(picture("third"))
        check(data)

    put(path, picture("first"), age=60)
    with Feed(hot_folder(inbox, check=meddling)) as feed:
        until(lambda: len(feed.delivered) == 2)
    first, second = feed.delivered
    assert first.problem is not None
    assert "name was taken again" in first.problem.reason
    assert second.data == picture("third")
    assert [path.read_bytes() for path in filed(tmp_path, "failed")] == [picture("other", 99)[:30]]


@pytest.mark.parametrize("fault", ["look", "give back", "folder gone"])
def test_a_claimed_file_that_cannot_be_looked_at_is_not_forgotten(inbox: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """From the claim on nobody else would find it: it is taken up again soon, without a restart."""
    (inbox / "in").mkdir()
    path, clock, faults = put(inbox / "in" / "a.jpg", picture("first"), age=60), FakeClock(dt.datetime.now(dt.UTC)), list[int]()
    real = whole.examine

    def examine(name: str, folder: int, max_bytes: int) -> Found:
        if name != path.name and not faults:  # the second look, after the claim
            faults.append(1)
            if fault == "look":
                raise OSError(errno.EMFILE, "Too many open files")
            if fault == "folder gone":
                path.parent.rmdir()
            raise Changing
        return real(name, folder, max_bytes)

    def give_back(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(whole, "examine", examine)
    if fault != "folder gone":
        monkeypatch.setattr(claims.WorkFolder, "give_back", give_back)
    with Feed(hot_folder(inbox, check=once(lambda: path.write_bytes(picture("other", 99))), recursive=True, clock=clock)) as feed:
        until(lambda: faults)
        until(lambda: clock.advance(6) or feed.delivered)
        counters = feed.source.counters()
    assert [(delivery.data, delivery.attempt) for delivery in feed.delivered] == [(picture("other", 99), 1)]
    assert (counters.accepted + counters.recovered, counters.in_work) == (1, 0)


def test_a_leftover_that_cannot_be_read_now_is_tried_again(tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """We may be short of descriptors for a moment; one start counts one attempt, however often we try."""
    leave(tmp_path, 1, picture("a"))
    clock, real, calls = FakeClock(dt.datetime.now(dt.UTC)), whole.examine, list[int]()

    def examine(name: str, folder: int, max_bytes: int) -> Found:
        calls.append(1)
        if len(calls) <= 3:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(name, folder, max_bytes)

    monkeypatch.setattr(whole, "examine", examine)
    with Feed(hot_folder(inbox, clock=clock)) as feed:
        until(lambda: clock.advance(6) or feed.delivered)
    assert [(delivery.attempt, delivery.data) for delivery in feed.delivered] == [(2, picture("a"))]


def test_a_leftover_that_somebody_removed_is_no_error(tmp_path: Path, inbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is told once and not looked for any more."""
    id = leave(tmp_path, 1, picture("a"))
    source = hot_folder(inbox, find=lambda _: next((tmp_path / "work" / "inbox" / "one").glob(f"{id}*")).unlink())
    with Feed(source):
        until(lambda: "removed from work before it was taken up" in caplog.text)
        assert not source._later


def test_a_file_swapped_for_a_link_before_the_claim_is_refused(tmp_path: Path, inbox: Path) -> None:
    """The link is filed as a link, its target is never read."""
    put(tmp_path / "secret", picture("secret"))
    path = inbox / "a.jpg"

    def swap() -> None:
        path.unlink()
        path.symlink_to(tmp_path / "secret")

    put(path, picture("first"), age=60)
    with Feed(hot_folder(inbox, check=once(swap))) as feed:
        until(lambda: feed.delivered)
    [delivery] = feed.delivered
    assert delivery.problem is not None
    assert "symbolic link" in delivery.problem.reason
    assert [path.is_symlink() for path in filed(tmp_path, "failed")] == [True]


def test_a_file_that_another_takes_before_the_claim_is_no_error(inbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is theirs."""
    path = inbox / "a.jpg"
    put(path, picture("first"), age=60)
    with Feed(hot_folder(inbox, check=once(path.unlink))) as feed:
        put(inbox / "b.jpg", picture("b"))
        until(lambda: feed.delivered)
    assert feed.names == ["b.jpg"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_file_that_cannot_be_claimed_is_left_and_told_once(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried again with each listing, and taken once that works."""
    clock, allowed, real = FakeClock(dt.datetime.now(dt.UTC)), Event(), claims.rename_noreplace

    def refuse(source: str, target: str, **keys: int) -> None:
        if not allowed.is_set():
            raise PermissionError(1, "Operation not permitted")
        real(source, target, **keys)

    monkeypatch.setattr(claims, "rename_noreplace", refuse)
    put(inbox / "a.jpg", picture("a"), age=3600)
    with Feed(hot_folder(inbox, clock=clock)) as feed:
        started(feed)
        for rescans in range(3):
            until(lambda rescans=rescans: feed.source.counters().rescans == rescans)
            clock.advance(60)
        assert feed.delivered == []
        allowed.set()
        until(lambda: clock.advance(60) or feed.delivered)
    assert len([record for record in caplog.records if "left in the drop folder" in record.message]) == 1


# What an earlier process left.


def leave(root: Path, attempt: int, data: bytes) -> FrameId:
    """A claimed file of a process that ended."""
    id = FrameId(new_id(1_795_000_000_000, os.urandom(10)))
    (root / "work" / "inbox" / "one").mkdir(parents=True, exist_ok=True)
    count = f".{attempt}" if attempt > 1 else ""
    put(root / "work" / "inbox" / "one" / f"{id}{count}~a.jpg", data)
    return id


def test_a_file_that_was_in_work_at_many_starts_is_not_condemned(tmp_path: Path, inbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A start is no proof of guilt, the disk may be full: it is read, and the journal is told."""
    often = leave(tmp_path, 6, picture("a"))
    for attempt in (7, 8):
        with closing(hot_folder(inbox)) as source:
            source.open()
            delivery = next(source.deliveries(Event(), lambda: None))
        assert (delivery.id, delivery.attempt, delivery.data, delivery.problem) == (often, attempt, picture("a"), None)
    assert len([record for record in caplog.records if "taken up for the" in record.message]) == 2


def test_a_feed_that_starts_again_leaves_alone_what_is_in_flight(tmp_path: Path, inbox: Path) -> None:
    """It would be read twice at once, and counted as recovered; what was not delivered yet comes once."""
    first, second = leave(tmp_path, 1, picture("a")), leave(tmp_path, 1, picture("b"))
    put(inbox / "c.jpg", picture("c"), age=60)
    with closing(hot_folder(inbox)) as source:
        source.open()
        assert next(source.deliveries(Event(), lambda: None)).id == first
        deliveries = source.deliveries(Event(), lambda: None)
        again, new = next(deliveries), next(deliveries)
        assert (again.id, again.attempt, new.data) == (second, 2, picture("c"))
        counters = source.counters()
    assert (counters.accepted, counters.recovered, counters.in_work) == (1, 2, 3)


def test_the_attempt_is_counted_before_the_file_is_delivered(tmp_path: Path, inbox: Path) -> None:
    """A crash right after is counted too."""
    id = leave(tmp_path, 1, picture("a"))
    source = hot_folder(inbox)
    with closing(source):
        source.open()
        next(source.deliveries(Event(), lambda: None))
        assert (tmp_path / "work" / "inbox" / "one" / f"{id}.2~a.jpg").exists()


def test_a_committed_failure_is_filed_by_its_recorded_reasons(tmp_path: Path, inbox: Path) -> None:
    """The sidecar says what the reading said."""
    id = leave(tmp_path, 3, b"junk")
    row = Committed(id=id, seq=1, outcome=Outcome.REJECTED, reasons=("too dark",))
    put(inbox / "b.jpg", picture("b"), age=60)
    told: list[FrameId] = []
    with Feed(hot_folder(inbox, find={id: row}.get, filed=told.extend)) as feed:
        until(lambda: feed.delivered)
    assert feed.names == ["b.jpg"]
    assert told == [id]  # the store may forget the row one day
    sidecar = json.loads(filed(tmp_path, "failed")[0].with_name(f"{id}~a.jpg.json").read_bytes())
    assert (sidecar["outcome"], sidecar["reasons"], sidecar["attempts"], sidecar["bytes"]) == ("rejected", ["too dark"], 3, 4)


def test_what_is_in_work_adds_up(inbox: Path) -> None:
    """accepted + recovered == filed + in_work."""
    for number in range(5):
        put(inbox / f"{number}.jpg", picture(), age=60)
    source = hot_folder(inbox)
    with closing(source):
        source.open()
        deliveries = source.deliveries(Event(), lambda: None)
        taken = [next(deliveries) for _ in range(3)]
        for _ in range(2):
            source.finish(taken[0].id, Outcome.OK, ())
        counters = source.counters()
    assert (counters.accepted, counters.filed, counters.in_work, counters.waiting) == (3, 1, 2, 2)
