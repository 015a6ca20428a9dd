"""What subscribers get follows the published schemas."""

import datetime as dt
import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edged.flow.payload import encode_reading, encode_status, timestamp
from edged.types import Character, ModelRef, Origin, Outcome, Presence, Reading
from tests.doubles.readings import line, reading

CONFIG = Path(__file__).resolve().parents[3] / "config"


def schema(name: str) -> dict[str, Any]:
    """A schema of the config folder."""
    return json.loads((CONFIG / f"{name}.schema.json").read_text())


def encoded(given: Reading) -> dict[str, Any]:
    """The payload, checked against the schema."""
    content = json.loads(encode_reading(given, device="line3", seq=1234, epoch="0123456789abcdef"))
    jsonschema.validate(content, schema("reading"), cls=jsonschema.Draft202012Validator)
    return content


def status(**changes: Any) -> dict[str, Any]:
    """A status, checked against the schema."""
    given: dict[str, Any] = {
        "version": "0.1.0",
        "epoch": "0123456789abcdef",
        "boot_id": "b",
        "model": ModelRef(name="m", precision="int8", digest="d"),
        "config": "c",
        "health": "ok",
        "reasons": (),
        "clock_synced": None,
    }
    content = json.loads(encode_status(changes.pop("state", Presence.ONLINE), **(given | changes)))
    jsonschema.validate(content, schema("status"), cls=jsonschema.Draft202012Validator)
    return content


def test_the_schemas_are_schemas() -> None:
    """Both files are valid JSON Schema."""
    for name in ("reading", "status"):
        jsonschema.Draft202012Validator.check_schema(schema(name))


def test_a_reading_has_every_key_of_the_contract() -> None:
    """The keys, their order and their form are as published."""
    content = encoded(reading())
    assert list(content) == list(schema("reading")["required"])
    assert content["schema"] == "edged.reading/1"
    assert (content["seq"], content["epoch"], content["device"], content["source"]) == (1234, "0123456789abcdef", "line3", "inbox")
    assert content["captured_at"] == content["origin"]["modified_at"] == "2026-11-22T10:00:00.123Z"
    assert content["confidence"] == 0.9877
    assert content["timing_ms"] == {"decode": 1.2, "recognise": 3.1, "total": 5.5}
    assert content["fields"] == []
    assert content["part"] is content["trigger"] is content["verdict"] is None


def test_lines_carry_their_characters() -> None:
    """Who knows what may stand there needs the runner-up of each character."""
    (first,) = encoded(reading())["lines"]
    assert first["text"] == "LOT A17"
    assert first["box"] == [[0, 0], [100, 0], [100, 32], [0, 32]]
    assert first["characters"][0] == {"text": "L", "confidence": 0.9877, "alternative": "4", "margin": 0.97}


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_a_reading(outcome: Outcome) -> None:
    """Failures make readings too, with nothing read and nothing known of the file."""
    origin = Origin(name="b", sha256=None, bytes=None, modified_at=None)
    content = encoded(
        reading(outcome=outcome, reasons=("why",), text="", lines=(), confidence=0.0, model=None, origin=origin, clock_synced=None)
    )
    assert content["outcome"] == outcome
    assert content["reasons"] == ["why"]
    assert content["model"] is content["origin"]["sha256"] is content["clock_synced"] is None


def test_text_is_utf8_and_never_fails() -> None:
    """Chinese stays Chinese; half a surrogate pair, as file names bring it, becomes a question mark."""
    payload = encode_reading(reading(text="批号 A17", reasons=("bad \udcff name",)), device="d", seq=1, epoch="e")
    assert "批号 A17".encode() in payload
    assert json.loads(payload)["reasons"] == ["bad ? name"]


def test_numbers_that_are_none_are_nothing() -> None:
    """A model that gave no number gives no confidence, and the payload stays JSON."""
    strange = Character(text="x", confidence=math.nan, alternative="", margin=math.inf)
    good = line()
    bad = type(good)(transcript=type(good.transcript)(text="x", confidence=math.nan, characters=(strange,)), box=good.box)
    content = encoded(reading(lines=(bad,), confidence=math.nan))
    assert content["confidence"] == content["lines"][0]["confidence"] == content["lines"][0]["characters"][0]["margin"] == 0


def test_timestamps_are_utc() -> None:
    """A time of another zone is told in UTC, with milliseconds."""
    tokyo = dt.timezone(dt.timedelta(hours=9))
    assert timestamp(dt.datetime(2026, 1, 1, 9, 0, tzinfo=tokyo)) == "2026-01-01T00:00:00.000Z"


def test_a_status_has_every_key_of_the_contract() -> None:
    """Online, with health and reasons."""
    content = status(health="degraded", reasons=("broker away",))
    assert list(content) == list(schema("status")["required"])
    assert content["state"] == "online"
    assert content["health"] == {"state": "degraded", "reasons": ["broker away"]}
    assert content["model"]["precision"] == "int8"


@pytest.mark.parametrize("state", Presence)
def test_a_status_may_know_little(state: Presence) -> None:
    """The last will is told before a model was loaded."""
    assert status(state=state, model=None, boot_id=None)["state"] == state
