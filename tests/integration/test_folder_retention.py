"""Done and failed are bounded by days and bytes, the oldest first, and nothing of anybody else's is touched."""

import datetime as dt
import json
import os
import shutil
from pathlib import Path
from threading import Event, Thread

import pytest

from edged.config import RetentionSection
from edged.flow.folder import retention
from edged.flow.folder.days import Days
from edged.flow.folder.retention import Place, RetentionWorker
from edged.lib.ids import IdMint
from tests.doubles.clock import FakeClock
from tests.doubles.folder import Feed, hot_folder, picture, put
from tests.doubles.wait import until

DAY = 86_400
new_id = IdMint().new_id


class Archive:
    """A done folder with day folders in it, and who tidies it; `boot` is a new process."""

    def __init__(self, root: Path, *, days: int = 0, max_bytes: int = 0) -> None:
        self.root, self.state = root / "done", root / "retention.json"
        self.limits = RetentionSection(days=days, max_bytes=max_bytes)
        self.clock, self.synced = FakeClock(), True
        self.filed = 0
        self.boot()

    def boot(self, *more: Place) -> None:
        days = Days(self.state, self.clock, lambda: self.synced)
        place = Place(root=self.root, limits=self.limits, filed=lambda: self.filed)
        self.worker = RetentionWorker([place, *more], days, self.clock)

    def file(self, name: str, size: int = 1000, *, sidecar: bool = False) -> Path:
        """File something today, as the sink does."""
        day = self.root / str(self.clock.now().date())
        day.mkdir(parents=True, exist_ok=True)
        path = day / f"{new_id(int(self.clock.now().timestamp() * 1000), os.urandom(10))}~{name}"
        path.write_bytes(b"x" * size)
        if sidecar:
            path.with_name(f"{path.name}.json").write_text("{}")
        self.filed += size
        return path

    def next_day(self, count: int = 1) -> None:
        for _ in range(count):
            self.clock.advance(DAY)
            self.worker.step()

    @property
    def names(self) -> list[str]:
        """What is left, without ids."""
        return sorted(path.name.partition("~")[2] or path.name for path in self.root.rglob("*") if not path.is_dir())


def test_files_stay_for_their_days(tmp_path: Path) -> None:
    """Whole days: what was filed in the last minute of a day stays as long as is promised."""
    archive = Archive(tmp_path, days=7)
    for number in range(3):
        archive.file(str(number), sidecar=number == 0)
        archive.worker.step()
        archive.next_day()
    archive.next_day(4)
    assert archive.names == ["0", "0.json", "1", "2"]  # seven days old
    archive.next_day()
    assert archive.names == ["1", "2"]
    archive.next_day(2)
    assert archive.names == []
    assert list(archive.root.iterdir()) == []


def test_days_are_counted_across_restarts(tmp_path: Path) -> None:
    """And a daemon that is restarted many times a day does not count more."""
    archive = Archive(tmp_path, days=2)
    archive.file("a")
    for _ in range(2):
        for _ in range(5):
            archive.boot()
            archive.worker.step()
        archive.clock.advance(DAY)
    archive.boot()
    archive.worker.step()
    assert archive.names == ["a"]
    archive.next_day()
    assert archive.names == []


@pytest.mark.parametrize("years", [10, -10, -56])
def test_a_clock_that_jumps_deletes_nothing(tmp_path: Path, years: int) -> None:
    """Ten years forth or back, or 1970 until somebody set it: each jump makes a day at most."""
    archive = Archive(tmp_path, days=3)
    right = archive.clock.now()
    archive.file("before")
    archive.worker.step()
    archive.clock.set_wall(right.replace(year=right.year + years))
    archive.file("meanwhile")
    for _ in range(3):
        archive.clock.advance(3600)
        archive.worker.step()
    archive.clock.set_wall(right)
    archive.boot()
    archive.worker.step()
    assert archive.names == ["before", "meanwhile"]
    archive.next_day(3)
    assert archive.names == []


def test_age_pauses_while_the_clock_was_never_set(tmp_path: Path) -> None:
    """The limit of bytes does not."""
    archive = Archive(tmp_path, days=1, max_bytes=1500)
    archive.synced = False
    archive.file("a")
    archive.next_day(30)
    assert archive.names == ["a"]
    archive.file("b")
    archive.next_day()
    assert archive.names == ["b"]


def test_the_oldest_bytes_go_first(tmp_path: Path) -> None:
    """By day folders in the order in which they came, then by the time in the ids; a sidecar goes with its file."""
    archive = Archive(tmp_path, max_bytes=3000)
    right = archive.clock.now()
    archive.clock.set_wall(right.replace(year=2037))
    archive.file("a", sidecar=True)
    archive.file("b")
    archive.worker.step()
    archive.clock.set_wall(right)
    archive.next_day()
    for name in "dce":
        archive.clock.advance(1)
        archive.file(name)
    archive.worker.step()
    assert archive.names == ["c", "d", "e"]
    archive.file("f", size=2500)
    archive.worker.step()
    assert archive.names == ["f"]


def test_what_is_not_ours_is_never_touched(tmp_path: Path) -> None:
    """Names without an id, other folders, and what a link leads to stay; so does the day folder that holds them."""
    archive = Archive(tmp_path, days=1, max_bytes=1)
    mine = archive.file("mine")
    foreign = [mine.with_name("notes.txt"), mine.with_name(f"{mine.name.partition('~')[0]}-copy"), archive.root / "keep" / mine.name]
    (mine.parent / f"{new_id(1, bytes(10))}~folder").mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    foreign.append(elsewhere / mine.name)
    (archive.root / "2001-01-01").symlink_to(elsewhere)
    for path in foreign:
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    archive.next_day(5)
    assert not mine.exists()
    assert all(path.exists() for path in foreign)


