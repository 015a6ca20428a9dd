"""One source's way from bytes to a reading, with steps made of a few lines each."""

import datetime as dt
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edged.errors import FrameFailed, FrameRejected
from edged.flow.reader import Job, Reader
from edged.flow.steps import Steps
from edged.lib.clock import SystemClock
from edged.types import (
    Answer,
    Corrected,
    Delivery,
    FieldState,
    FrameId,
    FrameProblem,
    Laid,
    ModelRef,
    Origin,
    Outcome,
    SourceName,
    TextLine,
    Transcript,
)

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
    decode=lambda data, *_: np.zeros((8, len(data), 3), np.uint8),
    layout=lambda image, *_: Laid(lines=(TextLine(image=image, box=BOX),)),
    cut=lambda pixels: [pixels, pixels],
    submit=answer,
    join=lambda pieces: np.concatenate(list(pieces)),
    transcribe=lambda posteriors: Transcript(text="x" * len(posteriors), confidence=0.9, characters=()),
    correct=lambda read, _: Corrected(transcript=read, raw=read.text),
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
    got = read(reader(layout=lambda image, *_: Laid(lines=(TextLine(image=image, box=BOX, reasons=("not one text line",)),))), delivery())
    assert (got.outcome, got.reasons) == (Outcome.UNSURE, ("not one text line",))


def test_the_rules_stand_between_reading_and_judging() -> None:
    """Text and confidence are those after the rules; what was read, each change and each doubt are kept."""

    def correct(read: Transcript, _: str | None) -> Corrected:
        return Corrected(transcript=replace(read, text="A17", confidence=0.7), raw=read.text, rules=("pattern x: I -> 1",), doubt="is odd")

    got = read(reader(correct=correct), delivery())
    (line,) = got.lines
    assert (got.text, got.confidence, line.raw, line.rules, got.fields) == ("A17", 0.7, "xxxx", ("pattern x: I -> 1",), ())
    assert (got.outcome, got.reasons) == (Outcome.UNSURE, ("is odd",))


def test_a_field_is_told_whatever_became_of_the_picture() -> None:
    """Read, it is its line; in a broken picture it was not read, and what size there is says where it might be."""
    subject = reader(fields=("lot",), layout=lambda image, *_: Laid(lines=(TextLine(image=image, box=BOX, field="lot"),)))
    (field,) = read(subject, delivery()).fields
    assert (field.name, field.text, field.state, field.box) == ("lot", "xxxx", FieldState.READ, BOX)
    (unread,) = read(reader(fields=("lot",), decode=refuse), delivery()).fields
    assert (unread.state, unread.box) == (FieldState.NOT_READ, None)
    (unread,) = read(reader(fields=("lot",), transcribe=fail), delivery()).fields
    assert (unread.state, unread.box) == (FieldState.NOT_READ, ((0, 0), (5, 0), (5, 8), (0, 8)))


def test_what_speaks_against_the_frame_makes_its_reading_unsure() -> None:
    """Lines are read all the same; a field that has none tells where it was looked for."""
    laid = Laid(lines=(), reasons=("patch 1 was not found",), places={"lot": BOX})
    got = read(reader(fields=("lot", "date"), layout=lambda *_: laid), delivery())
    assert (got.outcome, got.reasons) == (Outcome.UNSURE, ("patch 1 was not found", "no text was read"))
    assert [(field.name, field.state, field.box) for field in got.fields] == [
        ("lot", FieldState.NOT_READ, BOX),
        ("date", FieldState.NOT_READ, ((0, 0), (5, 0), (5, 8), (0, 8))),
    ]


def test_a_frame_that_the_layout_refuses_is_not_read() -> None:
    """Nothing is submitted, and every reason stands by itself."""
    laid = Laid(lines=(TextLine(image=np.zeros((8, 5, 3), np.uint8), box=BOX, field="lot"),), refusals=("sharpness 9 < 14", "size 4 < 8"))
    got = read(reader(fields=("lot",), layout=lambda *_: laid, submit=explode), delivery())
    assert (got.outcome, got.reasons, got.lines) == (Outcome.REJECTED, ("sharpness 9 < 14", "size 4 < 8"), ())
    assert [field.state for field in got.fields] == [FieldState.NOT_READ]


def test_of_fields_that_stand_apart_only_the_refused_one_is_not_read() -> None:
    """Its reason names it, and the others keep their texts; where a line is the picture, the picture is refused."""
    lines = tuple(TextLine(image=np.full((8, 5, 3), value, np.uint8), box=BOX, field=name) for value, name in ((1, "lot"), (0, "date")))

    def submit(pixels: Any, on_done: Answer) -> None:
        on_done(np.full((2, 3), pixels[0, 0, 0], np.float32), None)

    def transcribe(seen: Any) -> Transcript:
        return refuse() if seen[0, 0] else Transcript(text="A17", confidence=0.9, characters=())

    subject = reader(fields=("lot", "date"), layout=lambda *_: Laid(lines=lines), submit=submit, transcribe=transcribe)
    got = read(replace(subject, apart=True), delivery())
    assert (got.outcome, got.text) == (Outcome.UNSURE, "\nA17")
    assert got.reasons[0] == "field lot: is a PDF; export a PNG"
    assert [(field.name, field.text, field.state) for field in got.fields] == [
        ("lot", "", FieldState.NOT_READ),
        ("date", "A17", FieldState.READ),
    ]
    assert read(subject, delivery()).outcome is Outcome.REJECTED


