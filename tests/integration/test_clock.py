"""A clock that stands at 1970, is set, or jumps by ten years: nothing is deleted, nothing stands still."""

import datetime as dt
import threading
from pathlib import Path

import pytest

from edged.lib.ids import IdMint, is_id, minted_ms
from edged.types import Outcome, SourceName
from tests.contracts.message_store_contract import balanced
from tests.doubles.clock import FakeClock
from tests.doubles.folder import hot_folder, names, picture, put
from tests.doubles.readings import reading
from tests.unit.flow.test_relay import Rig

_1970 = dt.datetime(1970, 1, 1, 0, 0, 30, tzinfo=dt.UTC)
_NOW = dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC)
_YEARS = dt.timedelta(days=3653)
_JUMPS = [_1970, _NOW, _NOW + _YEARS, _NOW, _NOW - _YEARS, _1970, _NOW]


def test_files_are_read_and_filed_whatever_day_it_is(tmp_path: Path) -> None:
    """A file that was written in the future or in 1970 settles as any other; nothing that was filed is touched."""
    (tmp_path / "inbox").mkdir()
    clock = FakeClock(_1970)
    source = hot_folder(tmp_path / "inbox", clock=clock)
    source.open()
    stop = threading.Event()
    deliveries = source.deliveries(stop, lambda: clock.advance(0.3))
    ids = []
    for number, moment in enumerate(_JUMPS):
        clock.set_wall(moment)
        put(tmp_path / "inbox" / f"{number}.pic", picture(str(number)))
        delivery = next(deliveries)
        assert delivery.origin.name == f"{number}.pic"
        assert abs(delivery.captured_at - moment) < dt.timedelta(minutes=5)
        source.sync()
        source.finish(delivery.id, Outcome.OK, [])
        ids.append(delivery.id)
    source.close()
    assert ids == sorted(set(ids)), "ids only grow"
    filed = [path.name for path in (tmp_path / "done" / "inbox").glob("*/*")]
    assert sorted(filed) == sorted(f"{id}~{n}.pic" for n, id in enumerate(ids))
    assert names(tmp_path / "done" / "inbox") == ["1970-01-01", "2016-11-21", "2026-11-22", "2036-11-22"]


def test_files_left_in_work_are_taken_up_whatever_day_it_is(tmp_path: Path) -> None:
    """A restart under another clock finds what an earlier one claimed, under its id."""
    (tmp_path / "inbox").mkdir()
    put(tmp_path / "inbox" / "a.pic", picture("a"), age=60)
    ids = []
    for moment in (_NOW + _YEARS, _1970, _NOW):
        source = hot_folder(tmp_path / "inbox", clock=FakeClock(moment))
        source.open()
        ids.append(next(source.deliveries(threading.Event(), lambda: None)).id)
        source.close()
    assert len(set(ids)) == 1


@pytest.mark.parametrize("synced", [True, False, None])
def test_delivery_goes_on_whatever_the_clock_does(tmp_path: Path, *, synced: bool | None) -> None:
    """Commits, retries, receipts and reconnects wait for time that passes, not for what the clock says."""
    rig = Rig(tmp_path, synced=synced)
    number = 0
    for moment in _JUMPS * 3:
        rig.clock.set_wall(moment)
        if number % 2:
            rig.publisher.lose(rig.publisher.refusal)
        rig.outbox.add([reading(n, source=SourceName("inbox")) for n in range(number + 1, number + 4)])
        number += 3
        rig.relay.notify()
        for _ in range(400):
            rig.relay.step()
            rig.clock.advance(0.5)
            if rig.outbox.stats().sent == number:
                break
        assert rig.outbox.stats().sent == number, "stands still"
        assert rig.outbox.stats().pruned == 0
    assert balanced(rig.outbox)
    rig.outbox.close()


def test_ids_are_unique_and_grow_within_a_process_whatever_the_clock_says() -> None:
    """Their time is that of the clock as far as it went; behind it they count on."""
    mint = IdMint()
    ids = [mint.new_id(round(moment.timestamp() * 1000), bytes(10)) for moment in _JUMPS * 2]
    assert ids == sorted(set(ids))
    assert all(is_id(id) for id in ids)
    assert minted_ms(ids[0]) == 30_000
