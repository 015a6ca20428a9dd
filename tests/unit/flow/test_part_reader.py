"""Reading one part from its frames."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from edged.flow.reader import Job
from edged.types import Frame, FrameId, Outcome, Pixels, Reading, Trigger
from tests.doubles.clock import START, FakeClock
from tests.doubles.parts import part_reader, picture
from tests.unit.flow.test_reader import delivery

PACE = 0.03


class Reel:
    """A window whose frames come one at each wait, a pace apart; those that wait are given by their sharpness."""

    def __init__(self, clock: FakeClock, pictures: list[Pixels | None], seconds: float = 1.0) -> None:
        self._clock, self._pictures = clock, list(pictures)
        self.start = clock.monotonic()
        self.end = self.deadline = self.start + seconds
        self.kept: list[Frame] = []
        self.seen, self.trouble = 0, ""

    @property
    def open(self) -> bool:
        return bool(self._pictures)

    def wait(self, seconds: float) -> None:
        self._clock.advance(min(PACE, seconds) if self._pictures else seconds)
        image = self._pictures.pop(0) if self._pictures else None
        if image is not None:
            self.seen += 1
            self.kept.append(Frame(image=image, number=self.seen, captured_at=self._clock.now(), at=self._clock.monotonic()))

    idle = wait

    def best(self) -> Frame | None:
        self.kept.sort(key=lambda frame: int(frame.image[4:].sum()))
        return self.kept.pop() if self.kept else None


class Reads:
    """One part read to its end, with what was submitted."""

    def __init__(
        self, pictures: list[Pixels | None], *, seconds: float = 1.0, beat: Callable[[], None] = lambda: None, **keys: Any
    ) -> None:
        self.clock = FakeClock()
        self.read: list[int] = []
        self.reel = Reel(self.clock, pictures, seconds)
        self._reader = part_reader(self.clock, submit=keys.pop("submit", self._submit), **keys)
        self.completed: list[Job] = []
        item = delivery(data=None, window=self.reel, part="4711", trigger=Trigger(kind="mqtt", at=START))
        self._reader.begin(item, self.completed.append, beat)
        assert len(self.completed) == 1, "completed exactly once"
        self.reading: Reading = self._reader.conclude(self.completed[0])

    def _submit(self, pixels: Any, done: Any) -> None:
        self.read.append(int(pixels[0, 0, 0]))
        done(pixels[0, 0].tolist(), None)


def test_it_stops_as_soon_as_enough_frames_say_the_same_surely() -> None:
    """The others are never read, and nobody waits for them."""
    got = Reads([picture(1)] * 5)
    assert (got.reading.outcome, got.reading.text, got.read) == (Outcome.OK, "L24117", [1, 1])
    assert (got.reading.lines[0].frames, got.reading.lines[0].agreement) == (2, 1.0)
    assert got.clock.monotonic() < got.reel.deadline - 0.5
    assert (got.reading.part, got.reading.trigger) == ("4711", Trigger(kind="mqtt", at=START))


def test_it_reads_on_while_frames_disagree_and_says_how_many() -> None:
    """Those that agree outvote one, when they are sure enough together."""
    got = Reads([picture(2, 60), picture(1), picture(1), picture(1)])
    assert (got.reading.text, got.read) == ("L24117", [2, 1, 1, 1])
    assert got.reading.lines[0].agreement == pytest.approx(3 / 4)


def test_frames_that_contradict_one_another_make_nothing_sure() -> None:
    """All are read, and the reading says that it is unsure."""
    got = Reads([picture(1), picture(2)] * 4, most=6)
    assert (len(got.read), got.reading.outcome) == (6, Outcome.UNSURE)


def test_of_those_that_wait_the_sharpest_is_read_first() -> None:
    """The first is read at once; then the best of what came meanwhile."""
    pending: list[Any] = []

    def submit(pixels: Any, done: Any) -> None:
        pending.append((pixels, done))

    beats = 0

    def beat() -> None:
        nonlocal beats
        beats += 1
        if pending and beats % 4 == 0:  # an inference takes three frames
            pixels, done = pending.pop()
            order.append(int(pixels[4:].sum() // 255 // 12))
            done(pixels[0, 0].tolist(), None)

    order: list[int] = []
    pictures: list[Pixels | None] = [picture(4, 20, sharp=one) for one in (5, 1, 9, 3, 7, 2)]
    Reads(pictures, submit=submit, beat=beat, most=3, agree=1)
    assert order[0] == 5
    assert order[1] == 9


def test_as_many_as_must_agree_are_read_at_the_same_time() -> None:
    """The second waits for no answer of the first; a third does, for it may not be needed."""
    pending: list[Any] = []
    together: list[int] = []

    def beat() -> None:
        together.append(len(pending))
        if len(together) % 4 == 0 and pending:
            pixels, done = pending.pop(0)
            done(pixels[0, 0].tolist(), None)

    got = Reads([picture(1)] * 6, submit=lambda pixels, done: pending.append((pixels, done)), beat=beat)
    assert max(together) == 2
    assert (got.reading.outcome, got.reading.lines[0].frames) == (Outcome.OK, 2)


def test_frames_that_the_gate_refuses_are_passed_over() -> None:
    """They cost no inference; where all are refused the reading says why, and is rejected."""
    got = Reads([picture(1, 0), picture(1, 0), picture(1), picture(1)])
    assert (got.reading.outcome, got.read) == (Outcome.OK, [1, 1])
    got = Reads([picture(1, 0)] * 3)
    assert (got.reading.outcome, got.reading.reasons, got.read) == (Outcome.REJECTED, ("sharpness 3 < 14",), [])


def test_at_the_deadline_it_says_what_it_has() -> None:
    """One unsure frame is better than silence."""
    got = Reads([picture(1, 40), *[None] * 100], seconds=0.3)
    assert (got.reading.outcome, got.reading.text) == (Outcome.UNSURE, "L24117")
    assert got.clock.monotonic() == pytest.approx(got.reel.deadline, abs=PACE)
    assert len(Reads([picture(1), picture(2)] * 50, most=20, seconds=0.3).read) == pytest.approx(0.3 / PACE, abs=1)


def test_no_frame_at_all_is_a_reading_that_failed() -> None:
    """With the fields that were not read, and what to look at."""
    got = Reads([None] * 100, seconds=0.3, fields=("lot",))
    assert got.reading.outcome is Outcome.FAILED
    assert "no frame came within 0.3 s" in got.reading.reasons[0]
    assert [(field.name, field.state) for field in got.reading.fields] == [("lot", "not_read")]


def test_when_it_was_captured_is_told_of_the_frame_that_says_it() -> None:
    """Not of one that was outvoted."""
    got = Reads([picture(2, 60), picture(1, 80), picture(1, 95)])
    assert got.reading.captured_at == START + dt.timedelta(seconds=3 * PACE)
    assert got.reading.origin.name == "s 3"
    assert got.reading.id == FrameId("i")


def test_an_inference_that_fails_is_one_frame_less() -> None:
    """The others are read."""

    def submit(pixels: Any, done: Any) -> None:
        if pixels[0, 0, 0] == 4:
            done(None, RuntimeError("broken"))
        else:
            done(pixels[0, 0].tolist(), None)

    got = Reads([picture(4), picture(1), picture(1)], submit=submit)
    assert (got.reading.outcome, got.reading.text) == (Outcome.OK, "L24117")


def test_a_defect_on_the_way_is_a_reading_that_failed() -> None:
    """The part has its reading, the lease comes back, and the feed goes on."""

    def explode() -> None:
        raise ZeroDivisionError("oops")

    got = Reads([picture(1)], beat=explode)
    assert (got.reading.outcome, "ZeroDivisionError: oops" in got.reading.reasons[0]) == (Outcome.FAILED, True)


def test_a_picture_that_comes_with_a_question_is_read_as_by_any_reader() -> None:
    """`request/read` has bytes and no window."""
    completed: list[Job] = []
    subject = part_reader(FakeClock())
    subject.begin(delivery(data=None, image=picture(1)), completed.append)
    assert subject.conclude(completed[0]).text == "L24117"


def test_the_small_picture_for_evidence_is_that_of_the_frame_that_tells() -> None:
    """Of the one that says what the vote says; where the gate refused all, of the first."""

    def snap(image: Pixels) -> bytes:
        return bytes(image[0, 0].tolist())

    got = Reads([picture(2, 60), picture(1, 80), picture(1, 95)], snap=snap)
    assert got.completed[0].picture == bytes((1, 95, 0))
    refused = Reads([picture(1, 0), picture(2, 0)], snap=snap)
    assert refused.completed[0].picture == bytes((1, 0, 0))
