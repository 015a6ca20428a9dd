"""Reads one part from its frames: the sharpest first, until enough of them agree, and what they say is put to the vote.

It runs in the feed's thread and lets the camera go on while the recogniser works. The first good frame is read as soon as it is
there, and so are as many more as must agree; of what comes later the sharpest. A frame that the quality gate refuses is passed over.
So there is something to say at any time, and at the deadline it is said.
"""

import logging
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from edged.flow.judge import judge
from edged.flow.reader import Job, Reader
from edged.flow.share import Precedence
from edged.flow.vote import fuse
from edged.lib.beat import Beat, nothing
from edged.lib.clock import Clock
from edged.types import Delivery, Frame, FrameProblem, Outcome, Reading, SeenLine, Window

log = logging.getLogger(__name__)

_GLANCE: Final = 0.002  # seconds between two looks for the recogniser's answer


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRead:
    """One frame of a part, read."""

    job: Job
    lines: tuple[SeenLine, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing speaks against the picture itself."""
        return not self.job.laid.reasons and not any(line.doubts for line in self.lines)


class PartJob(Job):
    """One part in flight."""

    def __init__(self, delivery: Delivery, started: float, completed: Callable[[Job], None]) -> None:
        super().__init__(delivery, started, completed)
        self.frames: list[FrameRead] = []
        self.refused: FrameProblem | None = None  # of the sharpest frame that was not read
        self.recognised = 0.0  # monotonic, until when the recogniser was at it

    @property
    def voting(self) -> list[FrameRead]:
        """Those that count: where one frame is clean, the others do not."""
        return [frame for frame in self.frames if frame.clean] or self.frames


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReader:
    """Reads the parts of one camera; anything else as its inner reader does."""

    inner: Reader
    most: int  # frames of a part that are read
    agree: int  # frames that must say the same before the others are not read
    clock: Clock
    precedence: Precedence = field(default_factory=Precedence)  # over files

    def begin(self, delivery: Delivery, completed: Callable[[Job], None], beat: Beat = nothing) -> Job:
        """Read the part's frames; *completed* is called exactly once, when its last frame has its answer."""
        window = delivery.window
        if window is None:
            return self.inner.begin(delivery, completed, beat)
        job = PartJob(replace(delivery, window=None), self.clock.monotonic(), completed)
        try:
            self._read(job, window, beat)
        except Exception as error:  # the per-part boundary: one part must never end the daemon
            log.exception("reading a part failed unexpectedly", extra={"id": delivery.id, "source": delivery.source})
            job.fail(Outcome.FAILED, f"{type(error).__name__}: {error}; this is a defect of edged, please report it")
        finally:  # who waits must hear of it, whatever a camera does
            job.release()
        return job

    def conclude(self, job: Job) -> Reading:
        """The vote, by the rules. Never raises for what a frame contains."""
        if not isinstance(job, PartJob):
            return self.inner.conclude(job)
        begun = self.clock.monotonic()
        voting = job.voting
        if job.problem is None:
            job.read = self.inner.corrected(fuse([frame.lines for frame in voting]))
            self._tell_of_the_best(job, voting)
        now = self.clock.monotonic()
        job.timing_ms |= {"decode_text": (now - begun) * 1000, "total": (now - job.started) * 1000}
        return self.inner.told(job, frames=len(voting))

    def _read(self, job: PartJob, window: Window, beat: Beat) -> None:
        """Read frames until enough agree; those that are needed in any case are read at the same time."""
        answered: queue.SimpleQueue[Job] = queue.SimpleQueue()
        wanted, flying = self._wanted(job), 0
        while True:
            while not answered.empty():
                self._take(job, answered.get())
                wanted, flying = self._wanted(job), flying - 1
            left = window.deadline - self.clock.monotonic()
            frame = window.best() if wanted > flying and left > 0 else None
            if frame is not None:
                flying += 1
                self._begin_frame(job, frame, answered.put, beat)
            elif flying:
                beat()
                window.idle(_GLANCE)
            elif wanted and left > 0 and window.open:
                beat()
                window.wait(left)
            else:
                break
        if not job.frames:
            job.problem = job.refused or _no_frame(window, self.clock.monotonic())

    def _wanted(self, job: PartJob) -> int:
        """How many frames must be read at least, as things stand."""
        if self._sure(job):
            return 0
        return min(self.most - len(job.frames), max(1, self.agree - len(job.voting)))

    def _begin_frame(self, job: PartJob, frame: Frame, answered: Callable[[Job], None], beat: Beat) -> None:
        name = f"{job.delivery.source} {frame.number}"
        delivery = replace(job.delivery, image=frame.image, captured_at=frame.captured_at, origin=replace(job.delivery.origin, name=name))

        def complete(one: Job) -> None:
            self.precedence.end()
            answered(one)

        self.precedence.begin()
        self.inner.begin(delivery, complete, beat)

    def _take(self, job: PartJob, one: Job) -> None:
        """Keep what one frame says. What was recognised at the same time took its time once."""
        lines = self.inner.seen(one)
        ended = one.submitted + one.timing_ms.get("recognise", 0.0) / 1000
        one.timing_ms["recognise"] = max(0.0, ended - max(one.submitted, job.recognised)) * 1000
        job.recognised = max(job.recognised, ended)
        for stage, milliseconds in one.timing_ms.items():
            job.timing_ms[stage] = job.timing_ms.get(stage, 0.0) + milliseconds
        if one.problem is not None:
            job.refused, job.picture = job.refused or one.problem, job.picture or one.picture
        else:
            job.frames.append(FrameRead(job=one, lines=lines))

    def _sure(self, job: PartJob) -> bool:
        """Whether enough frames say the same, and surely."""
        voting = job.voting
        if len(voting) < self.agree:
            return False
        read = self.inner.corrected(fuse([frame.lines for frame in voting]))
        outcome, _ = judge(read, self.inner.unsure_below, voting[0].job.laid.reasons, empty=self.inner.empty)
        return outcome is Outcome.OK and bool(read) and all(round(line.frames * line.agreement) >= self.agree for line in read)

    def _tell_of_the_best(self, job: PartJob, voting: Sequence[FrameRead]) -> None:
        """When it was captured, and where its fields were looked for, is told of the frame that says most nearly what the vote says."""
        raw = [line.raw for line in job.read]

        def nearness(frame: FrameRead) -> tuple[bool, float]:
            texts = [line.transcript.text for line in frame.lines]
            return texts == raw, min((line.transcript.confidence for line in frame.lines), default=0.0)

        best = max(voting, key=nearness).job
        job.laid, job.origin, job.picture = best.laid, best.origin, best.picture
        job.delivery = replace(job.delivery, captured_at=best.delivery.captured_at)


def _no_frame(window: Window, now: float) -> FrameProblem:
    """There was nothing to read: that is no reading of an empty part, something is amiss."""
    why = window.trouble or "see that the camera delivers while a part is there, and window.seconds and window.deadline_seconds"
    lasted = max(0.0, round(min(window.end, now) - window.start, 3))
    told = f"no frame came within {lasted:g} s" if not window.seen else f"{window.seen} frames came too late to be read"
    return FrameProblem(outcome=Outcome.FAILED, reason=f"{told}; {why}")
