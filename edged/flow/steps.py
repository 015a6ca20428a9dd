"""The steps between the bytes of a file, or a camera's frame, and a text: what the reader chains, handed in by the composition root."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from edged.flow.room import Admit, Room, admit_all
from edged.lib.beat import Beat, nothing
from edged.types import Answer, Corrected, Laid, Pixels, Posteriors, Transcript


class Decode(Protocol):
    """From the bytes of a file to an upright picture, H x W x 3."""

    def __call__(self, data: bytes, admit: Admit = admit_all, /) -> Pixels:
        """Asks *admit* for room for its pixels before there are any."""
        ...


class Layout(Protocol):
    """From a frame, H x W x 3, to text lines that do not keep it."""

    def __call__(self, image: Pixels, beat: Beat = nothing, /) -> Laid:
        """Calls *beat* now and then where it takes long."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps between bytes and text; every one raises FrameError for an input it refuses."""

    prove: Callable[[bytes], None]  # in a child process: does decoding this input end the process?
    decode: Decode
    layout: Layout
    cut: Callable[[Pixels], Sequence[Pixels]]  # pieces of a line, each within the widest bucket
    submit: Callable[[Pixels, Answer], None]  # blocks while the recogniser is busy
    join: Callable[[Sequence[Posteriors]], Posteriors]  # those of a line from its pieces'
    transcribe: Callable[[Posteriors], Transcript]
    correct: Callable[[Transcript, str | None], Corrected]  # by the rules of its field, where it is one
    room: Room = field(default_factory=Room)  # for decoded pictures; one for all sources
    snap: Callable[[Pixels], bytes | None] | None = None  # a small copy of the picture for evidence; None where nobody wants one
