"""A broker that is away for a week, at one reading a second: room, memory, and the order of what comes after."""

import datetime as dt
import hashlib
import json
import random
import time
from pathlib import Path

import pytest

from edged.flow.outbox.database import WAL_BYTES
from edged.flow.relay import Relay
from edged.lib.ids import IdMint
from edged.link import Message
from edged.types import Character, FrameId, ModelRef, Origin, Reading, ReadLine, Transcript
from tests.doubles.clock import START, FakeClock
from tests.doubles.fake_publisher import ACK, FakePublisher
from tests.doubles.memory_disk import in_memory
from tests.doubles.readings import make_outbox, reading

_WEEK = 7 * 86_400
_GROUP = 32
_ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
_MIB = 2**20


def reading_of_a_line(number: int, rng: random.Random, mint: IdMint) -> Reading:
    """What a date and lot printer makes: another file, another text, other confidences each time."""
    text = f"LOT {rng.choice(_ALPHABET)}{rng.randrange(10_000):04d} EXP 2027-{rng.randrange(1, 13):02d}"
    characters = tuple(
        Character(text=c, confidence=rng.uniform(0.9, 1), alternative=rng.choice(_ALPHABET), margin=rng.uniform(0.8, 1)) for c in text
    )
    when = START + dt.timedelta(seconds=number)
    line = ReadLine(
        transcript=Transcript(text=text, confidence=min(c.confidence for c in characters), characters=characters),
        raw=text,
        box=((0, 0), (320, 0), (320, 48), (0, 48)),
    )
    return reading(
        number,
        id=FrameId(mint.new_id(round(when.timestamp() * 1000), rng.randbytes(10))),
        captured_at=when,
        origin=Origin(
            name=f"cam1_{number:07d}.jpg",
            sha256=hashlib.sha256(b"%d" % number).hexdigest(),
            bytes=rng.randrange(10_000, 40_000),
            modified_at=when,
            width=320,
            height=48,
        ),
        text=text,
        confidence=line.transcript.confidence,
        lines=(line,),
        model=ModelRef(name="ppocrv2-crnn", precision="fp16", digest=hashlib.sha256(b"model").hexdigest()),
        config=hashlib.sha256(b"config").hexdigest(),
        timing_ms={"decode": rng.uniform(0.5, 3), "layout": rng.random(), "recognise": rng.uniform(5, 12), "total": rng.uniform(7, 20)},
    )


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def offline(folder: Path, seconds: int) -> dict[str, float]:
    """Commit one reading a second, then let the broker come back; what it cost."""
    rng, mint, clock = random.Random(1), IdMint(), FakeClock()
    outbox = make_outbox(folder, clock=clock)
    outbox.open()
    outbox.add([reading_of_a_line(n, rng, mint) for n in range(1, _GROUP + 1)])
    before, begun = resident(), time.monotonic()
    for start in range(_GROUP + 1, seconds + 1, _GROUP):
        outbox.add([reading_of_a_line(n, rng, mint) for n in range(start, min(start + _GROUP, seconds + 1))])
        clock.advance(_GROUP)
    committed, grown, size = time.monotonic() - begun, resident() - before, outbox.stats().bytes
    came = 0

    def taken(message: Message) -> str:
        nonlocal came
        if "/read/" in message.topic:
            came += 1
            assert json.loads(message.payload)["seq"] == came, "each once, in order"
        return ACK

    publisher = FakePublisher(answer=taken)
    relay = Relay(
        outbox,
        publisher,
        base="edged/line3",
        retained=lambda _: [Message(topic="edged/line3/status", payload=b"{}", retain=True)],
        retry_max_seconds=1,
        clock=clock,
        rng=rng,
    )
    begun = time.monotonic()
    while outbox.stats().pending:
        publisher.published.clear()
        if relay.step() > 0:
            clock.advance(0.5)
    drained, grown_more = time.monotonic() - begun, resident() - before
    stats = outbox.stats()
    assert (came, stats.readings, stats.sent + stats.pruned) == (seconds, seconds, seconds)
    outbox.close()
    return {
        "bytes a row": (size - WAL_BYTES) / seconds,
        "MiB": size / _MIB,
        "grown MiB": grown / _MIB,
        "grown after draining MiB": grown_more / _MIB,
        "committed a second": seconds / committed,
        "drained a second": seconds / drained,
    }


def test_hours_offline_fit_into_their_share(tmp_path: Path) -> None:
    """Six hours take no more than their share of 512 MB, hardly any memory, and leave in order."""
    with in_memory() as folder:
        cost = offline(folder, 20_000)
    print(cost)
    assert cost["bytes a row"] * _WEEK < 512e6
    assert cost["grown MiB"] < 10


@pytest.mark.soak
def test_a_week_offline_fits(tmp_path: Path) -> None:
    """604,800 readings on a real disk."""
    cost = offline(tmp_path, _WEEK)
    print(cost)
    assert cost["MiB"] * _MIB <= 512e6
    assert cost["grown MiB"] <= 10
