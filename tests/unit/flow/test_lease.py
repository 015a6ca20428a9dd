"""How long a feed keeps the reader that it took for one input."""

import threading
from collections.abc import Callable
from typing import Any

from edged.flow.ledger import Ledger
from edged.flow.pipeline import FeedWorker, Lease, SinkWorker
from edged.flow.reader import Reader
from edged.lib.clock import SystemClock
from tests.doubles.fake_source import FakeSource, Tray
from tests.doubles.memory_store import MemoryStore
from tests.doubles.wait import until
from tests.unit.flow.test_pipeline import Held
from tests.unit.flow.test_reader import answer, reader, refuse


class Library:
    """Lends readers, and knows how many are out."""

    def __init__(self, make: Callable[[], Reader]) -> None:
        self.make, self.lent, self.back = make, 0, 0

    def lease(self) -> Lease:
        self.lent += 1
        return Lease(self.make(), self._give_back)

    def _give_back(self) -> None:
        self.back += 1


class Feeding:
    """A feed in a thread."""

    def __init__(self, library: Library, *inputs: bytes) -> None:
        self.source, self.stop = FakeSource("a", Tray()), threading.Event()
        for data in inputs:
            self.source.tray.drop("x", data)
        self.ledger = Ledger([self.source.name], 8, SystemClock())
        feed = FeedWorker(self.source, self.ledger, library.lease)
        self.thread = threading.Thread(target=feed.run, args=(self.stop, lambda: None))
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(60)


def test_it_ends_with_the_last_answer_and_not_before() -> None:
    """Two pieces of a line are two answers; until both are there, somebody may still call the recogniser."""
    held = Held()
    library = Library(lambda: reader(submit=held.submit))
    feeding = Feeding(library, b"x")
    until(lambda: len(held.waiting) == 2)
    assert (library.lent, library.back) == (1, 0)
    held.answer(0)
    assert library.back == 0
    held.answer(0)
    assert library.back == 1
    feeding.end()


def test_inputs_that_are_refused_give_it_back_too() -> None:
    """Else each PDF would keep a model in memory for ever."""
    library = Library(lambda: reader(decode=refuse))
    feeding = Feeding(library, b"x", b"y")
    until(lambda: library.back == 2)
    feeding.end()


def test_each_input_takes_the_reader_of_its_moment() -> None:
    """A reload swaps between two inputs, never within one."""
    readers = iter([reader(submit=answer), reader(submit=answer)])
    library = Library(lambda: next(readers))
    feeding = Feeding(library, b"x", b"y")
    until(lambda: library.back == 2)
    first, second = feeding.ledger.ready(2, 1)
    assert first.reader is not second.reader
    feeding.end()


def test_a_sink_that_stands_still_keeps_none() -> None:
    """With no room in the outbox for days, old models are closed all the same: what is concluded later needs none."""
    library = Library(lambda: reader(submit=answer))
    feeding = Feeding(library, b"x", b"y", b"z")
    store: Any = MemoryStore()
    store.full = True
    sink = SinkWorker([feeding.source], feeding.ledger, store, lambda: None, drain_seconds=0.6)
    thread = threading.Thread(target=sink.run, args=(feeding.stop, lambda: None))
    thread.start()
    until(lambda: sink.full)
    until(lambda: (library.lent, library.back) == (3, 3))
    feeding.end()
    thread.join(60)
