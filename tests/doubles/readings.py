"""Ready-made readings and outboxes."""

import base64
import datetime as dt
import random
from functools import partial
from pathlib import Path
from typing import Any

from edged.config import OutboxSection
from edged.flow.outbox import Outbox
from edged.flow.payload import encode_reading
from edged.types import Character, FrameId, ModelRef, Origin, Outcome, Reading, ReadLine, SourceName, Transcript
from tests.doubles.clock import FakeClock

_WHEN = dt.datetime(2026, 11, 22, 10, 0, 0, 123_456, tzinfo=dt.UTC)


def frame_id(number: int) -> FrameId:
    """An id that tells its number."""
    return FrameId(f"01900000-0000-7000-8000-{number:012d}")


def line(text: str = "LOT A17") -> ReadLine:
    """One line with its characters."""
    characters = tuple(Character(text=c, confidence=0.98765, alternative="4", margin=0.97) for c in text)
    transcript = Transcript(text=text, confidence=0.987654, characters=characters)
    return ReadLine(transcript=transcript, raw=text, box=((0, 0), (100, 0), (100, 32), (0, 32)))


def reading(number: int = 1, **changes: Any) -> Reading:
    """A reading that was read well; *changes* replace what a test cares about."""
    content: dict[str, Any] = {
        "id": frame_id(number),
        "source": SourceName("inbox"),
        "captured_at": _WHEN,
        "clock_synced": True,
        "origin": Origin(name="a.jpg", sha256="ab" * 32, bytes=18_234, modified_at=_WHEN, width=1280, height=720),
        "model": ModelRef(name="ppocrv2-crnn", precision="fp16", digest="cd" * 32),
        "config": "ef" * 32,
        "outcome": Outcome.OK,
        "reasons": (),
        "text": "LOT A17",
        "confidence": 0.987654,
        "calibrated": False,
        "lines": (line(),),
        "timing_ms": {"decode": 1.234, "recognise": 3.14159, "total": 5.55},
    }
    return Reading(**(content | changes))


def large_reading(number: int, size: int) -> Reading:
    """A reading whose payload is at least *size* bytes, and hardly fewer once it is deflated."""
    return reading(number, text=base64.b85encode(random.Random(number).randbytes(size))[:size].decode(), lines=())


def make_outbox(path: Path, *, clock: FakeClock | None = None, synced: bool | None = True, **options: Any) -> Outbox:
    """An outbox that is not open yet; options that are not its own go into its section."""
    own = {key: options.pop(key) for key in ("connect", "free") if key in options}
    section = OutboxSection(**({"reserve_bytes": 0} | options))
    encode = partial(_encode, device="line3")
    return Outbox(path / "outbox.db", section, encode=encode, clock=clock or FakeClock(), clock_synced=lambda: synced, **own)


def _encode(given: Reading, seq: int, epoch: str, *, device: str) -> bytes:
    return encode_reading(given, device=device, seq=seq, epoch=epoch)