def test_a_line_goes_by_the_rules_of_its_field() -> None:
    """Each field has its own, and a line that is none has those of the source."""
    laid = Laid(lines=tuple(TextLine(image=np.zeros((8, 5, 3), np.uint8), box=BOX, field=name) for name in ("lot", None)))

    def correct(read: Transcript, field: str | None) -> Corrected:
        return Corrected(transcript=replace(read, text=str(field)), raw=read.text)

    assert read(reader(layout=lambda *_: laid, correct=correct), delivery()).text == "lot\nNone"


def test_lines_without_text_are_none_where_lines_were_looked_for() -> None:
    """What a detector took for text may be none; where the picture is the line, it stays."""
    blank = Transcript(text=" ", confidence=0.9, characters=())
    assert read(replace(reader(transcribe=lambda _: blank), empty="ok"), delivery()).lines == ()
    assert len(read(reader(transcribe=lambda _: blank), delivery()).lines) == 1


def test_a_page_of_many_lines_shows_that_it_goes_on() -> None:
    """Each line may wait for the recogniser: one sign of life between two of them."""
    told: list[str] = []

    def submit(_: Any, on_done: Answer) -> None:
        told.append("line")
        on_done(np.ones((2, 3), np.float32), None)

    lines = (TextLine(image=np.zeros((8, 8, 3), np.uint8), box=BOX),) * 3
    reader(layout=lambda *_: Laid(lines=lines), submit=submit, cut=lambda pixels: [pixels]).begin(
        delivery(), lambda _: None, lambda: told.append("beat")
    )
    assert told == ["line", "beat", "line", "beat", "line"]


def test_lines_are_submitted_by_width_and_read_in_their_order() -> None:
    """The widest first, so that what has one shape is read in a row; the text is in the order of the lines."""
    told: list[int] = []

    def submit(pixels: Any, on_done: Answer) -> None:
        told.append(pixels.shape[1])
        on_done(np.full((2, 3), pixels.shape[1], np.float32), None)

    lines = tuple(TextLine(image=np.zeros((8, width, 3), np.uint8), box=BOX) for width in (30, 80, 55))
    got = read(
        reader(
            layout=lambda *_: Laid(lines=lines),
            submit=submit,
            cut=lambda pixels: [pixels[:, :60], pixels[:, 60:]] if pixels.shape[1] > 60 else [pixels],
            join=lambda pieces: np.concatenate(list(pieces)),
            transcribe=lambda seen: Transcript(text="+".join(f"{step[0]:.0f}" for step in seen[::2]), confidence=0.9, characters=()),
        ),
        delivery(),
    )
    assert told == [60, 55, 30, 20]
    assert got.text == "30\n60+20\n55"


def test_frame_and_bytes_are_let_go_before_the_first_line_waits() -> None:
    """A large frame would else lie in memory for as long as its lines are read; what was read lets go of its lines, too."""
    frames: list[weakref.ref[Any]] = []
    alive: list[bool] = []

    def decode(*_: Any) -> Any:
        image = np.zeros((8, 60, 3), np.uint8)
        frames.append(weakref.ref(image))
        return image

    def layout(image: Any, *_: Any) -> Laid:
        return Laid(lines=(TextLine(image=image[:, :10].copy(), box=BOX), TextLine(image=image[:, 10:].copy(), box=BOX)))

    def submit(pixels: Any, on_done: Answer) -> None:
        alive.append(frames[0]() is not None)
        answer(pixels, on_done)

    job = reader(decode=decode, layout=layout, submit=submit, cut=lambda pixels: [pixels]).begin(delivery(), lambda _: None)
    assert alive == [False, False]
    assert job.delivery.data is None
    assert [line.image.size for line in job.laid.lines] == [0, 0]


def test_a_line_that_is_not_submitted_takes_no_answer_with_it() -> None:
    """The job completes all the same, and once."""
    waiting: list[Answer] = []

    def submit(_: Any, on_done: Answer) -> None:
        if waiting:
            fail()
        waiting.append(on_done)

    completed: list[Job] = []
    lines = (TextLine(image=np.zeros((8, 8, 3), np.uint8), box=BOX),) * 3
    subject = reader(layout=lambda *_: Laid(lines=lines), submit=submit, cut=lambda pixels: [pixels])
    subject.begin(delivery(), completed.append)
    assert completed == []
    waiting[0](np.ones((2, 3), np.float32), None)  # type: ignore[arg-type]
    assert subject.conclude(completed[0]).reasons == ("is cut short; send it again",)


def test_a_small_copy_is_taken_before_anything_refuses_the_picture() -> None:
    """What is not read is what somebody wants to see; without that wish nothing is copied, and of what is no picture nothing can be."""
    taken: list[tuple[int, ...]] = []

    def snap(image: Any) -> bytes:
        taken.append(image.shape)
        return b"jpeg"

    def picture(**steps: Any) -> bytes | None:
        return reader(**steps).begin(delivery(), lambda _: None).picture

    assert picture(layout=refuse, snap=snap) == b"jpeg"
    assert picture(snap=snap) == b"jpeg"
    assert taken == [(8, 5, 3)] * 2
    assert picture() is None
    assert picture(decode=refuse, snap=snap) is None
