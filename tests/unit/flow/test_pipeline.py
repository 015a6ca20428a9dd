"""Feed, ledger and sink: order, bounds, conservation, and what happens when something behind them fails."""

import gc
import random
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edged.errors import OutboxError
from edged.flow.ledger import Ledger
from edged.flow.pipeline import FeedWorker, Fresh, Lease, RecogniseWatch, SinkWorker
from edged.flow.reader import Job, Reader
from edged.lib.beat import Beat, nothing
from edged.lib.clock import SystemClock
from edged.types import Answer, Delivery, Exhibit, Outcome, Reading, SourceName, Transcript
from tests.doubles.clock import FakeClock
from tests.doubles.fake_source import FakeSource, Tray
from tests.doubles.memory_store import MemoryStore
from tests.doubles.wait import until
from tests.unit.flow.test_reader import STEPS, reader

SLOTS = 4


class Held:
    """A recogniser that answers when, and in the order that, the test wants."""

    def __init__(self) -> None:
        self.waiting: list[Answer] = []

    def submit(self, _pixels: Any, done: Answer) -> None:
        self.waiting.append(done)

    def answer(self, index: int) -> None:
        self.waiting.pop(index)(np.ones((1, 2), np.float32), None)


class Line:
    """Sources, ledger and sink, each worker on its thread."""

    def __init__(self, names: list[str], subject: Reader) -> None:
        self.trays = {name: Tray() for name in names}
        self.sources = [FakeSource(name, tray) for name, tray in self.trays.items()]
        self.store = MemoryStore()
        self.ledger = Ledger([s.name for s in self.sources], SLOTS, SystemClock())
        self.commits = 0
        self.sink = SinkWorker(self.sources, self.ledger, self.store, self._committed, drain_seconds=0.6)
        self.feeds = [FeedWorker(source, self.ledger, lambda: Lease(subject, lambda: None)) for source in self.sources]
        self.stop_feeds, self.stop_sink = threading.Event(), threading.Event()
        self.errors: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def _committed(self) -> None:
        self.commits += 1

    def _guarded(self, run: Callable[..., None], stop: threading.Event) -> None:
        try:
            run(stop, lambda: None)
        except OutboxError as error:
            self.errors.append(error)

    def start(self) -> None:
        for feed in self.feeds:
            self._threads.append(threading.Thread(target=self._guarded, args=(feed.run, self.stop_feeds)))
        self._threads.append(threading.Thread(target=self._guarded, args=(self.sink.run, self.stop_sink)))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self.stop_feeds.set()
        for thread in self._threads[:-1]:
            thread.join()
        self.stop_sink.set()
        self._threads[-1].join()


@contextmanager
def line(names: list[str], **steps: Any) -> Iterator[Line]:
    subject = reader(cut=lambda pixels: [pixels], **steps)
    it = Line(names, subject)
    it.start()
    try:
        yield it
    finally:
        it.stop()


def names(store: MemoryStore, source: str = "a") -> list[str]:
    return [r.origin.name for r in store.readings if r.source == source]


def test_every_input_makes_one_reading_and_is_filed_away() -> None:
    """Accepted equals readings, and every input is finished with its outcome and noted as filed."""
    with line(["a"]) as it:
        for number in range(20):
            it.trays["a"].drop(f"{number}", b"x" * (number + 1))
        until(lambda: len(it.store.filed_ids) == 20)  # the last that is done
        assert names(it.store) == [f"{n}" for n in range(20)]
        assert set(it.store.filed_ids) == set(it.trays["a"].finished)
        assert (it.ledger.flow().accepted, it.ledger.flow().readings, it.ledger.flow().in_work) == (20, 20, 0)
        assert it.commits == len(it.store.groups) > 0


def test_answers_out_of_order_are_committed_in_claim_order() -> None:
    """Whatever order the recogniser answers in, a source's readings keep the order of its claims."""
    held, rng = Held(), random.Random(7)
    with line(["a"], submit=held.submit) as it:
        for number in range(12):
            it.trays["a"].drop(f"{number}", b"x")
        while len(it.store.readings) < 12:
            until(lambda: held.waiting or len(it.store.readings) == 12)
            while held.waiting:
                held.answer(rng.randrange(len(held.waiting)))
        assert names(it.store) == [f"{n}" for n in range(12)]


