"""A camera as a source: what is accepted, what is delivered, what becomes of triggers over a restart."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edged.errors import UsageError
from edged.flow.ledger import Ledger
from edged.flow.parts.source import WAITING, Camera
from edged.flow.pipeline import FeedWorker, Lease, SinkWorker
from edged.flow.reader import Job
from edged.lib.clock import SystemClock
from edged.types import Committed, Delivery, FrameId, Outcome, SourceName
from tests.doubles.clock import FakeClock
from tests.doubles.fake_camera import FakeCamera
from tests.doubles.memory_store import MemoryStore
from tests.doubles.parts import make_camera, part_reader, picture
from tests.doubles.wait import until


class Rig:
    """A camera and its next life."""

    def __init__(self, folder: Path, **keys: Any) -> None:
        self.folder, self.keys = folder, keys
        self.clock = FakeClock()
        self.committed: dict[FrameId, Committed] = {}
        self.camera = self.frames = None  # type: ignore[assignment]
        self.live()

    camera: Camera
    frames: FakeCamera

    def live(self) -> None:
        """A new process: the old one is gone without a word."""
        self.frames = FakeCamera(clock=self.clock)
        self.camera = make_camera(self.folder, self.frames, self.clock, self.committed.get, **self.keys)
        self.camera.open()

    def take(self, count: int) -> list[Delivery]:
        deliveries = self.camera.deliveries(threading.Event(), lambda: None)
        return [next(deliveries) for _ in range(count)]

    def commit(self, delivery: Delivery) -> None:
        self.committed[delivery.id] = Committed(id=delivery.id, seq=1, outcome=Outcome.OK, reasons=())

    def law(self) -> None:
        told = self.camera.told()
        assert told["accepted"] + told["recovered"] == told["filed"] + told["in_work"]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.camera.close()


def test_each_trigger_is_delivered_once_under_the_id_that_was_told(rig: Rig) -> None:
    """In order, with the part as it was named and a window of its own."""
    ids = [rig.camera.ask(f"part {n}") for n in range(5)]
    deliveries = rig.take(5)
    assert [(one.id, one.part) for one in deliveries] == [(id, f"part {n}") for n, id in enumerate(ids)]
    assert ids == sorted(ids)
    assert all(one.attempt == 1 and one.window and one.trigger and one.trigger.kind == "mqtt" for one in deliveries)
    assert rig.camera.told()["accepted"] == 5
    rig.law()


def test_what_was_not_finished_comes_again_first_and_fails(rig: Rig) -> None:
    """Triggers that were taken up, and those that still waited: same id, same part, one attempt more, and no second life."""
    ids = [rig.camera.ask(str(n)) for n in range(3)]
    [taken] = rig.take(1)
    rig.live()
    new = rig.camera.ask("new")
    again = rig.take(4)
    assert [(one.id, one.part) for one in again] == [*zip(ids, "012", strict=True), (new, "new")]
    assert [one.attempt for one in again] == [2, 2, 2, 1]
    assert again[0].captured_at == taken.captured_at
    assert all(one.problem and "edged ended" in one.problem.reason for one in again[:3])
    assert (rig.camera.told()["recovered"], rig.camera.told()["accepted"]) == (3, 1)
    rig.law()


def test_what_was_committed_or_finished_does_not_come_again(rig: Rig) -> None:
    """Neither a crash between commit and finish nor a second finish makes another reading."""
    rig.camera.ask("committed")
    rig.camera.ask("finished")
    committed, finished = rig.take(2)
    rig.commit(committed)
    for _ in range(2):
        rig.camera.finish(finished.id, Outcome.OK, ())
    rig.law()
    rig.live()
    rig.camera.ask("new")
    assert [one.part for one in rig.take(1)] == ["new"]
    rig.camera.finish(FrameId("01a20673-b713-7a83-b144-3d217e896856"), Outcome.OK, ())  # unknown


def test_too_many_that_wait_and_too_old_ones_are_refused(rig: Rig) -> None:
    """Nothing is accepted that cannot be answered; who asks is told why."""
    with pytest.raises(UsageError, match=r"3\.0 s old, and gate has 1 s"):
        rig.camera.ask(None, 3.0)
    for _ in range(WAITING):
        rig.camera.ask(None)
    with pytest.raises(UsageError, match=f"{WAITING} triggers of gate wait"):
        rig.camera.ask(None)
    assert rig.camera.told()["waiting"] == WAITING
    rig.take(1)
    rig.camera.ask(None)


def test_a_part_that_comes_while_too_many_wait_has_a_reading_that_says_so(tmp_path: Path) -> None:
    """Nobody else knows of it: it is never silence."""
    rig = Rig(tmp_path, trigger={"kind": "interval", "every_seconds": 1})
    for _ in range(WAITING + 2):
        rig.camera._watch.step(0)
        rig.clock.advance(1)
    deliveries = rig.take(WAITING + 2)
    assert [one.window is None for one in deliveries] == [False] * WAITING + [True] * 2
    assert [str(one.problem and one.problem.outcome) for one in deliveries[-2:]] == ["failed"] * 2
    assert rig.camera.told()["missed"] == 2
    rig.law()
    rig.camera.close()


def test_it_ends_when_told_to_and_beats_while_it_waits(rig: Rig) -> None:
    """After stop there is no further delivery, though triggers wait: they are the next process's."""
    stop, beats = threading.Event(), []

    def beat() -> None:
        beats.append(1)
        if len(beats) == 3:
            rig.camera.ask("late")
            stop.set()

    assert list(rig.camera.deliveries(stop, beat)) == []
    assert len(beats) == 3


