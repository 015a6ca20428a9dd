"""The outbox on a real SQLite file."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.errors import EdgedError, InstanceRunning, OutboxError, OutboxFull
from edged.flow.outbox import Outbox, database, salvage
from edged.flow.outbox.schema import PAGE_BYTES, SCRIPTS, migrate
from edged.flow.ports import MessageStore
from edged.types import SourceName
from tests.contracts.message_store_contract import NOW, MessageStoreContract, balanced
from tests.doubles.clock import FakeClock
from tests.doubles.disk import ERRORS, FailingDisk
from tests.doubles.readings import frame_id, large_reading, make_outbox, reading

_: type[MessageStore] = Outbox
DAY = 86_400
SMALLEST = 8 * 2**20


@pytest.fixture
def store(outbox: Outbox) -> Outbox:
    """What the contract asks for."""
    return outbox


def sql(path: Path, statement: str) -> list[tuple[object, ...]]:
    """Ask the closed database."""
    db = sqlite3.connect(path / "outbox.db", isolation_level=None)
    rows = db.execute(statement).fetchall()
    db.close()
    return rows


class TestOutboxKeepsTheContract(MessageStoreContract):
    pass


class TestReopening:
    def test_everything_stands_again(self, tmp_path: Path) -> None:
        """Rows, states, attempts, epoch and counts survive closing."""
        first = make_outbox(tmp_path)
        first.open()
        first.add([reading(n, source=SourceName("ab"[n % 2])) for n in range(1, 7)])
        first.accept([1, 2])
        first.reject(3, "too large")
        first.keep(4, "size", NOW + 5, count=True)
        before = first.stats()
        first.close()
        second = make_outbox(tmp_path)
        second.open()
        after = second.stats()
        rows = second.due(10, NOW + 5)
        second.close()
        assert (after.readings, after.pending, after.sent, after.dead, after.epoch) == (6, 3, 2, 1, before.epoch)
        assert [(row.seq, row.attempts) for row in rows] == [(4, 1), (5, 0), (6, 0)]

    def test_the_name_of_a_new_database_is_durable_before_anything_is_in_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """And that of the folder that was made for it: else a power cut takes all that was committed."""
        synced: list[Path] = []
        monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(Path(f"/proc/self/fd/{descriptor}").readlink()))
        (tmp_path / "state").mkdir()
        outbox = make_outbox(tmp_path / "state")
        outbox.open()
        assert synced[:2] == [tmp_path / "state", tmp_path]
        outbox.close()

    def test_each_database_has_its_own_epoch(self, tmp_path: Path) -> None:
        """A new database is a new epoch."""
        epochs = set()
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            outbox = make_outbox(tmp_path / name)
            outbox.open()
            epochs.add(outbox.stats().epoch)
            outbox.close()
        assert len(epochs) == 2

    def test_closing_leaves_one_file(self, tmp_path: Path, store: Outbox) -> None:
        """A clean end folds the log into the database; closing twice is allowed."""
        store.add([reading(1)])
        store.close()
        store.close()
        assert [path.name for path in tmp_path.iterdir()] == ["outbox.db"]

    def test_a_store_that_is_not_open_says_so(self, tmp_path: Path) -> None:
        """Using it before `open` or after `close` is an error, not a silent loss."""
        with pytest.raises(OutboxError, match="not open"):
            make_outbox(tmp_path).add([reading(1)])


class TestOnlyOne:
    def test_a_second_process_is_refused(self, tmp_path: Path, store: Outbox) -> None:
        """Another process on the same state directory is told who is in its way."""
        store.add([reading(1)])
        code = (
            "import sys; from pathlib import Path; from tests.doubles.readings import make_outbox\n"
            "from edged.errors import InstanceRunning\n"
            "try: make_outbox(Path(sys.argv[1])).open()\n"
            "except InstanceRunning as error: print(error, '|', error.hint)"
        )
        run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
        assert "another process has the database open" in run.stdout
        assert "control socket" in run.stdout
        store.add([reading(2)])

    def test_a_second_outbox_in_this_process_is_refused(self, tmp_path: Path, store: Outbox) -> None:
        """The lock holds within a process too."""
        with pytest.raises(InstanceRunning):
            make_outbox(tmp_path).open()


class TestDurability:
    def test_the_settings_are_read_back(self, store: Outbox) -> None:
        """The one connection is durable and exclusive, whatever SQLite was built with."""
        with store._database.reading() as db:
            found = {
                name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "locking_mode", "mmap_size")
            }
        assert found == {"journal_mode": "wal", "synchronous": 2, "locking_mode": "exclusive", "mmap_size": 0}

    def test_a_sqlite_that_does_not_sync_is_refused(self, tmp_path: Path) -> None:
        """A connection that does not take `synchronous=FULL` is not trusted with readings."""

        class Careless(sqlite3.Connection):
            def execute(self, statement: str, *parameters: object) -> sqlite3.Cursor:
                return super().execute(statement.replace("synchronous = FULL", "synchronous = NORMAL"), *parameters)

        outbox = make_outbox(tmp_path, connect=lambda *a, **k: sqlite3.connect(*a, factory=Careless, **k))
        with pytest.raises(OutboxError, match="synchronous 1 where 2"):
            outbox.open()

    def test_there_is_one_connection(self, tmp_path: Path) -> None:
        """SQLite before 3.51.3 may corrupt a log that two connections reset."""
        made: list[sqlite3.Connection] = []
        outbox = make_outbox(tmp_path, connect=lambda *a, **k: made.append(sqlite3.connect(*a, **k)) or made[-1])
        outbox.open()
        outbox.add([reading(1)])
        outbox.accept([1])
        outbox.stats()
        outbox.close()
        assert len(made) == 1

    def test_a_group_is_one_commit(self, tmp_path: Path) -> None:
        """However many readings come together, the disk syncs once."""
        disk = FailingDisk()
        outbox = make_outbox(tmp_path, connect=disk.connect)
        outbox.open()
        commits: list[str] = []
        outbox._database._db.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
        outbox.add([reading(n) for n in range(32)])
        outbox.close()
        assert commits == ["COMMIT"]

    def test_threads_may_share_it(self, store: Outbox) -> None:
        """Many threads add at once: no gap, no double."""

        def add(start: int) -> None:
            for n in range(start, start + 25):
                store.add([reading(n)])

        threads = [threading.Thread(target=add, args=(1000 * t,)) for t in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [row.seq for row in store.due(200, NOW)] == list(range(1, 101))


@pytest.mark.parametrize("fault", ERRORS)
class TestFailingDisk:
    def test_nothing_is_assumed_and_nothing_retried(self, tmp_path: Path, fault: str) -> None:
        """After the first storage error every call fails at once, without another statement."""
        disk = FailingDisk()
        outbox = make_outbox(tmp_path, connect=disk.connect)
        outbox.open()
        outbox.add([reading(1)])
        disk.fault = fault
        with pytest.raises(OutboxError) as caught:
            outbox.add([reading(2)])
        calls = disk.calls
        disk.fault = None
        for call in (
            lambda: outbox.add([reading(3)]),
            lambda: outbox.accept([1]),
            lambda: outbox.due(1, NOW),
            lambda: outbox.find(frame_id(1)),
        ):
            with pytest.raises(OutboxError):
                call()
        assert disk.calls == calls
        assert caught.value.hint
        assert not isinstance(caught.value, OutboxFull)
        assert caught.value.exit_code == 74
        assert outbox.stats().readings == 1
        outbox.close()

    def test_an_error_while_opening_is_an_outbox_error(self, tmp_path: Path, fault: str) -> None:
        """A disk that fails at the start is told in the same words."""
        disk = FailingDisk()
        disk.fault, disk.on = fault, "PRAGMA journal_mode"
        with pytest.raises(OutboxError) as caught:
            make_outbox(tmp_path, connect=disk.connect).open()
        assert caught.value.hint


class TestDamage:
    def test_a_missing_folder_has_a_remedy(self, tmp_path: Path) -> None:
        """The message names the path, the hint the configuration key."""
        with pytest.raises(OutboxError, match="nowhere") as caught:
            make_outbox(tmp_path / "nowhere").open()
        assert "state_dir" in caught.value.hint

    def test_a_file_that_is_no_database_is_set_aside(self, tmp_path: Path) -> None:
        """Something else under our name is neither used nor changed, and does not keep the service from working."""
        (tmp_path / "outbox.db").write_bytes(b"not a database" * 1000)
        outbox = make_outbox(tmp_path)
        outbox.open()
        assert outbox.salvaged
        assert (tmp_path / outbox.salvaged.set_aside).read_bytes() == b"not a database" * 1000
        assert [row.seq for row in outbox.add([reading(1)])] == [1]
        outbox.close()

    @pytest.mark.parametrize("end", ["clean", "killed", "damaged"])
    def test_pages_of_an_earlier_version_are_no_damage(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
        """They keep their size: nothing is lost by an upgrade, the log is folded, and salvage reads them, too."""
        monkeypatch.setattr(database, "PAGE_BYTES", 1024)
        old = make_outbox(tmp_path)
        old.open()
        old.add([reading(n) for n in range(1, 201)])
        if end == "killed":  # the log holds all of it
            (tmp_path / "copy").mkdir()
            for path in tmp_path.glob("outbox.*"):
                shutil.copyfile(path, tmp_path / "copy" / path.name)
        old.close()
        monkeypatch.undo()
        folder = tmp_path / "copy" if end == "killed" else tmp_path
        if end == "damaged":
            with (tmp_path / "outbox.db").open("r+b") as file:
                file.write(b"x")
        new = make_outbox(folder)
        new.open()
        assert bool(new.salvaged) is (end == "damaged")
        assert [(row.seq, row.damage) for row in new.due(500, NOW)] == [(n, "") for n in range(1, 201)]
        monkeypatch.setattr(database, "_LOG_BYTES", 40 * 1024)
        for at in range(300, 600, 10):
            new.add([reading(n) for n in range(at, at + 10)])
        assert (folder / "outbox.db-wal").stat().st_size < 200 * 1024
        new.close()
        assert sql(folder, "PRAGMA page_size") == [(PAGE_BYTES if end == "damaged" else 1024,)]

    @pytest.mark.parametrize("clean", [True, False])
    def test_a_schema_that_is_no_text_is_damage_like_any_other(self, tmp_path: Path, *, clean: bool) -> None:
        """SQLite quotes it in its error, and Python fails to read that."""
        outbox = make_outbox(tmp_path)
        outbox.open()
        outbox.add([reading(n) for n in (1, 2)])
        outbox.close()
        data = (tmp_path / "outbox.db").read_bytes()
        damaged = data.replace(b"value TEXT NOT NULL) STRICT", b"value TEXT NOT NU\xccL) STRICT")
        assert damaged != data
        (tmp_path / "outbox.db").write_bytes(damaged)
        if not clean:
            (tmp_path / "outbox.db-wal").write_bytes(b"x")
        again = make_outbox(tmp_path)
        again.open()
        assert again.salvaged
        assert [row.seq for row in again.due(5, NOW)] == [1, 2]
        again.close()

    def test_damage_is_found_after_an_unclean_end(self, tmp_path: Path) -> None:
        """A row table that is damaged is built anew from the payloads once the last run did not close."""
        outbox = make_outbox(tmp_path)
        outbox.open()
        outbox.add([reading(n) for n in range(200)])
        outbox.close()
        ((root,),) = sql(tmp_path, "SELECT rootpage FROM sqlite_schema WHERE name = 'reading'")
        with (tmp_path / "outbox.db").open("r+b") as file:
            file.seek((int(str(root)) - 1) * PAGE_BYTES)
            page = file.read(PAGE_BYTES)
            cell = int.from_bytes(page[12:14], "big")  # the first of an inner page: it points to the oldest rows
            file.seek((int.from_bytes(page[cell : cell + 4], "big") - 1) * PAGE_BYTES)
            file.write(b"\xff" * 400)
        (tmp_path / "outbox.db-wal").write_bytes(b"x")  # a log that is left tells of an unclean end
        again = make_outbox(tmp_path)
        again.open()
        assert again.salvaged
        assert [row.seq for row in again.due(500, NOW)] == list(range(1, 201))
        again.close()

    @pytest.mark.parametrize("replaced", [False, True])
    def test_a_database_that_was_taken_away_keeps_nothing_more(self, tmp_path: Path, store: Outbox, *, replaced: bool) -> None:
        """Readings committed into a file that nobody finds again would be lost in silence."""
        store.add([reading(1)])
        for path in tmp_path.glob("outbox.db*"):
            path.rename(path.with_name(f"old-{path.name}"))
        if replaced:
            shutil.copyfile(tmp_path / "old-outbox.db", tmp_path / "outbox.db")
        with pytest.raises(OutboxError, match="removed or replaced") as caught:
            store.add([reading(2)])
        assert "epoch" in caught.value.hint
        with pytest.raises(OutboxError):
            store.accept([1])

    def test_a_clean_end_needs_no_check(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The check is only paid for after an unclean end."""
        outbox = make_outbox(tmp_path)
        outbox.open()
        outbox.add([reading(1)])
        outbox.close()
        checks: list[int] = []
        again = make_outbox(tmp_path)
        monkeypatch.setattr(salvage, "finding", lambda path: checks.append(1))
        again.open()
        again.close()
        assert checks == []

    def test_an_encoder_that_fails_leaves_no_gap(self, store: Outbox) -> None:
        """A reading that cannot be written rolls its whole group back."""
        with pytest.raises(TypeError):
            store.add([reading(1), reading(2, text=object())])
        assert [row.seq for row in store.add([reading(3)])] == [1]
        assert balanced(store)