def test_nothing_is_taken_past_an_input_that_is_still_read() -> None:
    """An answer behind an open one waits for it, even where the head of the line is there already."""
    source, ledger, held = FakeSource("a", Tray()), Ledger([SourceName("a")], SLOTS, SystemClock()), Held()
    deliveries = source.deliveries(threading.Event(), lambda: None)
    subject = reader(submit=held.submit, cut=lambda pixels: [pixels])
    for name in "123":
        source.tray.drop(name, b"x")
        item = next(deliveries)
        subject.begin(item, ledger.enter(item, subject))
    held.answer(2)
    held.answer(0)
    assert [entry.delivery.origin.name for entry in ledger.ready(SLOTS, 0)] == ["1"]
    held.answer(0)
    assert [entry.delivery.origin.name for entry in ledger.ready(SLOTS, 0)] == ["2", "3"]


def test_a_slow_source_does_not_hold_up_another() -> None:
    """Order is kept per source only."""
    held = Held()

    def submit(pixels: Any, done: Answer) -> None:
        (held if pixels.shape[1] == 1 else STEPS).submit(pixels, done)

    with line(["a", "b"], submit=submit) as it:
        it.trays["a"].drop("slow", b"x")
        until(lambda: held.waiting)
        it.trays["b"].drop("quick", b"xx")
        until(lambda: names(it.store, "b") == ["quick"])
        assert names(it.store, "a") == []
        held.answer(0)
        until(lambda: names(it.store, "a") == ["slow"])


def test_no_more_is_claimed_than_there_are_slots() -> None:
    """A folder waits: what is not in work stays where it was dropped."""
    held = Held()
    with line(["a"], submit=held.submit) as it:
        for number in range(20):
            it.trays["a"].drop(f"{number}", b"x")
        until(lambda: len(held.waiting) == SLOTS)
        assert len(it.trays["a"].waiting) == 20 - SLOTS
        assert it.ledger.flow().in_work == SLOTS
        while len(it.store.readings) < 20:
            until(lambda: held.waiting or len(it.store.readings) == 20)
            if held.waiting:
                held.answer(0)


def test_the_claims_are_synced_before_the_commit() -> None:
    """Else a power cut could keep the reading and bring the file back as a new input."""
    seen: list[int] = []
    with line(["a"]) as it:
        add = it.store.add

        def watching(readings: Any) -> Any:
            seen.append(it.sources[0].syncs)
            return add(readings)

        it.store.add = watching  # type: ignore[method-assign]
        it.trays["a"].drop("1", b"x")
        until(lambda: it.store.readings)
        assert seen == [1]


def test_a_full_outbox_stops_intake_and_drops_nothing() -> None:
    """The inputs wait, claimed or not, until there is room again."""
    with line(["a"]) as it:
        it.store.full = True
        for number in range(10):
            it.trays["a"].drop(f"{number}", b"x")
        until(lambda: it.sink.full)
        assert it.store.readings == []
        it.store.full = False
        until(lambda: len(it.store.readings) == 10)
        assert names(it.store) == [f"{n}" for n in range(10)]
        assert not it.sink.full


def test_a_stop_with_a_full_outbox_leaves_the_inputs_in_work() -> None:
    """They are read again at the next start."""
    with line(["a"]) as it:
        it.store.full = True
        it.trays["a"].drop("1", b"x")
        until(lambda: it.sink.full)
    assert len(it.trays["a"].claimed) == 1


def test_storage_that_fails_ends_the_sink() -> None:
    """Nothing may be assumed after a failed sync: the error leaves the worker."""
    with line(["a"]) as it:
        it.store.broken = True
        it.trays["a"].drop("1", b"x")
        until(lambda: it.errors)
        assert isinstance(it.errors[0], OutboxError)
    assert it.trays["a"].finished == {}


def test_an_input_that_cannot_be_filed_keeps_its_slot_and_is_tried_again() -> None:
    """A done folder that takes nothing stops intake instead of filling work for ever."""
    with line(["a"]) as it:
        finish, healed = it.sources[0].finish, threading.Event()

        def refusing(*arguments: Any) -> None:
            if not healed.is_set():
                raise PermissionError(13, "Permission denied", "done")
            finish(*arguments)

        it.sources[0].finish = refusing  # type: ignore[method-assign]
        for number in range(SLOTS + 3):
            it.trays["a"].drop(f"{number}", b"x")
        until(lambda: it.sink.unfiled == SLOTS)
        assert len(it.trays["a"].waiting) == 3
        healed.set()
        until(lambda: len(it.trays["a"].finished) == SLOTS + 3)


