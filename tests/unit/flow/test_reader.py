"""One source's way from bytes to a reading, with steps made of a few lines each."""

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edged.errors import FrameFailed, FrameRejected
from edged.flow.reader import Answer, Job, Reader, Steps
from edged.lib.clock import SystemClock
from edged.types import Corrected, Delivery, FieldState, FrameId, FrameProblem, ModelRef, Origin, Outcome, SourceName, TextLine, Transcript

BOX = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))
MODEL = ModelRef(name="m", precision="fp16", digest="d")


def refuse(*_: Any) -> Any:
    raise FrameRejected("is a PDF", hint="export a PNG")


def fail(*_: Any) -> Any:
    raise FrameFailed("is cut short", hint="send it again")


def explode(*_: Any) -> Any:
    raise ZeroDivisionError("oops")


def answer(_pixels: Any, on_done: Answer) -> None:
    on_done(np.ones((2, 3), np.float32), None)


STEPS = Steps(
    prove=lambda _: None,
    decode=lambda data: np.zeros((8, len(data), 3), np.uint8),
    layout=lambda image: [TextLine(image=image, box=BOX)],
    cut=lambda pixels: [pixels, pixels],
    submit=answer,
    join=lambda pieces: np.concatenate(list(pieces)),
    transcribe=lambda posteriors: Transcript(text="x" * len(posteriors), confidence=0.9, characters=()),
    correct=lambda read: Corrected(transcript=read, raw=read.text),
)


def reader(fields: tuple[str, ...] = (), **steps: Any) -> Reader:
    return Reader(
        steps=replace(STEPS, **steps),
        model=MODEL,
        calibrated=False,
        config="c",
        unsure_below=0.5,
        fields=fields,
        clock=SystemClock(),
        synced=lambda: True,
    )


def delivery(**changes: Any) -> Delivery:
    origin = Origin(name="a.png", sha256="0" * 64, bytes=5, modified_at=None)
    values: dict[str, Any] = {"attempt": 1, "data": b"12345"} | changes
    return Delivery(id=FrameId("i"), source=SourceName("s"), captured_at=dt.datetime.now(dt.UTC), origin=origin, **values)


def read(subject: Reader, item: Delivery) -> Any:
    completed: list[Job] = []
    subject.begin(item, completed.append)
    assert len(completed) == 1, "completed exactly once"
    return subject.conclude(completed[0])


def test_bytes_become_a_reading_with_all_that_is_known() -> None:
    """Text, size, model, configuration and timings stand in the reading."""
    got = read(reader(), delivery())
    assert (got.outcome, got.text, got.confidence, got.reasons) == (Outcome.OK, "xxxx", 0.9, ())
    assert (got.origin.width, got.origin.height, got.model, got.config) == (5, 8, MODEL, "c")
    assert set(got.timing_ms) == {"decode", "layout", "recognise", "decode_text", "total"}


@pytest.mark.parametrize("step", ["decode", "layout", "cut", "submit", "join", "transcribe", "correct"])
@pytest.mark.parametrize(
    ("fault", "outcome", "reason"),
    [
        (refuse, Outcome.REJECTED, "is a PDF; export a PNG"),
        (fail, Outcome.FAILED, "is cut short; send it again"),
        (explode, Outcome.FAILED, "ZeroDivisionError: oops; this is a defect of edged, please report it"),
    ],
)
def test_whatever_a_step_raises_is_a_reading(step: str, fault: Any, outcome: Outcome, reason: str) -> None:
    """Each input makes exactly one reading, failures too; it says why and shows no text."""
    got = read(reader(**{step: fault}), delivery())
    assert (got.outcome, got.reasons, got.text, got.confidence, got.lines) == (outcome, (reason,), "", 0.0, ())


def test_an_answer_with_an_error_fails_the_input() -> None:
    """The recogniser's own failure reaches the reading."""
    got = read(reader(submit=lambda _pixels, done: done(None, RuntimeError("no memory"))), delivery())
    assert (got.outcome, got.reasons) == (Outcome.FAILED, ("the recogniser failed: no memory; see the journal of the daemon",))


def test_a_job_completes_only_with_its_last_piece() -> None:
    """Answers may come late and out of order; the pieces are joined in theirs."""
    held: list[Answer] = []
    subject = reader(submit=lambda _pixels, done: held.append(done), join=lambda pieces: np.concatenate(list(pieces), axis=0))
    completed: list[Job] = []
    subject.begin(delivery(), completed.append)
    held[1](np.ones((1, 3), np.float32), None)
    assert not completed
    held[0](np.ones((4, 3), np.float32), None)
    assert [len(piece) for piece in completed[0].answers()[0]] == [4, 1]


def test_an_input_refused_at_the_door_is_not_opened() -> None:
    """A problem found by the source is told as it is; no step runs."""
    problem = FrameProblem(outcome=Outcome.REJECTED, reason="a link; copy the file itself")
    got = read(reader(prove=explode, decode=explode), delivery(data=None, problem=problem))
    assert (got.outcome, got.reasons) == (Outcome.REJECTED, ("a link; copy the file itself",))


def test_only_an_input_with_a_past_must_prove_itself() -> None:
    """The first attempt is decoded here; a later one goes through a child process before."""
    assert read(reader(prove=fail), delivery(attempt=1)).outcome is Outcome.OK
    assert read(reader(prove=fail), delivery(attempt=2)).reasons == ("is cut short; send it again",)


def test_a_doubt_of_the_layout_makes_the_reading_unsure() -> None:
    """A picture that is no text line is never ok."""
    got = read(reader(layout=lambda image: [TextLine(image=image, box=BOX, reasons=("not one text line",))]), delivery())
    assert (got.outcome, got.reasons) == (Outcome.UNSURE, ("not one text line",))


def test_the_rules_stand_between_reading_and_judging() -> None:
    """Text and confidence are those after the rules; what was read, each change and each doubt are kept."""

    def correct(read: Transcript) -> Corrected:
        return Corrected(transcript=replace(read, text="A17", confidence=0.7), raw=read.text, rules=("pattern x: I -> 1",), doubt="is odd")

    got = read(reader(correct=correct), delivery())
    (line,) = got.lines
    assert (got.text, got.confidence, line.raw, line.rules, got.fields) == ("A17", 0.7, "xxxx", ("pattern x: I -> 1",), ())
    assert (got.outcome, got.reasons) == (Outcome.UNSURE, ("is odd",))


def test_a_field_is_told_whatever_became_of_the_picture() -> None:
    """Read, it is its line; in a broken picture it was not read, and what size there is says where it might be."""
    subject = reader(fields=("lot",), layout=lambda image: [TextLine(image=image, box=BOX, field="lot")])
    (field,) = read(subject, delivery()).fields
    assert (field.name, field.text, field.state, field.box) == ("lot", "xxxx", FieldState.READ, BOX)
    (unread,) = read(reader(fields=("lot",), decode=refuse), delivery()).fields
    assert (unread.state, unread.box) == (FieldState.NOT_READ, None)
    (unread,) = read(reader(fields=("lot",), transcribe=fail), delivery()).fields
    assert (unread.state, unread.box) == (FieldState.NOT_READ, ((0, 0), (5, 0), (5, 8), (0, 8)))
