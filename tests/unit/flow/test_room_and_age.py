"""Room on the file system and the age of rows: what intake waits for, and what no clock can make us forget."""

import datetime as dt
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.errors import OutboxError, OutboxFull
from edged.flow.outbox import Outbox
from edged.flow.outbox.space import MARGIN
from tests.contracts.message_store_contract import NOW
from tests.doubles.clock import START, FakeClock
from tests.doubles.readings import frame_id, large_reading, make_outbox, reading

MIB = 2**20
RESERVE = 32 * MIB
DAY = 86_400
YEARS = dt.timedelta(days=3653)


class FakeDisk:
    """Free bytes as the test says; what the reserve takes is taken from them."""

    def __init__(self, free: int) -> None:
        self.others_leave = free

    def free(self, folder: Path) -> int:
        reserve = folder / "outbox.reserve"
        return self.others_leave - (reserve.stat().st_size if reserve.exists() else 0)


@pytest.fixture
def disk() -> FakeDisk:
    return FakeDisk(RESERVE + 100 * MIB)


@pytest.fixture
def store(tmp_path: Path, disk: FakeDisk) -> Iterator[Outbox]:
    outbox = make_outbox(tmp_path, reserve_bytes=RESERVE, free=disk.free)
    outbox.open()
    yield outbox
    outbox.close()