def test_what_was_claimed_before_the_stop_is_committed() -> None:
    """A clean stop drains."""
    held = Held()
    with line(["a"], submit=held.submit) as it:
        it.trays["a"].drop("1", b"x")
        until(lambda: held.waiting)
        it.stop_feeds.set()
        it.stop_sink.set()
        held.answer(0)
    assert names(it.store) == ["1"]


def test_a_recogniser_that_never_answers_cannot_hold_up_the_stop() -> None:
    """After the drain time the sink leaves; the file is still in work."""
    held = Held()
    with line(["a"], submit=held.submit) as it:
        it.trays["a"].drop("1", b"x")
        until(lambda: held.waiting)
    assert it.store.readings == []
    assert len(it.trays["a"].claimed) == 1


def test_many_ready_readings_share_one_commit() -> None:
    """Group commit: what piled up behind a slow head is committed with it."""
    held = Held()
    with line(["a"], submit=held.submit) as it:
        for number in range(SLOTS):
            it.trays["a"].drop(f"{number}", b"x")
        until(lambda: len(held.waiting) == SLOTS)
        for _ in range(SLOTS - 1):
            held.answer(1)
        held.answer(0)
        until(lambda: len(it.store.readings) == SLOTS)
        assert it.store.groups == [SLOTS]


def test_a_decoder_of_text_that_fails_is_a_failed_reading() -> None:
    """The sink lives on whatever an input does to it."""

    def transcribe(posteriors: Any) -> Transcript:
        raise ValueError("no charset")

    with line(["a"], transcribe=transcribe) as it:
        it.trays["a"].drop("1", b"x")
        until(lambda: it.store.readings)
        assert it.store.readings[0].outcome is Outcome.FAILED


def test_the_watch_beats_only_while_answers_come() -> None:
    """An input that waits too long for its answer withholds the recogniser's beat."""
    now, checks = [0.0], []
    clock = SystemClock()
    clock.monotonic = lambda: now[0]  # type: ignore[method-assign]
    ledger = Ledger([SourceName("a")], SLOTS, clock)
    held = Held()
    tray = Tray()
    source = FakeSource("a", tray)
    tray.drop("1", b"x")
    item = next(iter(source.deliveries(threading.Event(), lambda: None)))
    subject = reader(submit=held.submit, cut=lambda pixels: [pixels])
    subject.begin(item, ledger.enter(item, replace(subject)))
    assert beats(RecogniseWatch(ledger, 10, lambda: checks.append(now[0]))) == 1
    now[0] = 11.0
    assert beats(RecogniseWatch(ledger, 10, lambda: checks.append(now[0]))) == 0
    assert checks == [11.0]
    held.answer(0)
    assert beats(RecogniseWatch(ledger, 10, lambda: checks.append(now[0]))) == 1


def test_a_page_that_takes_long_is_not_thought_to_be_without_answers() -> None:
    """The watch counts from the last sign of life of the feed that reads it: tiles are many, and lines a thousand."""
    now, counted = [0.0], []
    clock = SystemClock()
    clock.monotonic = lambda: now[0]  # type: ignore[method-assign]
    ledger, tray, stop, held = Ledger([SourceName("a")], SLOTS, clock), Tray(), threading.Event(), Held()
    subject = reader(submit=held.submit, cut=lambda pixels: [pixels])

    class Slow:
        """Takes a minute, and shows that it goes on."""

        def begin(self, delivery: Delivery, completed: Callable[[Job], None], beat: Beat = nothing) -> Job:
            for _ in range(12):
                now[0] += 5
                beat()
                counted.append(beats(RecogniseWatch(ledger, 10, lambda: None)))
            stop.set()
            return subject.begin(delivery, completed, beat)

        def conclude(self, job: Job) -> Reading:
            return subject.conclude(job)

    tray.drop("1", b"x")
    FeedWorker(FakeSource("a", tray), ledger, lambda: Lease(Slow(), lambda: None)).run(stop, lambda: None)
    assert counted == [1] * 12
    now[0] += 11
    assert beats(RecogniseWatch(ledger, 10, lambda: None)) == 0  # now an answer is missing
    held.answer(0)
    assert beats(RecogniseWatch(ledger, 10, lambda: None)) == 1


def beats(watch: RecogniseWatch) -> int:
    """How often it beats in one round."""

    class OneRound(threading.Event):
        rounds = 0

        def wait(self, timeout: float | None = None) -> bool:
            self.rounds += 1
            return self.rounds > 1

    count = 0

    def beat() -> None:
        nonlocal count
        count += 1

    watch.run(OneRound(), beat)
    return count


