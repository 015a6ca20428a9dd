"""What a payload proves of itself, without being read to its end."""

import json
from typing import Any

import pytest

from edged.flow.outbox import proof
from edged.flow.outbox.proof import Proof, prove
from edged.flow.outbox.seal import seal
from edged.flow.payload import encode_reading
from edged.types import Origin, Outcome, SourceName
from tests.doubles.readings import frame_id, reading


def stored(seq: int = 7, **changes: Any) -> bytes:
    """A payload as the outbox has it."""
    given = reading(seq, **changes)
    return seal(encode_reading(given, device="line3", seq=seq, epoch="0123456789abcdef"), seq=seq, id=given.id, source=given.source)


def row(reasons: str = "[]", **changes: Any) -> Proof:
    told = {"seq": 7, "id": frame_id(7), "source": SourceName("inbox"), "outcome": "ok", "reasons": reasons, "epoch": "0123456789abcdef"}
    return Proof(**(told | changes))


REASONS = ('no line: "],"verdict":', "zu hell: 7 [°]")
NAME = Origin(name=',"outcome":"failed","reasons":[],"verdict":', sha256=None, bytes=1, modified_at=None)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (stored(), row()),
        (stored(source=SourceName("缺")), row(source="缺")),
        (stored(outcome=Outcome.UNSURE, reasons=REASONS), row(json.dumps(REASONS), outcome="unsure")),
        (stored(origin=NAME), row()),
        (stored(origin=Origin(name="é" * 500, sha256=None, bytes=1, modified_at=None)), row()),
    ],
    ids=["plain", "no ASCII", "reasons", "a name that looks like a key", "a name that hides the rest"],
)
def test_it_tells_its_row(payload: bytes, expected: Proof) -> None:
    """As the row has it, whatever names and reasons hold."""
    assert prove(payload) == expected


def test_most_are_known_by_their_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """A salvage of hundreds of thousands does not read them all: a new key in the payload must not change that."""
    monkeypatch.setattr(proof, "_read", None)
    assert prove(stored()) == row()


def test_what_lies_behind_the_beginning_counts_as_well() -> None:
    """The checksum covers what is not looked at: a bit that flips anywhere leaves no proof."""
    payload = stored()
    for at in range(len(payload)):
        assert prove(payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]) is None
    assert prove(payload[:-1]) is None


def test_without_a_checksum_only_the_whole_proves_itself() -> None:
    """A payload of the first schema is JSON: one that was cut is none."""
    old = encode_reading(reading(7), device="line3", seq=7, epoch="0123456789abcdef")
    assert prove(old) == row()
    assert prove(old[:-1]) is None
