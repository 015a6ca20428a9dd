"""A folder that is only read: each file once, whatever happens to it, to us and to the mount."""

import datetime as dt
import errno
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from edged.flow.folder import content, forget
from edged.flow.folder.settle import Stamp
from edged.flow.outbox import Outbox
from edged.types import Delivery, FrameId, Outcome, SourceName
from tests.doubles.clock import FakeClock
from tests.doubles.folder import Feed, kept_folder, picture, put
from tests.doubles.readings import reading
from tests.doubles.wait import until

NAME = SourceName("inbox")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An empty folder."""
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def known(outbox: Outbox) -> dict[str, tuple[FrameId, int]]:
    """What is remembered, by path."""
    return {file.path: (file.id, file.attempt) for file in outbox.kept.oldest(NAME, None, 1000)}


def passes(feed: Feed, clock: FakeClock, seconds: float = 3600) -> None:
    """Wait for listings that begin after now: what they find new is delivered meanwhile."""
    for _ in range(2):  # what a listing finds was taken when the next one begins
        before = feed.source.counters().rescans
        until(lambda before=before: feed.tick(clock, seconds) or feed.source.counters().rescans >= before + 2)
        until(lambda: not feed.source.counters().waiting or feed.tick(clock, 1))
    until(lambda: not feed.source.counters().in_work)


def snapshot(folder: Path) -> list[tuple[str, int, int, int]]:
    """Everything that a write into a folder would change."""
    found = [folder, *sorted(folder.rglob("*"))]
    return [(str(path), (at := path.lstat()).st_mtime_ns, at.st_ctime_ns, at.st_ino) for path in found]


def test_files_stay_and_are_read_once(inbox: Path, outbox: Outbox, tmp_path: Path) -> None:
    """Neither listings nor restarts read one again, and nothing in the folder or beside it changes."""
    (inbox / "in").mkdir()
    for name in ("a.jpg", "in/b.jpg", os.fsdecode(b"\xff.jpg")):
        put(inbox / name, picture(), age=60)
    before, clock = snapshot(inbox), FakeClock(dt.datetime.now(dt.UTC))
    for start in range(3):
        with Feed(kept_folder(inbox, outbox, clock=clock, recursive=True), outbox=outbox) as feed:
            passes(feed, clock)
        assert sorted(feed.names) == ([] if start else ["\\xff.jpg", "a.jpg", "in/b.jpg"])
    assert snapshot(inbox) == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["inbox"]


def test_a_read_only_mount_is_read(inbox: Path, outbox: Outbox) -> None:
    """The kernel itself refuses any write here."""
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "none", inbox], check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    try:
        put(inbox / "a.jpg", picture("a"), age=60)
        subprocess.run(["mount", "-o", "remount,ro", inbox], check=True)
        for start in range(2):
            clock = FakeClock(dt.datetime.now(dt.UTC))
            with Feed(kept_folder(inbox, outbox, clock=clock), outbox=outbox) as feed:
                passes(feed, clock)
            assert feed.names == ([] if start else ["a.jpg"])
    finally:
        subprocess.run(["umount", inbox], check=True)


def same_time(path: Path, data: bytes) -> None:
    """Write in place, then set the old time: only the time of the inode tells."""
    before = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(path: Path, data: bytes) -> None:
    """Another file of that time under the name."""
    other = path.with_name(".other")
    other.write_bytes(data)
    before = path.stat()
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(path)


@pytest.mark.parametrize(
    ("change", "again"),
    [
        pytest.param(lambda path: path.write_bytes(picture("b", 99)), True, id="written"),
        pytest.param(lambda path: path.write_bytes(picture("a")), True, id="written with equal bytes"),
        pytest.param(os.utime, True, id="touched"),
        pytest.param(lambda path: same_time(path, picture("b")), True, id="written with equal size and time"),
        pytest.param(lambda path: replace(path, picture("b")), True, id="replaced with equal size and time"),
        pytest.param(lambda path: path.chmod(0o600), False, id="chmod"),
        pytest.param(lambda path: replace(path, picture("a")), False, id="put back from a backup"),
        pytest.param(lambda path: path.rename(path.with_name("b.jpg")).rename(path), False, id="renamed and back"),
    ],
)
def test_what_was_written_is_read_and_nothing_else(inbox: Path, outbox: Outbox, change: Callable[[Path], object], *, again: bool) -> None:
    """Size and time tell a write; where only inode or its time differ, the bytes decide."""
    path, clock = put(inbox / "a.jpg", picture("a"), age=60), FakeClock(dt.datetime.now(dt.UTC))
    delivered = list[Delivery]()
    for _ in range(2):  # between the two nobody looks: a change of several steps has no middle
        with Feed(kept_folder(inbox, outbox, clock=clock), outbox=outbox) as feed:
            passes(feed, clock)
            passes(feed, clock)
        delivered += feed.delivered
        if feed.delivered:
            change(path)
    assert [delivery.data for delivery in delivered] == [picture("a"), path.read_bytes()][: 1 + again]
    assert len({delivery.id for delivery in delivered}) == 1 + again


def test_a_file_that_is_replaced_while_we_look_is_read_once_more(inbox: Path, outbox: Outbox) -> None:
    """By its event, and by the next listing, as one."""
    path, clock = put(inbox / "a.jpg", picture("a"), age=60), FakeClock(dt.datetime.now(dt.UTC))
    with Feed(kept_folder(inbox, outbox, clock=clock), outbox=outbox) as feed:
        passes(feed, clock)
        replace(path, picture("b"))
        until(lambda: feed.tick(clock, 1) or len(feed.delivered) == 2)
        passes(feed, clock)
        passes(feed, clock)
    assert [delivery.data for delivery in feed.delivered] == [picture("a"), picture("b")]


def test_a_file_settles_before_it_is_read(inbox: Path, outbox: Outbox) -> None:
    """Closed or not: what is written right after the reading could have the same size and time."""
    clock = FakeClock(dt.datetime.now(dt.UTC))
    with Feed(kept_folder(inbox, outbox, clock=clock, settle_seconds=2), outbox=outbox) as feed:
        until(lambda: feed.source.looked)
        for text in "abc":
            put(inbox / "a.jpg", picture(text))
        put(inbox / "b.jpg", picture("b"))
        until(lambda: feed.source.counters().waiting == 2)
        assert feed.delivered == []
        until(lambda: feed.tick(clock, 1) or len(feed.delivered) == 2)
    assert [delivery.data for delivery in feed.delivered] == [picture("c"), picture("b")]


def claimed(inbox: Path, outbox: Outbox) -> FrameId:
    """An earlier process ended while it held `a.jpg`."""
    put(inbox / "a.jpg", picture("a"), age=60)
    source = kept_folder(inbox, outbox)
    source.open()
    delivery = next(source.deliveries(Event(), lambda: None))
    source.close()
    assert known(outbox) == {"a.jpg": (delivery.id, 1)}
    return delivery.id


def test_a_claim_is_read_again_under_its_id(inbox: Path, outbox: Outbox) -> None:
    """Its attempts are counted before it is decoded, so that an input that ends us is found out."""
    id = claimed(inbox, outbox)
    for attempt in (2, 3):
        source = kept_folder(inbox, outbox)
        source.open()
        assert source.leftovers() == {id}
        delivery = next(source.deliveries(Event(), lambda: None))
        source.close()
        assert (delivery.id, delivery.attempt, delivery.data) == (id, attempt, picture("a"))
        assert known(outbox) == {"a.jpg": (id, attempt)}


def test_a_claim_that_was_committed_is_not_read_again(inbox: Path, outbox: Outbox) -> None:
    """Nor is it looked for at the start after."""
    outbox.add([reading(id=claimed(inbox, outbox), outcome=Outcome.FAILED)])
    clock = FakeClock(dt.datetime.now(dt.UTC))
    with Feed(kept_folder(inbox, outbox, clock=clock), outbox=outbox) as feed:
        passes(feed, clock)
    assert feed.delivered == []
    outbox.add([])  # writes what was noted
    assert outbox.kept.claims(NAME) == []


@pytest.mark.parametrize("after", ["gone", "changed", "touched"])
def test_a_claim_whose_file_changed_meanwhile(inbox: Path, outbox: Outbox, after: str) -> None:
    """Other bytes are an input of their own; equal ones are still the claim, whatever the times say."""
    id, path, clock = claimed(inbox, outbox), inbox / "a.jpg", FakeClock(dt.datetime.now(dt.UTC))
    if after == "gone":
        path.unlink()
    elif after == "changed":
        put(path, picture("other"), age=30)
    else:
        path.touch()
    with Feed(kept_folder(inbox, outbox, clock=clock), outbox=outbox) as feed:
        until(lambda: feed.delivered or (after == "gone" and feed.source.looked))
        outbox.add([])
        if after == "gone":
            until(lambda: not known(outbox))
    assert [(delivery.data, delivery.id == id, delivery.attempt) for delivery in feed.delivered][:1] == {
        "gone": [],
        "changed": [(picture("other"), False, 1)],
        "touched": [(picture("a"), True, 2)],
    }[after]


def test_a_share_that_comes_back_is_not_read_again(inbox: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is away its place may be empty or missing: nothing is forgotten."""
    monkeypatch.setattr(forget, "MOST", 1)
    clock, away = FakeClock(dt.datetime.now(dt.UTC)), inbox.with_name("away")
    for name in "abc":
        put(inbox / name, picture(name), age=60)
    with Feed(kept_folder(inbox, outbox, clock=clock), outbox=outbox) as feed:
        passes(feed, clock)
        inbox.rename(away)
        until(lambda: feed.tick(clock, 1) or not feed.source.present)
        assert feed.source.state == "missing"
        inbox.mkdir()
        passes(feed, clock, 86400)
        inbox.rmdir()
        away.rename(inbox)
        until(lambda: feed.tick(clock, 1) or feed.source.present)
        passes(feed, clock, 86400)
    assert sorted(feed.names) == ["a", "b", "c"]
    assert set(known(outbox)) == {"a", "b", "c"}