class TestSchema:
    def test_a_newer_database_is_refused(self, tmp_path: Path, store: Outbox) -> None:
        """An older edged does not touch what a newer one wrote."""
        store.close()
        sql(tmp_path, "PRAGMA user_version = 99")
        with pytest.raises(OutboxError, match="newer edged") as caught:
            make_outbox(tmp_path).open()
        assert caught.value.hint

    def test_an_older_database_is_copied_and_migrated(self, tmp_path: Path, store: Outbox) -> None:
        """Each missing script runs once; the state before stands beside the database."""
        store.add([reading(1)])
        store.close()
        scripts = (*SCRIPTS, ("ALTER TABLE meta ADD COLUMN note TEXT", "UPDATE meta SET note = 'x'"))
        db = sqlite3.connect(tmp_path / "outbox.db", isolation_level=None)
        migrate(db, tmp_path / "outbox.db", scripts)
        migrate(db, tmp_path / "outbox.db", scripts)
        assert db.execute("PRAGMA user_version").fetchone() == (len(scripts),)
        assert db.execute("SELECT note FROM meta").fetchone() == ("x",)
        db.close()
        copy = sqlite3.connect(tmp_path / f"outbox.db.schema-{len(SCRIPTS)}")
        assert copy.execute("SELECT count(*) FROM reading").fetchone() == (1,)
        assert copy.execute("PRAGMA user_version").fetchone() == (len(SCRIPTS),)
        copy.close()

    def test_a_migration_that_fails_changes_nothing(self, tmp_path: Path, store: Outbox) -> None:
        """All scripts run in one transaction."""
        store.close()
        db = sqlite3.connect(tmp_path / "outbox.db", isolation_level=None)
        with pytest.raises(sqlite3.Error):
            migrate(db, tmp_path / "outbox.db", (*SCRIPTS, ("DROP TABLE payload", "nonsense")))
        db.close()
        assert sql(tmp_path, "PRAGMA user_version") == [(len(SCRIPTS),)]
        assert sql(tmp_path, "SELECT count(*) FROM payload") == [(0,)]


