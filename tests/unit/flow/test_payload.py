"""What subscribers get follows the published schemas."""

import datetime as dt
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edged.flow.payload import encode_reading, encode_status, timestamp
from edged.link import Presence
from edged.types import Box, Character, FieldState, ModelRef, Origin, Outcome, ReadField, Reading
from tests.doubles.readings import line, reading

CONFIG = Path(__file__).resolve().parents[3] / "config"


def schema(name: str) -> dict[str, Any]:
    """A schema of the config folder."""
    return json.loads((CONFIG / f"{name}.schema.json").read_text())


def encoded(given: Reading) -> dict[str, Any]:
    """The payload, checked against the schema."""
    content = json.loads(encode_reading(given, device="line3", seq=1234, epoch="0123456789abcdef"))
    jsonschema.validate(content, closed(schema("reading")), cls=jsonschema.Draft202012Validator)
    return content


def closed(whole: dict[str, Any]) -> dict[str, Any]:
    """The schema that takes no key it does not know: subscribers ignore those, and we publish none."""
    if "properties" in whole:
        whole = {"additionalProperties": False, **whole}
    return {
        key: closed(value)
        if isinstance(value, dict)
        else [closed(one) if isinstance(one, dict) else one for one in value]
        if isinstance(value, list)
        else value
        for key, value in whole.items()
    }


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
    assert first["text"] == first["raw"] == "LOT A17"
    assert first["rules"] == []
    assert first["box"] == [[0, 0], [100, 0], [100, 32], [0, 32]]
    assert first["characters"][0] == {"text": "L", "confidence": 0.9877, "alternative": "4", "margin": 0.97}


@pytest.mark.parametrize("state", FieldState)
@pytest.mark.parametrize("box", [((0, 0), (9, 0), (9, 9), (0, 9)), None])
def test_a_field_has_every_key_of_the_contract(state: FieldState, box: Box | None) -> None:
    """The keys, their order and their form are as published, in each state and without a picture."""
    characters = tuple(Character(text=c, confidence=0.99, alternative="4", margin=0.97, others=(("4", 0.02),)) for c in "A17")
    field = ReadField(
        name="lot",
        text="A17",
        raw="AI7",
        confidence=0.99,
        state=state,
        verdict="pass",
        box=box,
        frames=1,
        agreement=1.0,
        characters=characters,
        rules=(r"pattern [A-Z]\d{2}: I -> 1",),
    )
    content = encoded(reading(fields=(field,), verdict="fail"))
    assert content["verdict"] == "fail"
    assert content["fields"] == [
        {
            "name": "lot", "text": "A17", "raw": "AI7", "expected": None, "confidence": 0.99, "state": str(state), "verdict": "pass",
            "box": [[0, 0], [9, 0], [9, 9], [0, 9]] if box else None, "frames": 1, "agreement": 1.0,
            "characters": [{"text": c, "confidence": 0.99, "alternative": "4", "margin": 0.97} for c in "A17"],
            "rules": [r"pattern [A-Z]\d{2}: I -> 1"],
        }
    ]  # fmt: skip
    assert list(content["fields"][0]) == list(schema("reading")["properties"]["fields"]["items"]["properties"])


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
    bad = replace(good, transcript=type(good.transcript)(text="x", confidence=math.nan, characters=(strange,)))
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