def test_the_next_trigger_ends_the_frames_of_the_part_before(rig: Rig) -> None:
    """A frame belongs to one part: that of the newest trigger before it."""
    rig.camera.ask("first")
    [first] = rig.take(1)
    assert first.window
    rig.clock.advance(0.01)
    rig.frames.show(picture(1))
    first.window.wait(0)
    rig.clock.advance(0.01)
    rig.camera.ask("second")
    first.window.wait(0)
    rig.clock.advance(0.01)
    rig.frames.show(picture(2))
    first.window.wait(0)
    [second] = rig.take(1)
    assert second.window
    assert (first.window.seen, first.window.open) == (1, False)
    assert (second.window.seen, second.window.open) == (1, True)


def test_a_part_that_shares_its_only_frame_with_the_next_has_none_and_says_so(rig: Rig) -> None:
    """Two triggers between two frames: the frame shows the second part, and the reading of the first says what was amiss."""
    rig.camera.ask("first")
    rig.clock.advance(0.02)
    rig.camera.ask("second")
    rig.clock.advance(0.01)
    rig.frames.show(picture(1))
    first, second = rig.take(2)
    assert first.window
    assert second.window
    second.window.wait(0)
    assert (first.window.seen, second.window.seen) == (0, 1)
    reader = part_reader(rig.clock)
    jobs: list[Job] = []
    reader.begin(first, jobs.append)
    reading = reader.conclude(jobs[0])
    assert reading.outcome is Outcome.FAILED
    assert reading.reasons[0].startswith("no frame came within 0.02 s; then the next part was there; see that each part is triggered once")


def test_frames_before_a_late_trigger_count_where_that_is_wanted(tmp_path: Path) -> None:
    """A request takes its time; the part was there already."""
    rig = Rig(tmp_path, window={"before_seconds": 0.05})
    deliveries = rig.camera.deliveries(threading.Event(), lambda: ask.pop()() if ask and rig.frames.told()["frames"] >= 3 else show())
    ask = [lambda: rig.camera.ask("late")]

    def show() -> None:
        rig.clock.advance(0.04)
        rig.frames.show(picture(1))

    delivery = next(deliveries)
    assert delivery.window
    assert delivery.window.seen in (1, 2)
    rig.camera.close()


def test_where_many_parts_wait_each_keeps_fewer_frames(tmp_path: Path) -> None:
    """Memory is bounded whatever comes: the least sharp frames go."""
    rig = Rig(tmp_path, window={"seconds": 30, "deadline_seconds": 30, "frames": 20})
    rig.camera.ask("only")
    [delivery] = rig.take(1)
    window: Any = delivery.window
    for sharp in (3, 9, 1, *range(10, 25), 2):
        rig.clock.advance(0.01)
        rig.frames.show(picture(1, sharp=sharp))
        window.wait(0)
    assert (window.seen, window.waiting) == (19, 12)
    assert window.best().image[4:].sum() == picture(1, sharp=24)[4:].sum()
    rig.camera.close()


def test_it_says_what_stands_in_its_way(rig: Rig) -> None:
    """The camera's own words, and that it is not ready before its first frame was read for nobody."""
    assert (rig.camera.looked, rig.camera.told()["state"]) == (False, "starting")
    rig.frames.show(picture(1))
    rig.camera.ask(None)
    rig.take(1)
    assert (rig.camera.looked, rig.camera.told()["state"], rig.camera.trouble) == (True, "streaming", "")


def test_parts_go_the_whole_way_and_each_is_one_reading(tmp_path: Path) -> None:
    """Feed, reader, sink: ten triggers, ten readings, in order; the lease of each comes back."""
    clock = SystemClock()
    frames, store = FakeCamera(), MemoryStore()
    camera = make_camera(tmp_path, frames, clock, lambda _: None, window={"seconds": 20, "deadline_seconds": 20})
    camera.open()
    ledger = Ledger([SourceName("gate")], 8, clock)
    lent: list[int] = []
    subject = part_reader(clock)
    feed = FeedWorker(camera, ledger, lambda: (lent.append(1), Lease(subject, lent.pop))[1])  # type: ignore[arg-type]
    sink = SinkWorker([camera], ledger, store, lambda: None)
    stop = threading.Event()
    threads = [threading.Thread(target=worker.run, args=(stop, lambda: None)) for worker in (feed, sink)]
    for thread in threads:
        thread.start()
    for number in range(10):
        camera.ask(str(number))
        until(lambda: frames.show(picture(1)) and camera.told()["filed"] == len(store.readings) == number + 1)  # noqa: B023 - waited for here
    stop.set()
    for thread in threads:
        thread.join(30)
    assert [(one.part, one.text) for one in store.readings] == [(str(n), "L24117") for n in range(10)]
    assert lent == []
    camera.close()
