"""One source's way from bytes to a reading, as a chain of steps handed in by the composition root.

`begin` runs in the feed's thread and ends by giving pieces of text lines to the recogniser; the last
answer, from a thread of the recogniser, completes the `Job`; `conclude` runs in the sink's thread. The
one-shot command and the daemon go the same way.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from edged.errors import FrameError, FrameRejected
from edged.flow.judge import confidence_of, fields_of, judge
from edged.flow.steps import Steps
from edged.lib.beat import Beat, nothing
from edged.lib.clock import Clock
from edged.types import (
    NO_TEXT,
    Answer,
    Box,
    Delivery,
    FrameProblem,
    Laid,
    ModelRef,
    Origin,
    Outcome,
    Posteriors,
    Reading,
    ReadLine,
    SeenLine,
    TextLine,
)

log = logging.getLogger(__name__)

_GONE: Final = np.empty((0, 0, 3), np.uint8)  # pixels that nobody needs any more


def _nothing(_: "Job") -> None:
    """What a completed job still has to tell."""


class Job:
    """One input in flight. Owned by the feed until `begin` returns, then by the recogniser, then by the sink."""

    def __init__(self, delivery: Delivery, started: float, completed: Callable[["Job"], None]) -> None:
        """Keep what the reading will need; *completed* is called once, from any thread."""
        self.delivery = delivery
        self.origin: Origin = delivery.origin
        self.started = started
        self.laid = Laid(lines=())
        self.picture: bytes | None = None  # a small copy as a JPEG, where evidence is wanted
        self.problem: FrameProblem | None = delivery.problem
        self.timing_ms: dict[str, float] = {}
        self.read: tuple[ReadLine, ...] = ()
        self.submitted = started  # monotonic, when the recogniser got its first piece
        self._answers: list[list[Posteriors | None]] = []
        self._outstanding = 1  # the feed's own share, released at the end of `begin`
        self._lock = threading.Lock()
        self._completed = completed

    def expect(self, pieces: int) -> list[Answer]:
        """Make room for the answers of one line of that many pieces."""
        answers: list[Posteriors | None] = [None] * pieces
        self._answers.append(answers)
        with self._lock:
            self._outstanding += pieces

        def receiver(index: int) -> Answer:
            def receive(posteriors: Posteriors | None, error: BaseException | None) -> None:
                answers[index] = posteriors
                if error is not None:
                    self.fail(Outcome.FAILED, f"the recogniser failed: {error}; see the journal of the daemon")
                self.release()

            return receive

        return [receiver(index) for index in range(pieces)]

    def release(self) -> None:
        """Count one share down; the last one completes the job."""
        with self._lock:
            self._outstanding -= 1
            last = self._outstanding == 0
        if last:
            completed, self._completed = self._completed, _nothing  # who waits holds the job: no cycle keeps its pixels
            completed(self)

    def abandon(self, pieces: int) -> None:
        """Give back the shares of pieces that were never submitted."""
        with self._lock:
            self._outstanding -= pieces

    def fail(self, outcome: Outcome, reason: str, *more: str) -> None:
        """Record why the input is not read; what was recorded first stands."""
        if self.problem is None:
            kind: Literal[Outcome.REJECTED, Outcome.FAILED] = Outcome.REJECTED if outcome is Outcome.REJECTED else Outcome.FAILED
            self.problem = FrameProblem(outcome=kind, reason=reason, more=more)

    def answers(self) -> list[list[Posteriors]]:
        """Per line, the posteriors of its pieces in order; all there once the job is completed without a problem."""
        return [[piece for piece in line if piece is not None] for line in self._answers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads the inputs of one source with one model and one configuration."""

    steps: Steps
    model: ModelRef
    calibrated: bool
    config: str  # digest
    unsure_below: float
    fields: Sequence[str] = ()  # that each reading tells of
    apart: bool = False  # what one line is refused for is a doubt of that line, and the others are read
    empty: Literal["ok", "unsure"] | None = None  # what no line at all is, where lines were looked for and those without text are none
    clock: Clock
    synced: Callable[[], bool | None]

    def begin(self, delivery: Delivery, completed: Callable[[Job], None], beat: Beat = nothing) -> Job:
        """Start reading; *completed* is called exactly once, here or from a thread of the recogniser.

        Blocks while the recogniser is busy, and calls *beat* between two lines: a page may have many. The frame and the bytes of the
        file are let go as soon as its lines are cut out. Never raises for what an input contains.
        """

        def recognised(job: Job) -> None:
            self._lap(job, "recognise", job.submitted)
            completed(job)

        job = Job(delivery, self.clock.monotonic(), recognised)
        self._guard(job, lambda job: self._begin(job, beat))
        job.release()
        return job

    def conclude(self, job: Job) -> Reading:
        """Turn a completed job into its reading. Never raises for what an input contains."""
        begun = self.clock.monotonic()

        def read(job: Job) -> None:
            job.read = self.corrected(self._seen(job))

        self._guard(job, read)
        end = self._lap(job, "decode_text", begun)
        job.timing_ms["total"] = (end - job.started) * 1000
        return self.told(job)

    def seen(self, job: Job) -> tuple[SeenLine, ...]:
        """What the recogniser saw in a completed job, before the rules; nothing where the job has a problem, or gets one here."""
        found: list[SeenLine] = []
        self._guard(job, lambda job: found.extend(self._seen(job)))
        return tuple(found)

    def corrected(self, seen: Sequence[SeenLine]) -> tuple[ReadLine, ...]:
        """These lines by the rules of their places; lines without text are left out where lines were looked for."""
        read = [self._corrected(line) for line in seen]
        return tuple(line for line in read if self.empty is None or line.transcript.text.strip())

    def _guard(self, job: Job, step: Callable[[Job], None]) -> None:
        """Run a step unless the job has a problem; what the step raises becomes the job's problem."""
        if job.problem is not None:
            return
        try:
            step(job)
        except FrameError as error:
            job.fail(Outcome.REJECTED if isinstance(error, FrameRejected) else Outcome.FAILED, error.reason)
        except Exception as error:  # the per-frame boundary: one input must never end the daemon
            log.exception("reading failed unexpectedly", extra={"id": job.delivery.id, "source": job.delivery.source})
            job.fail(Outcome.FAILED, f"{type(error).__name__}: {error}; this is a defect of edged, please report it")

    def _begin(self, job: Job, beat: Beat) -> None:
        self._lay_out(job, beat)
        if job.laid.refusals:
            job.fail(Outcome.REJECTED, *job.laid.refusals)
            return
        self._submit(job, beat)
        job.laid = replace(job.laid, lines=tuple(_emptied(line) for line in job.laid.lines))

    def _lay_out(self, job: Job, beat: Beat) -> None:
        """From bytes to lines; neither bytes nor frame outlive it."""
        data = job.delivery.data
        if data is not None and job.delivery.attempt > 1:  # an earlier process ended while it held this input
            self.steps.prove(data)
        with self.steps.room.visit(beat) as visit:
            image = job.delivery.image if data is None else self.steps.decode(data, visit.admit)
            assert image is not None  # what has neither data nor a picture has a problem, or frames that are read one by one
            decoded = self._lap(job, "decode", job.started)
            job.delivery = replace(job.delivery, data=None, image=None)
            job.origin = replace(job.origin, width=image.shape[1], height=image.shape[0])
            job.picture = self.steps.snap(image) if self.steps.snap else None
            job.laid = self.steps.layout(image, beat)
            del image  # before the next frame gets its room
        job.submitted = self._lap(job, "layout", decoded)

    def _submit(self, job: Job, beat: Beat) -> None:
        """Give lines to the recogniser, the widest first: what has one shape is read in a row, and nothing long is left for the end."""
        cuts = [self.steps.cut(line.image) for line in job.laid.lines if line.seen is None]
        waiting = [pair for cut in cuts for pair in zip(cut, job.expect(len(cut)), strict=True)]
        waiting.sort(key=lambda pair: pair[0].shape[1], reverse=True)
        for number, (piece, answer) in enumerate(waiting):
            if number:
                beat()
            try:
                self.steps.submit(piece, answer)
            except BaseException:
                job.abandon(len(waiting) - number)
                raise

    def _seen(self, job: Job) -> list[SeenLine]:
        answers = iter(job.answers())
        return [self._line(line, answers) for line in job.laid.lines]

    def _line(self, line: TextLine, answers: Iterator[list[Posteriors]]) -> SeenLine:
        try:
            transcript = self.steps.transcribe(self.steps.join(next(answers)) if line.seen is None else line.seen)
        except FrameRejected as error:
            if not self.apart:
                raise
            return SeenLine(transcript=NO_TEXT, box=line.box, doubts=(*line.reasons, error.reason), field=line.field)
        return SeenLine(transcript=transcript, box=line.box, doubts=line.reasons, field=line.field)

    def _corrected(self, line: SeenLine) -> ReadLine:
        corrected = self.steps.correct(line.transcript, line.field)
        return ReadLine(
            transcript=corrected.transcript,
            box=line.box,
            raw=corrected.raw,
            rules=corrected.rules,
            doubts=line.doubts if corrected.doubt is None else (*line.doubts, corrected.doubt),
            field=line.field,
            frames=line.frames,
            agreement=line.agreement,
        )

    def told(self, job: Job, frames: int = 1) -> Reading:
        """The reading of what stands in a job, told from that many pictures."""
        if job.problem is None:
            outcome, reasons = judge(job.read, self.unsure_below, job.laid.reasons, empty=self.empty)
        else:
            outcome, reasons = Outcome(job.problem.outcome), (job.problem.reason, *job.problem.more)
        return Reading(
            id=job.delivery.id,
            source=job.delivery.source,
            captured_at=job.delivery.captured_at,
            clock_synced=self.synced(),
            origin=job.origin,
            model=self.model,
            config=self.config,
            outcome=outcome,
            reasons=reasons,
            text="\n".join(line.transcript.text for line in job.read),
            confidence=confidence_of(job.read),
            calibrated=self.calibrated,
            lines=job.read,
            fields=fields_of(self.fields, job.read, self.unsure_below, _frame(job.origin), job.laid.places, frames),
            timing_ms=dict(job.timing_ms),
            part=job.delivery.part,
            trigger=job.delivery.trigger,
        )

    def _lap(self, job: Job, name: str, since: float) -> float:
        now = self.clock.monotonic()
        job.timing_ms[name] = (now - since) * 1000
        return now


def _emptied(line: TextLine) -> TextLine:
    """A line that was submitted, without its pixels."""
    return replace(line, image=_GONE)


def _frame(origin: Origin) -> Box | None:
    """The whole picture, where its size is known."""
    if origin.width is None or origin.height is None:
        return None
    right, bottom = float(origin.width), float(origin.height)
    return (0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom)