class TestForgetting:
    def fill(self, store: Outbox, count: int = 6) -> None:
        store.add([reading(n) for n in range(1, count + 1)])
        store.accept(range(1, count + 1))
        store.filed([frame_id(n) for n in range(1, count + 1)])
        store.add([])  # `filed` is written with the next transaction

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def store(self, tmp_path: Path, clock: FakeClock) -> Iterator[Outbox]:
        outbox = make_outbox(tmp_path, clock=clock)
        outbox.open()
        yield outbox
        outbox.close()

    def test_sent_rows_stay_for_a_week(self, store: Outbox, clock: FakeClock) -> None:
        """Until then they are there for a replay; then all go but the newest, which keeps the count."""
        self.fill(store)
        clock.advance(7 * DAY - 1)
        store.tidy()
        assert store.stats().sent == 6
        clock.advance(2)
        assert store.tidy() is False
        assert (store.stats().sent, store.stats().pruned, store.stats().readings) == (1, 5, 6)
        assert [row.seq for row in store.add([reading(7)])] == [7]

    def test_the_count_survives_forgetting_and_reopening(self, store: Outbox, clock: FakeClock, tmp_path: Path) -> None:
        """A seq is never given twice, even when nearly everything was forgotten."""
        self.fill(store)
        clock.advance(8 * DAY)
        store.tidy()
        store.close()
        again = make_outbox(tmp_path)
        again.open()
        assert (again.stats().readings, again.stats().pruned) == (6, 5)
        assert [row.seq for row in again.add([reading(7)])] == [7]
        again.close()

    def test_rows_whose_file_was_not_moved_stay(self, store: Outbox, clock: FakeClock) -> None:
        """While a file is in work its id must be found, or it would be read twice."""
        store.add([reading(n) for n in range(1, 4)])
        store.accept([1, 2, 3])
        store.filed([frame_id(1)])
        written: list[str] = []
        store._database._db.set_trace_callback(lambda text: written.append(text) if "filed = 1" in text else None)
        store.accept([])
        store.accept([])
        assert len(written) == 1  # noted once, with the next transaction
        clock.advance(8 * DAY)
        store.tidy()
        assert store.find(frame_id(1)) is None
        assert store.find(frame_id(2)) is not None

    def test_what_was_never_sent_is_never_too_old(self, store: Outbox, clock: FakeClock) -> None:
        """A pending reading waits for the broker and a dead one for somebody's word, long after their files were filed."""
        store.add([reading(n) for n in range(1, 5)])
        store.reject(2, "bad")
        store.accept([3])
        store.filed([frame_id(n) for n in range(1, 5)])
        store.add([])  # `filed` is written with the next transaction
        clock.advance(100 * DAY)
        store.tidy()
        assert [n for n in range(1, 5) if store.find(frame_id(n))] == [1, 2, 4]
        assert (store.stats().pending, store.stats().dead) == (2, 1)

    def test_what_a_crash_kept_from_being_noted_is_noted_at_the_next_start(self, store: Outbox, clock: FakeClock) -> None:
        """Rows of a source whose files are not in work any more may be forgotten one day."""
        store.add([reading(n) for n in range(1, 5)] + [reading(5, source=SourceName("other"))])
        store.accept([1, 2, 3, 4, 5])
        store.add([reading(6)])
        store.all_filed(SourceName("inbox"), but={frame_id(2)})
        clock.advance(8 * DAY)
        store.tidy()
        assert [n for n in range(1, 7) if store.find(frame_id(n))] == [2, 5, 6]

    def test_age_says_nothing_while_the_clock_was_never_set(self, tmp_path: Path, store: Outbox, clock: FakeClock) -> None:
        """A box that wakes in 1970 and learns the time later must not forget a week at once."""
        self.fill(store)
        store.close()
        blind = make_outbox(tmp_path, clock=clock, synced=False)
        blind.open()
        clock.advance(100 * DAY)
        assert blind.tidy() is False
        assert blind.stats().sent == 6
        blind.close()

    def test_many_are_forgotten_in_portions(self, store: Outbox, clock: FakeClock) -> None:
        """One call holds the lock for a bounded time and says that there is more."""
        self.fill(store, 600)
        clock.advance(8 * DAY)
        portions = [store.tidy(), store.stats().sent, store.tidy(), store.stats().sent, store.tidy(), store.stats().sent]
        assert portions == [True, 344, True, 88, False, 1]
        assert balanced(store)