class TestRoom:
    def test_the_reserve_is_real_blocks(self, tmp_path: Path, store: Outbox) -> None:
        """A file with holes would reserve nothing."""
        assert (tmp_path / "outbox.reserve").stat().st_blocks * 512 >= RESERVE

    def test_intake_stops_before_the_disk_is_full(self, store: Outbox, disk: FakeDisk) -> None:
        """The error has both numbers; nothing was added, and what is there is still sent."""
        store.add([reading(1)])
        disk.others_leave = RESERVE + MARGIN - MIB
        with pytest.raises(OutboxFull, match=r"7 MiB free on its file system, 8 MiB are needed"):
            store.add([reading(2)])
        store.accept([1])
        assert (store.stats().readings, store.stats().sent) == (1, 1)

    def test_the_reserve_goes_when_the_disk_is_full_and_comes_back_first(self, tmp_path: Path, store: Outbox, disk: FakeDisk) -> None:
        """What leaves has room, what comes in waits until the reserve stands again beside enough room."""
        store.add([reading(1)])
        disk.others_leave = RESERVE + MIB
        store.accept([1])
        assert not (tmp_path / "outbox.reserve").exists()
        with pytest.raises(OutboxFull, match="33 MiB free on its file system, 40 MiB are needed"):
            store.add([reading(2)])
        disk.others_leave = RESERVE + MARGIN
        assert [row.seq for row in store.add([reading(2)])] == [2]
        assert (tmp_path / "outbox.reserve").stat().st_size == RESERVE

    def test_a_full_disk_at_the_start_gives_up_the_reserve_first(self, tmp_path: Path, store: Outbox) -> None:
        """Opening the database may need room to fold its log."""
        store.close()
        full = FakeDisk(RESERVE)
        again = make_outbox(tmp_path, reserve_bytes=RESERVE, free=full.free)
        again.open()
        assert not (tmp_path / "outbox.reserve").exists()
        again.close()

    def test_a_quota_that_nobody_tells_is_met_by_waiting(
        self, tmp_path: Path, store: Outbox, disk: FakeDisk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where free space is promised and not given, the reserve cannot be made: no restart loop."""
        disk.others_leave = RESERVE
        store.accept([])
        disk.others_leave = RESERVE + 100 * MIB

        def refuse(*_: object) -> None:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

        monkeypatch.setattr(os, "posix_fallocate", refuse)
        with pytest.raises(OutboxFull, match="quota exceeded"):
            store.add([reading(1)])
        monkeypatch.undo()
        store.add([reading(1)])

    def test_a_disk_that_fails_is_no_full_disk(self, store: Outbox, disk: FakeDisk, monkeypatch: pytest.MonkeyPatch) -> None:
        """An error of the disk ends the process."""
        disk.others_leave = RESERVE
        store.accept([])
        disk.others_leave = RESERVE + 100 * MIB

        def fail(*_: object) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(os, "posix_fallocate", fail)
        with pytest.raises(OutboxError) as caught:
            store.add([reading(1)])
        assert not isinstance(caught.value, OutboxFull)

    def test_a_reserve_of_another_size_is_made_anew(self, tmp_path: Path, store: Outbox) -> None:
        """The configuration changed, or a crash left a part of it."""
        store.close()
        (tmp_path / "outbox.reserve").write_bytes(b"x")
        again = make_outbox(tmp_path, reserve_bytes=RESERVE)
        again.open()
        assert (tmp_path / "outbox.reserve").stat().st_size == RESERVE
        again.close()

    def test_the_share_counts_what_must_be_kept(self, tmp_path: Path) -> None:
        """Sent rows make room for others, so they are no reason to warn."""
        outbox = make_outbox(tmp_path, max_bytes=8 * MIB)
        outbox.open()
        n = 0
        while outbox.room().share < 0.9:
            n += 1
            outbox.add([large_reading(n, 40_000)])
        assert n > 100
        outbox.accept(range(1, n))
        assert outbox.room().share < 0.1
        outbox.close()


class TestAge:
    def test_a_week_is_forgotten_by_a_clock_that_was_never_moved(self, tmp_path: Path) -> None:
        """The ordinary case: looked at every minute or so."""
        clock, outbox = self.sent(tmp_path)
        outbox.tidy()
        clock.advance(8 * DAY)
        outbox.tidy()
        assert outbox.stats().pruned == 2
        outbox.close()

    def sent(self, path: Path, synced: bool | None = True) -> tuple[FakeClock, Outbox]:
        clock = FakeClock()
        outbox = make_outbox(path, clock=clock, synced=synced)
        outbox.open()
        self.send(outbox, 1)
        return clock, outbox

    def send(self, outbox: Outbox, first: int) -> None:
        rows = outbox.add([reading(n) for n in range(first, first + 3)])
        outbox.accept([row.seq for row in rows])
        outbox.filed([row.id for row in rows])
        outbox.add([])

    @pytest.mark.parametrize("jump", [YEARS, -YEARS])
    def test_a_clock_moved_by_ten_years_forgets_nothing_at_once(self, tmp_path: Path, jump: dt.timedelta) -> None:
        """Rows stay as long as they would have, counted by the time that passed, and go then."""
        clock, outbox = self.sent(tmp_path)
        outbox.tidy()
        clock.set_wall(clock.now() + jump)
        for _ in range(6):
            outbox.tidy()
            clock.advance(DAY)
        assert outbox.stats().sent == 3
        self.send(outbox, 4)
        for _ in range(16):
            outbox.tidy()
            clock.advance(DAY)
        assert outbox.stats().sent == 1
        assert [row.seq for row in outbox.add([reading(99)])] == [7]
        outbox.close()

    def test_a_clock_that_goes_there_and_back_forgets_nothing(self, tmp_path: Path) -> None:
        """However often it jumps, and whatever is sent in between."""
        clock, outbox = self.sent(tmp_path)
        outbox.tidy()
        for number, jump in enumerate([YEARS, -YEARS, -YEARS, YEARS] * 3):
            clock.set_wall(clock.now() + jump)
            self.send(outbox, 10 * number + 10)
            outbox.tidy()
            clock.advance(60)
        assert outbox.stats().sent == outbox.stats().readings == 39
        outbox.close()

    @pytest.mark.parametrize("year", [1970, 2020])
    def test_what_was_sent_by_a_clock_that_was_not_set_is_as_old_as_the_first_true_time(self, tmp_path: Path, year: int) -> None:
        """A box without a battery wakes in 1970, or when it was built; once the clock is set, a week begins for what it sent."""
        clock = FakeClock(dt.datetime(year, 1, 1, 0, 10, tzinfo=dt.UTC))
        early = make_outbox(tmp_path, clock=clock, synced=False)
        early.open()
        self.send(early, 1)
        early.tidy()
        early.close()
        clock.set_wall(START)
        outbox = make_outbox(tmp_path, clock=clock)
        outbox.open()
        outbox.tidy()
        clock.advance(6 * DAY)
        outbox.tidy()
        assert outbox.stats().sent == 3
        clock.advance(2 * DAY)
        outbox.tidy()
        assert outbox.stats().sent == 1
        outbox.close()

    def test_a_true_time_outlives_a_start_with_a_clock_that_is_not_set(self, tmp_path: Path) -> None:
        """Until the clock is set again nobody can tell how old a row is, but what was written of it stands."""
        clock, outbox = self.sent(tmp_path)
        outbox.close()
        unset = make_outbox(tmp_path, clock=clock, synced=False)
        unset.open()
        unset.tidy()
        unset.close()
        clock.advance(8 * DAY)
        outbox = make_outbox(tmp_path, clock=clock)
        outbox.open()
        outbox.tidy()
        assert outbox.stats().sent == 1
        outbox.close()

    @pytest.mark.parametrize("jump", [YEARS, -YEARS])
    def test_a_row_that_waits_is_due_whatever_the_clock_does(self, tmp_path: Path, jump: dt.timedelta) -> None:
        """A next try never lies further ahead than the relay puts it."""
        outbox = make_outbox(tmp_path)
        outbox.open()
        outbox.add([reading(1)])
        outbox.keep(1, "size", NOW + 1, count=True)
        assert [row.id for row in outbox.due(1, NOW + jump.total_seconds())] == [frame_id(1)]
        outbox.close()