def test_no_limit_removes_nothing(tmp_path: Path) -> None:
    """0 is off."""
    archive = Archive(tmp_path)
    archive.file("a", size=2**20)
    archive.next_day(50)
    assert archive.names == ["a"]


def test_a_million_bytes_that_somebody_took_away_cost_nothing_else(tmp_path: Path) -> None:
    """Before anything goes for its bytes, they are counted anew: a person may have tidied, or retried what failed."""
    archive = Archive(tmp_path, max_bytes=3000)
    gone = [archive.file("gone") for _ in range(3)]
    archive.worker.step()
    for path in gone:
        path.unlink()
    archive.clock.advance(601)
    archive.file("a")
    archive.file("b")
    archive.worker.step()
    assert archive.names == ["a", "b"]


def test_a_day_folder_that_somebody_removes_is_no_trouble(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Names that were to go next are gone with it."""
    archive = Archive(tmp_path, max_bytes=2500)
    for name in "abcde":
        archive.clock.advance(1)
        path = archive.file(name)
    archive.worker.step()
    assert archive.names == ["d", "e"]
    shutil.rmtree(path.parent)
    archive.next_day()
    for name in "fgh":
        archive.clock.advance(1)
        archive.file(name)
    for _ in range(2):
        archive.worker.step()
    assert archive.names == ["g", "h"]
    assert "cannot be removed" not in caplog.text


def test_what_others_file_there_is_counted_too(tmp_path: Path) -> None:
    """Another edged, or a person, now and then: the folder is measured again."""
    archive = Archive(tmp_path, max_bytes=1500)
    archive.worker.step()
    for name in "ab":
        archive.clock.advance(1)
        archive.file(name)
    archive.filed = 0
    archive.worker.step()
    assert archive.names == ["a", "b"]
    archive.clock.advance(6 * 3600)
    archive.worker.step()
    assert archive.names == ["b"]


def test_a_folder_that_sources_share_has_the_tightest_limits_and_one_owner(tmp_path: Path) -> None:
    """What both filed is added up."""
    archive, filed = Archive(tmp_path, max_bytes=2500), [0]
    archive.boot(Place(root=archive.root, limits=RetentionSection(days=5, max_bytes=9000), filed=lambda: filed[0]))
    archive.worker.step()
    for name in "abc":
        archive.clock.advance(1)
        archive.file(name)
        filed[0] += 1000
        archive.filed -= 1000
    archive.clock.advance(601)
    archive.worker.step()
    assert archive.names == ["b", "c"]
    archive.next_day(6)
    assert archive.names == []


def test_a_disk_that_refuses_is_told_once_and_tried_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Retention never ends the daemon."""
    archive, real, broken = Archive(tmp_path, max_bytes=1), os.unlink, [True]

    def unlink(*arguments: object, **keys: object) -> None:
        if broken[0]:
            raise OSError(30, "Read-only file system")
        real(*arguments, **keys)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "unlink", unlink)
    archive.file("a")
    for _ in range(100):
        archive.clock.advance(10)
        archive.worker.step()
    assert len([record for record in caplog.records if "cannot be removed" in record.message]) == 1
    assert "Read-only file system" in archive.worker.troubles[0]
    broken[0] = False
    archive.clock.advance(600)
    archive.worker.step()
    assert (archive.names, archive.worker.troubles) == ([], [])


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"day": "x"}', b'{"day": 1, "first": {"a": "b"}}', b"\xff"])
def test_a_damaged_memory_makes_everything_new(tmp_path: Path, content: bytes) -> None:
    """Files then stay longer, never shorter."""
    archive = Archive(tmp_path, days=2)
    archive.file("a")
    archive.next_day(2)
    archive.state.write_bytes(content)
    archive.boot()
    archive.worker.step()
    archive.next_day(2)
    assert archive.names == ["a"]
    archive.next_day()
    assert archive.names == []
    archive.worker.step()
    assert json.loads(archive.state.read_text())["first"] == {}


def test_it_ends_at_once_in_the_middle_of_a_large_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It beats while it walks, and stops between two steps."""
    monkeypatch.setattr(retention, "_CHUNK", 2)
    archive, stop, beats = Archive(tmp_path, max_bytes=1), Event(), list[int]()
    for number in range(20):
        archive.file(str(number))

    def beat() -> None:
        beats.append(1)
        if len(beats) == 5:
            stop.set()

    thread = Thread(target=archive.worker.run, args=(stop, beat))
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert len(beats) == 5
    assert len(archive.names) == 20


def test_a_source_tells_what_it_files(tmp_path: Path) -> None:
    """The worker sees files of the running daemon without walking through the folder again."""
    (tmp_path / "inbox").mkdir()
    clock = FakeClock(dt.datetime.now(dt.UTC))
    with Feed(hot_folder(tmp_path / "inbox", retention={"max_bytes": 100}, clock=clock)) as feed:
        until(lambda: feed.source.looked)
        failed, done = feed.source.shelves  # type: ignore[attr-defined]
        worker = RetentionWorker([failed, done], Days(tmp_path / "days", clock, lambda: True), clock)
        for count in (1, 2):
            put(tmp_path / "inbox" / f"{count}.jpg", picture(size=64))
            until(lambda count=count: feed.source.counters().filed == count)
            worker.step()
    assert (failed.filed(), done.filed()) == (0, 2 * len(picture(size=64)))
    assert [path.name.partition("~")[2] for path in done.root.rglob("*~*")] == ["2.jpg"]