class TestBudget:
    def fill(self, store: Outbox) -> int:
        """Add until it is full; how many went in."""
        for n in range(1, 500):
            try:
                store.add([large_reading(n, 40_000)])
            except OutboxFull:
                return n - 1
        return 500

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Outbox]:
        outbox = make_outbox(tmp_path, max_bytes=SMALLEST)
        outbox.open()
        yield outbox
        outbox.close()

    def test_pending_rows_are_never_dropped_for_room(self, store: Outbox) -> None:
        """At the budget nothing more is taken, and nothing is lost."""
        count = self.fill(store)
        assert 100 < count < 140
        with pytest.raises(OutboxFull) as caught:
            store.add([large_reading(1000, 40_000)])
        assert "max_bytes" in caught.value.hint
        assert store.stats().pending == count
        assert store.stats().bytes <= SMALLEST
        assert balanced(store)

    def test_pending_and_dead_rows_give_no_room_once_their_files_are_filed(self, store: Outbox) -> None:
        """Where a file lies says nothing of whether anybody has its reading."""
        count = self.fill(store)
        store.reject(1, "bad")
        store.filed([frame_id(n) for n in range(1, count + 1)])
        with pytest.raises(OutboxFull):
            store.add([large_reading(1000, 40_000)])
        assert all(store.find(frame_id(n)) for n in range(1, count + 1))
        assert (store.stats().pending, store.stats().dead) == (count - 1, 1)

    def test_it_goes_on_when_there_is_room_again(self, store: Outbox) -> None:
        """Once rows were sent and filed, the oldest of them make room; the files do not grow."""
        count = self.fill(store)
        store.accept(range(1, 11))
        with pytest.raises(OutboxFull):
            store.add([large_reading(1000, 40_000)])  # sent, but their files are still in work
        store.filed([frame_id(n) for n in range(1, 11)])
        assert [row.seq for row in store.add([large_reading(1000, 40_000)])] == [count + 1]
        assert store.find(frame_id(1)) is None
        assert store.stats().bytes <= SMALLEST
        assert balanced(store)

    def test_the_error_says_what_takes_the_room(self, store: Outbox) -> None:
        """Readings that wait for the broker and sent ones that wait for their files want different remedies."""
        count = self.fill(store)
        store.accept(range(1, count))
        store.filed([frame_id(1)])
        with pytest.raises(OutboxFull, match=f": 1 readings not yet sent, 0 dead, {count - 2} sent") as caught:
            store.add([large_reading(1000, 200_000)])
        assert "moved away" in caught.value.hint

    def test_a_full_outbox_still_accepts_and_rejects(self, store: Outbox) -> None:
        """What leaves needs no room that intake could have taken."""
        count = self.fill(store)
        store.accept([1])
        store.reject(2, "bad")
        store.keep(3, "size", NOW, count=True)
        assert store.stats().pending == count - 2

    def test_an_id_that_stands_needs_no_room(self, store: Outbox) -> None:
        """A file that is found again after a crash learns its commit even when the outbox is full."""
        self.fill(store)
        assert store.add([large_reading(1, 40_000)])[0].seq == 1

    def test_hours_of_traffic_stay_within_the_budget(self, store: Outbox) -> None:
        """Rows that flow through reuse the room of those before them."""
        for n in range(1, 400):
            (row,) = store.add([large_reading(n, 40_000)])
            store.accept([row.seq])
            store.filed([frame_id(n)])
        assert store.stats().readings == 399
        assert store.stats().pruned > 0
        assert store.stats().bytes <= SMALLEST


