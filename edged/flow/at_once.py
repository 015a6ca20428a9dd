"""Texts read at once, for a step that must know what they say before it can go on: which way up does a page stand?"""

import threading
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Final

from edged.errors import FrameFailed
from edged.lib.beat import Beat, nothing
from edged.types import Answer, Pixels, Posteriors, Transcript

_LOOK_SECONDS: Final = 1.0  # how long to wait for an answer before looking for an inference that failed


@dataclass(frozen=True, slots=True, kw_only=True)
class AtOnce:
    """Reads cuts and waits for them. May be called from any thread but the recogniser's, which answers."""

    prepared: Callable[[Pixels], Pixels]  # brings a cut to what the recogniser wants to see
    cut: Callable[[Pixels], Sequence[Pixels]]  # pieces of a line, each within the widest bucket
    submit: Callable[[Pixels, Answer], None]  # blocks while the recogniser is busy
    check: Callable[[], None]  # answers what failed: nobody else does
    join: Callable[[Sequence[Posteriors]], Posteriors]
    transcribe: Callable[[Posteriors], Transcript]

    def __call__(
        self, cuts: Sequence[Pixels], seen: MutableMapping[bytes, Posteriors] | None = None, beat: Beat = nothing
    ) -> list[Transcript]:
        """What they say, in their order; what was *seen* in each prepared cut is kept under its bytes.

        Calls *beat* with each piece that is taken and each that is answered: a long line has many.

        Raises:
            FrameFailed: The recogniser failed.
        """
        lines = [self.prepared(cut) for cut in cuts]
        awaited = [[self._start(piece, beat) for piece in self.cut(line)] for line in lines]
        answers = [self.join([self._posteriors(one, beat) for one in pieces]) for pieces in awaited]
        if seen is not None:
            seen.update((line.tobytes(), posteriors) for line, posteriors in zip(lines, answers, strict=True))
        return [self.transcribe(posteriors) for posteriors in answers]

    def _start(self, piece: Pixels, beat: Beat) -> "_Awaited":
        awaited = _Awaited()
        self.submit(piece, awaited.answer)
        beat()
        return awaited

    def _posteriors(self, awaited: "_Awaited", beat: Beat) -> Posteriors:
        while not awaited.answered.wait(_LOOK_SECONDS):
            self.check()
        beat()
        if awaited.posteriors is None:
            msg = f"the recogniser failed: {awaited.error}"
            raise FrameFailed(msg, hint="see the journal of the daemon") from awaited.error
        return awaited.posteriors


class _Awaited:
    """One piece, and its answer once it is there."""

    def __init__(self) -> None:
        self.answered = threading.Event()
        self.posteriors: Posteriors | None = None
        self.error: BaseException | None = None

    def answer(self, posteriors: Posteriors | None, error: BaseException | None) -> None:
        """Called once, in a thread of the recogniser."""
        self.posteriors, self.error = posteriors, error
        self.answered.set()