def test_what_is_gone_is_forgotten_beyond_a_bound(inbox: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go first, and never what is still there."""
    monkeypatch.setattr(forget, "MOST", 3)
    monkeypatch.setattr(forget, "_CHUNK", 2)
    clock = FakeClock(dt.datetime.now(dt.UTC))
    for age, name in enumerate("fedcba"):
        put(inbox / name, picture(name), age=60 + age)
    with Feed(kept_folder(inbox, outbox, clock=clock), outbox=outbox) as feed:
        passes(feed, clock)
    for name in "bcde":
        (inbox / name).unlink()
    with Feed(kept_folder(inbox, outbox, clock=clock), outbox=outbox) as feed:
        until(lambda: feed.tick(clock, 3600) or len(known(outbox)) == 3)
    assert set(known(outbox)) == {"a", "e", "f"}


def test_a_share_that_stumbles_fails_no_file(
    inbox: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The file is left unclaimed, told once, and read with the listing that can."""
    real, broken, clock = content._read, Event(), FakeClock(dt.datetime.now(dt.UTC))
    broken.set()

    def read(name: str, folder: int, expected: Stamp) -> content.Found:
        if broken.is_set():
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return real(name, folder, expected)

    monkeypatch.setattr(content, "_read", read)
    put(inbox / "a.jpg", picture("a"), age=60)
    with Feed(kept_folder(inbox, outbox, clock=clock), outbox=outbox) as feed:
        until(lambda: feed.tick(clock, 60) or feed.source.counters().rescans >= 3)
        assert (feed.delivered, known(outbox)) == ([], {})
        broken.clear()
        until(lambda: feed.tick(clock, 60) or feed.delivered)
    assert [delivery.data for delivery in feed.delivered] == [picture("a")]
    assert len([record for record in caplog.records if "left in the drop folder" in record.message]) == 1


def test_a_file_that_we_may_read_only_later_is_read_then(inbox: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its refusal is a reading, told once; a chmod makes it an input again."""
    real, denied, clock = content._read, Event(), FakeClock(dt.datetime.now(dt.UTC))
    denied.set()

    def read(name: str, folder: int, expected: Stamp) -> content.Found:
        if denied.is_set():
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(name, folder, expected)

    monkeypatch.setattr(content, "_read", read)
    path = put(inbox / "a.jpg", picture("a"), age=60)
    with Feed(kept_folder(inbox, outbox, clock=clock), outbox=outbox) as feed:
        passes(feed, clock)
        passes(feed, clock)
        denied.clear()
        path.chmod(0o644)
        until(lambda: feed.tick(clock, 60) or len(feed.delivered) == 2)
    refused, read_then = feed.delivered
    assert refused.problem is not None
    assert refused.problem.outcome is Outcome.REJECTED
    assert read_then.data == picture("a")


def test_a_claim_costs_no_sync_and_stands_before_its_reading(outbox: Outbox, inbox: Path) -> None:
    """It is written to the log at once, unsynced; the commit of the reading syncs the log as a whole."""
    db, said = outbox._database._db, list[str]()
    assert db is not None
    put(inbox / "a.jpg", picture("a"), age=60)
    db.set_trace_callback(said.append)
    with Feed(kept_folder(inbox, outbox), outbox=outbox) as feed:
        until(lambda: feed.source.counters().filed == 1)
    db.set_trace_callback(None)
    steps = [
        s.split(" (")[0].split(" VALUES")[0] for s in said if s.split()[0] in ("PRAGMA", "BEGIN", "INSERT", "COMMIT") and "count" not in s
    ]
    assert [step for step in steps if "page" not in step and "freelist" not in step] == [
        "PRAGMA synchronous = NORMAL", "BEGIN IMMEDIATE", "INSERT OR REPLACE INTO kept", "COMMIT", "PRAGMA synchronous = FULL",
        "BEGIN IMMEDIATE", "INSERT INTO reading", "INSERT INTO payload", "COMMIT",
    ]  # fmt: skip
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
