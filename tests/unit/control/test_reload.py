"""The worker that reloads: who may ask, who is answered, and what it does meanwhile."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.control.reload import Pause, Reloaded, ReloadTimes, ReloadWorker
from edged.errors import EdgedError, UsageError
from tests.doubles.wait import until

TIMES = ReloadTimes(look=0.01, tick=0.005, limit=60)


class Bench:
    """A running worker whose reloads last as long as the test wants."""

    def __init__(self, file: Path, times: ReloadTimes = TIMES) -> None:
        self.may_end, self.stop = threading.Event(), threading.Event()
        self.may_end.set()
        self.begun = self.done = self.beats = self.tidied = 0
        self.now = 0.0
        self.worker = ReloadWorker(self._attempt, lambda: [file], self._tidy, times=times, clock=self._clock)
        self.thread = threading.Thread(target=self.worker.run, args=(self.stop, self._beat))

    def _clock(self) -> float:
        self.now += 0.01
        return self.now

    def _attempt(self, pause: Pause) -> Reloaded:
        self.pause = pause
        self.begun += 1
        number = self.begun
        assert self.may_end.wait(60)
        self.done += 1
        return Reloaded(ok=True, config=f"{number}")

    def _tidy(self) -> None:
        self.tidied += 1

    def _beat(self) -> None:
        self.beats += 1

    def start(self) -> "Bench":
        """Run, past the first look that every start takes."""
        self.thread.start()
        until(lambda: self.done == 1)
        return self


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    it = Bench(tmp_path / "edged.yaml").start()
    yield it
    it.may_end.set()
    it.stop.set()
    it.thread.join(60)


def test_who_asks_hears_what_became_of_it(bench: Bench) -> None:
    """The answer is that of a reload which began after the question."""
    outcome = bench.worker.request(10)
    assert outcome is not None
    assert outcome.config == "2"


def test_those_who_wait_are_answered_by_one_reload(bench: Bench) -> None:
    """Ten impatient operators make one reload more, not ten; none is answered by the one that had begun before."""
    bench.may_end.clear()
    first = bench.worker.ask()
    until(lambda: bench.begun == 2)
    later = [bench.worker.ask() for _ in range(10)]
    assert [bench.worker.answer(ticket) for ticket in (first, *later)] == [None] * 11
    bench.may_end.set()
    until(lambda: bench.worker.answer(later[-1]))
    assert {bench.worker.answer(ticket).config for ticket in later} == {"3"}  # type: ignore[union-attr]
    assert bench.worker.answer(first).config == "2"  # type: ignore[union-attr]
    assert bench.begun == 3


def test_who_does_not_want_to_wait_any_longer_goes_without_an_answer(bench: Bench) -> None:
    """The reload goes on, and whoever asks later still hears of it."""
    bench.may_end.clear()
    assert bench.worker.request(0) is None
    bench.may_end.set()
    assert bench.worker.request(10) is not None


def test_it_shows_that_it_is_alive_while_a_model_is_compiled(bench: Bench) -> None:
    """Else the watchdog would end a daemon because its new model is large."""
    bench.may_end.clear()
    bench.worker.ask()
    until(lambda: bench.begun == 2)
    before = bench.beats
    until(lambda: bench.beats > before + 3)


def test_a_reload_that_never_ends_is_frozen(tmp_path: Path) -> None:
    """Then the watchdog is right."""
    bench = Bench(tmp_path / "edged.yaml", ReloadTimes(look=0.01, tick=0.001, limit=0.5)).start()
    bench.may_end.clear()
    bench.worker.ask()
    until(lambda: bench.begun == 2)
    limit = bench.now + 0.6
    until(lambda: bench.now > limit)
    before = bench.beats
    later = bench.now + 0.2
    until(lambda: bench.now > later)
    assert bench.beats == before
    bench.may_end.set()
    bench.stop.set()
    bench.thread.join(60)


def test_a_changed_file_is_reloaded_once_without_being_asked(bench: Bench, tmp_path: Path) -> None:
    """And what earlier reloads left is tidied up with each look."""
    (tmp_path / "new").write_text("new")
    (tmp_path / "new").rename(tmp_path / "edged.yaml")  # at once: a writer that is held up on its way makes two changes
    until(lambda: bench.done == 2)
    before = bench.tidied
    until(lambda: bench.tidied > before + 5)
    assert bench.done == 2


def test_a_change_that_somebody_asked_for_is_reloaded_once(bench: Bench, tmp_path: Path) -> None:
    """The files are taken as known before they are read."""
    (tmp_path / "edged.yaml").write_text("new")
    bench.worker.request(10)
    before, done = bench.tidied, bench.done
    until(lambda: bench.tidied > before + 5)
    assert bench.done == done


def test_a_stop_ends_it_soon_and_begins_nothing(bench: Bench) -> None:
    """Its thread ends although nobody asked for anything."""
    bench.stop.set()
    bench.thread.join(60)
    assert not bench.thread.is_alive()
    assert bench.begun == 1


def test_a_reload_that_waits_for_somebody_ends_with_the_daemon(bench: Bench) -> None:
    """A model that is still being copied does not hold up a stop."""
    bench.pause(0)
    bench.stop.set()
    with pytest.raises(EdgedError, match="edged stops"):
        bench.pause(3600)


def test_the_verbs_answer_at_once(bench: Bench) -> None:
    """A ticket, then nothing until it is done, then everything; a ticket that nobody got is refused."""
    verbs = bench.worker.verbs()
    bench.may_end.clear()
    ticket = verbs["reload"]({})
    assert verbs["reload_outcome"]({"ticket": ticket}) is None
    bench.may_end.set()
    until(lambda: verbs["reload_outcome"]({"ticket": ticket}))
    told = verbs["reload_outcome"]({"ticket": ticket})
    assert (told["ok"], told["config"], told["errors"]) == (True, "2", ())
    for wrong in (None, 0, ticket + 1, "1", True):
        with pytest.raises(UsageError, match="expected one that `reload` gave"):
            verbs["reload_outcome"]({"ticket": wrong})