def test_a_clock_that_goes_back_holds_up_nothing(store: Outbox) -> None:
    """A next try further away than any we set was set before the clock went back."""
    store.add([reading(1)])
    store.keep(1, "size", NOW + 1, count=True)
    assert store.due(1, NOW) == []
    assert len(store.due(1, NOW - 120)) == 1


class TestDeadLetters:
    def test_they_are_listed_and_sent_again(self, store: Outbox) -> None:
        """The operator sees what died and why, and may try again with a clean slate."""
        store.add([reading(n) for n in (1, 2, 3)])
        store.keep(2, "size", NOW, count=True)
        store.reject(1, "payload refused")
        store.reject(2, "too large")
        letters = store.dead()
        assert [(letter.seq, letter.id, letter.source, letter.reason, letter.attempts) for letter in letters] == [
            (2, frame_id(2), "inbox", "too large", 1),
            (1, frame_id(1), "inbox", "payload refused", 0),
        ]
        assert all(letter.at and letter.at.tzinfo for letter in letters)
        assert store.retry([1, 3]) == 1
        assert store.retry() == 1
        assert [(row.seq, row.attempts) for row in store.due(5, NOW)] == [(1, 0), (2, 0), (3, 0)]
        assert balanced(store)

    def test_its_time_is_unknown_where_the_clock_was_not_set(self, tmp_path: Path) -> None:
        """Nobody is told of 1970."""
        outbox = make_outbox(tmp_path, synced=False)
        outbox.open()
        outbox.add([reading(1)])
        outbox.reject(1, "too large")
        assert [letter.at for letter in outbox.dead()] == [None]
        outbox.close()


def test_errors_are_words_for_people(tmp_path: Path) -> None:
    """Every storage error names the file and carries a remedy."""
    disk = FailingDisk()
    for disk.fault in ERRORS:
        disk.on = "PRAGMA locking_mode"
        with pytest.raises(EdgedError) as caught:
            make_outbox(tmp_path, connect=disk.connect).open()
        assert str(tmp_path / "outbox.db") in str(caught.value)
        assert caught.value.hint


def test_the_payload_is_json_with_its_device(store: Outbox) -> None:
    """The encoder that was handed in makes the payload."""
    store.add([reading(1)])
    assert json.loads(store.due(1, NOW)[0].payload)["device"] == "line3"