@pytest.mark.parametrize("limit", [1, 3])
def test_a_group_is_bounded(limit: int) -> None:
    """What a crash makes us repeat stays small."""
    ledger = Ledger([SourceName("a")], 10, SystemClock())
    source = FakeSource("a", Tray())
    for number in range(5):
        source.tray.drop(f"{number}", b"x")
    deliveries = source.deliveries(threading.Event(), lambda: None)
    for _ in range(5):
        item = next(deliveries)
        reader().begin(item, ledger.enter(item, reader()))
    assert len(ledger.ready(limit, 0)) == limit


def test_a_feed_that_fails_gives_its_slot_back() -> None:
    """Else a handful of passing faults over the weeks would stop intake for ever."""
    source = FakeSource("a", Tray())

    def broken(*_: Any) -> Iterator[Any]:
        raise OSError(24, "Too many open files")
        yield

    source.deliveries = broken  # type: ignore[method-assign]
    ledger = Ledger([source.name], 1, SystemClock())
    with pytest.raises(OSError, match="Too many"):
        FeedWorker(source, ledger, lambda: Lease(reader(), lambda: None)).run(threading.Event(), lambda: None)
    assert ledger.reserve(source.name, 0)


def test_a_sink_that_failed_goes_on_with_the_batch_in_its_hands() -> None:
    """The supervisor runs it again; nothing that was ready is forgotten."""
    tray = Tray()
    tray.drop("1", b"x")
    source = FakeSource("a", tray)
    ledger = Ledger([source.name], SLOTS, SystemClock())
    item = next(source.deliveries(threading.Event(), lambda: None))
    assert ledger.reserve(source.name, 0)
    reader().begin(item, ledger.enter(item, reader()))
    store = MemoryStore()
    sink = SinkWorker([source], ledger, store, lambda: None, drain_seconds=0.6)
    add, stop = store.add, threading.Event()
    stop.set()

    def failing(_: Any) -> Any:
        store.add = add  # type: ignore[method-assign]
        raise KeyError("a defect")

    store.add = failing  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyError):
        sink.run(stop, lambda: None)
    sink.run(stop, lambda: None)
    assert names(store) == ["1"]
    assert (ledger.flow().in_work, list(tray.claimed)) == (0, [])


def ready(tray: Tray, *drops: str, **steps: Any) -> tuple[FakeSource, Ledger]:
    """A source whose inputs were read, and wait for the sink."""
    source, ledger = FakeSource("a", tray), Ledger([SourceName("a")], SLOTS, FakeClock())
    for name in drops:
        tray.drop(name, b"x")
    deliveries = source.deliveries(threading.Event(), lambda: None)
    for _ in range(max(1, len(drops))):
        item = next(deliveries)
        assert ledger.reserve(source.name, 0)
        reader(**steps).begin(item, ledger.enter(item, reader()))
    return source, ledger


@pytest.mark.parametrize("part", ["live", "committed", "took"])
def test_whatever_fails_after_the_commit_nothing_is_counted_or_filed_twice(part: str) -> None:
    """Who is told may fail; the sink goes on with the next batch, and all slots are free in the end."""
    tray = Tray()
    source, ledger = ready(tray, "1", "2")
    store, stop, told = MemoryStore(), threading.Event(), list[str]()
    stop.set()

    def tell(name: str) -> None:
        told.append(name)
        if name == part and told.count(name) == 1:
            raise KeyError("a defect")

    sink = SinkWorker(
        [source],
        ledger,
        store,
        lambda: tell("committed"),
        drain_seconds=0.6,
        live=lambda _: tell("live"),
        took=lambda *_: tell("took"),
    )
    with pytest.raises(KeyError):
        sink.run(stop, lambda: None)
    sink.run(stop, lambda: None)
    assert (ledger.flow().accepted, ledger.flow().readings, ledger.flow().in_work) == (2, 2, 0)
    assert (len(store.readings), len(tray.finished), told.count("live")) == (2, 2, 1)
    assert [ledger.reserve(source.name, 0) for _ in range(SLOTS + 1)] == [True] * SLOTS + [False]


def test_work_of_an_earlier_process_is_no_live_signal() -> None:
    """It was captured before the crash, nobody knows how long ago; it is a reading as every other."""
    tray, store, live, stop = Tray(), MemoryStore(), list[Fresh](), threading.Event()
    ready(tray, "1")
    source, ledger = ready(tray)
    stop.set()
    SinkWorker([source], ledger, store, lambda: None, drain_seconds=0.6, live=live.extend).run(stop, lambda: None)
    assert (len(store.readings), live) == (1, [])


