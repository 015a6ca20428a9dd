"""What every `Source` must do, whatever its inputs are."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator

import pytest

from edged.flow.ports import Source
from edged.types import Committed, Delivery, FrameId, Outcome


class SourceRig(ABC):
    """What the suite needs around a source: somebody who drops, and restarts."""

    def __init__(self) -> None:
        self.committed: dict[FrameId, Committed] = {}
        self._sources: list[Source] = []

    @abstractmethod
    def make(self) -> Source:
        """A new source on the same inputs, as after a crash; its `find` is `self.committed.get`."""

    @abstractmethod
    def drop(self, name: str, content: bytes) -> None:
        """Put one input where the source will find it."""

    @abstractmethod
    def crash(self, source: Source) -> None:
        """End the process of the source without any of its doing."""

    @property
    @abstractmethod
    def unclaimed(self) -> int:
        """How many inputs nobody claimed."""

    def start(self) -> Source:
        """A source that is open."""
        source = self.make()
        source.open()
        self._sources.append(source)
        return source

    def restart(self, source: Source) -> Source:
        """The process crashed and was started again."""
        self.crash(source)
        return self.start()

    def close(self) -> None:
        """End all."""
        for source in self._sources:
            source.close()


def take(source: Source, count: int) -> list[Delivery]:
    """Ask for *count* deliveries, and no more."""
    deliveries = source.deliveries(threading.Event(), lambda: None)
    return [next(deliveries) for _ in range(count)]


def commit(rig: SourceRig, delivery: Delivery, outcome: Outcome = Outcome.OK) -> None:
    """The outbox keeps the reading of a delivery."""
    rig.committed[delivery.id] = Committed(id=delivery.id, seq=len(rig.committed) + 1, outcome=outcome, reasons=())


class SourceContract:
    """Inherit and give `rig`."""

    @pytest.fixture
    def rig(self) -> Iterator[SourceRig] | SourceRig:
        raise NotImplementedError

    def test_each_input_is_delivered_once_with_its_own_id(self, rig: SourceRig) -> None:
        """Equal bytes and equal names are inputs of their own."""
        for number in range(5):
            rig.drop(f"{number}.jpg", b"same")
        deliveries = take(rig.start(), 5)
        assert len({delivery.id for delivery in deliveries}) == 5
        assert {delivery.origin.name for delivery in deliveries} == {f"{number}.jpg" for number in range(5)}
        assert all(delivery.attempt == 1 and delivery.data == b"same" and delivery.problem is None for delivery in deliveries)
        assert len({delivery.origin.sha256 for delivery in deliveries}) == 1

    def test_ids_grow_in_claim_order(self, rig: SourceRig) -> None:
        """Sorting by id gives the order of the claims."""
        for number in range(20):
            rig.drop(f"{number}.jpg", b"x")
        ids = [delivery.id for delivery in take(rig.start(), 20)]
        assert ids == sorted(ids)

    def test_times_are_aware_and_utc(self, rig: SourceRig) -> None:
        """A reading can be compared with those of any other box."""
        rig.drop("a.jpg", b"x")
        [delivery] = take(rig.start(), 1)
        offset = delivery.captured_at.utcoffset()
        assert offset is not None
        assert not offset

    def test_nothing_is_claimed_before_it_is_asked_for(self, rig: SourceRig) -> None:
        """A slow consumer leaves inputs where they are."""
        for number in range(5):
            rig.drop(f"{number}.jpg", b"x")
        take(rig.start(), 2)
        assert rig.unclaimed == 3

    def test_it_ends_when_told_to(self, rig: SourceRig) -> None:
        """After stop there is no further delivery, though inputs wait."""
        for number in range(3):
            rig.drop(f"{number}.jpg", b"x")
        stop = threading.Event()
        deliveries = rig.start().deliveries(stop, lambda: None)
        next(deliveries)
        stop.set()
        assert list(deliveries) == []

    def test_it_beats_while_it_waits(self, rig: SourceRig) -> None:
        """An idle source is seen to be alive."""
        stop, beats = threading.Event(), []

        def beat() -> None:
            beats.append(1)
            if len(beats) == 3:
                stop.set()

        assert list(rig.start().deliveries(stop, beat)) == []
        assert len(beats) == 3

    def test_what_was_not_finished_comes_again_first(self, rig: SourceRig) -> None:
        """After a crash an input keeps its id and its time, counts its attempts, and goes before new ones."""
        rig.drop("old.jpg", b"x")
        source = rig.start()
        [before] = take(source, 1)
        rig.drop("new.jpg", b"y")
        source = rig.restart(source)
        again, new = take(source, 2)
        assert (again.id, again.attempt, again.data, again.origin) == (before.id, 2, b"x", before.origin)
        assert again.captured_at == before.captured_at
        assert (new.attempt, new.data) == (1, b"y")

    def test_what_was_finished_does_not_come_again(self, rig: SourceRig) -> None:
        """Neither a restart nor a second call of finish brings it back."""
        rig.drop("a.jpg", b"x")
        source = rig.start()
        [delivery] = take(source, 1)
        source.sync()
        commit(rig, delivery)
        for _ in range(2):
            source.finish(delivery.id, Outcome.OK, ())
        rig.drop("b.jpg", b"y")
        assert [d.data for d in take(rig.restart(source), 1)] == [b"y"]

    def test_what_was_committed_but_not_finished_is_finished_at_start(self, rig: SourceRig) -> None:
        """A crash between commit and finish makes no second reading."""
        rig.drop("a.jpg", b"x")
        source = rig.start()
        [delivery] = take(source, 1)
        commit(rig, delivery)
        rig.drop("b.jpg", b"y")
        source = rig.restart(source)
        assert [d.data for d in take(source, 1)] == [b"y"]
        source = rig.restart(source)
        assert [d.attempt for d in take(source, 1)] == [2]  # only b is left

    def test_finishing_something_unknown_does_nothing(self, rig: SourceRig) -> None:
        """The sink need not know what an earlier process finished."""
        rig.start().finish(FrameId("01a20673-b713-7a83-b144-3d217e896856"), Outcome.OK, ())

    def test_close_may_be_repeated(self, rig: SourceRig) -> None:
        """Ending twice is ending once."""
        source = rig.start()
        take(source, 0)
        source.close()
        source.close()