def test_a_live_signal_tells_how_old_it_is() -> None:
    """What had to wait for room in the outbox is not of now."""
    source, ledger = ready(Tray(), "1")
    live, stop = list[Fresh](), threading.Event()
    ledger._clock.advance(60)  # type: ignore[attr-defined]
    stop.set()
    SinkWorker([source], ledger, MemoryStore(), lambda: None, drain_seconds=0.6, live=live.extend).run(stop, lambda: None)
    assert [age for _, age in live] == [60]


def test_a_stop_with_a_full_outbox_commits_nothing_that_was_claimed_later() -> None:
    """Room that comes during the stop is left to the next start, which reads in the order of the claims."""
    tray, store, stop = Tray(), MemoryStore(), threading.Event()
    source, ledger = ready(tray, "1", "2", "3")
    store.full = True
    sink = SinkWorker([source], ledger, store, lambda: None, drain_seconds=0.6)
    takes, add = ledger.ready, store.add
    ledger.ready = lambda limit, timeout: takes(1, timeout)  # type: ignore[method-assign]

    def full_once(readings: Any) -> Any:
        try:
            return add(readings)
        finally:
            store.full = False

    store.add = full_once  # type: ignore[method-assign]
    stop.set()
    sink.run(stop, lambda: None)
    assert (store.readings, len(tray.claimed), ledger.flow().in_work) == ([], 3, 3)


def test_no_source_is_starved_by_the_others() -> None:
    """With more ready than fits into one commit, everybody has a turn."""
    sources = [FakeSource(name, Tray()) for name in "abc"]
    ledger = Ledger([source.name for source in sources], 10, SystemClock())

    def refill() -> None:
        for source in sources:
            source.tray.drop("x", b"x")
            item = next(source.deliveries(threading.Event(), lambda: None))
            reader().begin(item, ledger.enter(item, reader()))

    seen = set()
    for _ in range(3):
        refill()
        seen |= {entry.delivery.source for entry in ledger.ready(1, 0)}
    assert seen == {"a", "b", "c"}


def test_a_committed_input_leaves_no_cycle_behind() -> None:
    """Its pixels go at once, not with the next full collection: memory stays flat whatever the pictures' sizes."""
    source = FakeSource("a", Tray())
    source.tray.drop("1", b"x")
    ledger = Ledger([source.name], SLOTS, SystemClock())
    item = next(source.deliveries(threading.Event(), lambda: None))
    job = weakref.ref(reader().begin(item, ledger.enter(item, reader())))
    gc.disable()
    try:
        assert len(ledger.ready(1, 0)) == 1  # and dropped
        assert job() is None
    finally:
        gc.enable()


def test_what_was_read_is_told_at_once_and_in_order() -> None:
    """Live signals are made of a reading right after its commit, before anybody publishes a backlog."""
    tray = Tray()
    source, ledger = FakeSource("a", tray), Ledger([SourceName("a")], SLOTS, SystemClock())
    deliveries = source.deliveries(threading.Event(), lambda: None)
    for name in "123":
        tray.drop(name, b"x")
        assert ledger.reserve(source.name, 0)
        item = next(deliveries)
        reader().begin(item, ledger.enter(item, reader()))
    store, story, stop = MemoryStore(), [], threading.Event()
    stop.set()
    SinkWorker(
        [source],
        ledger,
        store,
        lambda: story.append(f"relay after {len(store.readings)}"),
        drain_seconds=0.6,
        live=lambda fresh: story.extend(r.origin.name for r, _ in fresh),
    ).run(stop, lambda: None)
    assert story == ["1", "2", "3", "relay after 3"]


def test_what_was_committed_is_shown_with_its_picture() -> None:
    """Nothing is evidence before it is a reading, and nothing that could not be committed ever is."""
    source, ledger = ready(Tray(), "1", "2", snap=lambda _: b"jpeg")
    store, shown, stop = MemoryStore(), list[tuple[Exhibit, int]](), threading.Event()
    stop.set()

    def show(exhibit: Exhibit) -> None:
        shown.append((exhibit, len(store.readings)))

    SinkWorker([source], ledger, store, lambda: None, drain_seconds=0.6, exhibit=show).run(stop, lambda: None)
    assert [(one.reading.origin.name, one.seq, one.picture, len(one.looked)) for one, _ in shown] == [
        ("1", 1, b"jpeg", 1),
        ("2", 2, b"jpeg", 1),
    ]
    assert [committed for _, committed in shown] == [2, 2]
