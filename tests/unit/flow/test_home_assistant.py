"""What Home Assistant is told, against its documented schema and with the templates rendered as it does."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edged.config import Config
from edged.flow.home_assistant import announcement, components, discovery_topic
from edged.flow.payload import encode_reading, encode_status
from edged.link import Presence
from edged.types import FieldState, Outcome, ReadField, Reading
from tests.doubles.home_assistant import LONGEST_STATE, check, rendered
from tests.doubles.readings import reading

LOT = ReadField(
    name="lot", text="A17", raw="AI7", confidence=0.9, state=FieldState.READ, box=None, frames=1, agreement=1.0, characters=(), rules=()
)


def config(**changes: Any) -> Config:
    inbox = {"kind": "folder", "path": Path("/srv/inbox"), "fields": {"lot": {}}}
    content = {"version": 1, "device": "line3", "mqtt": {"home_assistant": {"enabled": True}}, "sources": {"inbox": inbox}}
    return Config.model_validate(content | changes)


def told(made: Config, gone: dict[str, str] | None = None) -> dict[str, Any]:
    """The announcement, checked."""
    return check(announcement(made, gone or {}).payload)


def state(made: Config, key: str, given: Reading) -> tuple[str, dict[str, Any]]:
    """What an entity of the source shows of a reading."""
    component = components(made)[key]
    payload = encode_reading(given, device="line3", seq=1, epoch="e")
    shown = payload if component["state_topic"].startswith("edged/line3/read/") else given.fields[0].text.encode()
    attributes = rendered(component["json_attributes_template"], payload) if "json_attributes_template" in component else "{}"
    return rendered(component["value_template"], shown), json.loads(attributes)


def test_it_is_what_the_documentation_allows() -> None:
    """Folders and cameras, with fields, pictures and names of all allowed characters; retained, on the topic of the device."""
    camera = {"kind": "camera", "url": "rtsp://10.0.0.2/1", "layout": "regions", "evidence": {"image": "all"}}
    gate = camera | {"fields": {"lot-2_x": {"box": [0, 0, 9, 9]}, "date": {"box": [0, 0, 9, 9]}}}
    inbox = {"kind": "folder", "path": Path("/srv/inbox")}
    made = config(device="line-3_b", sources={"gate_1": gate, "inbox": inbox})
    content = told(made, {"field.inbox.old": "sensor"})
    assert [*content["components"]] == [
        "field.inbox.old", "health", "read.gate_1", "problem.gate_1", "field.gate_1.lot-2_x", "field.gate_1.date", "image.gate_1",
        "read.inbox", "problem.inbox",
    ]  # fmt: skip
    message = announcement(made, {})
    assert (message.topic, message.retain) == ("homeassistant/device/edged-line-3_b/config", True)


def test_a_message_that_is_not_documented_is_seen() -> None:
    """So that the test above means something."""
    content = told(config())
    for spoilt in (
        content | {"unknown": 1},
        content | {"device": {"name": "line3"}},
        content | {"components": {"a": {"platform": "sensor", "state_topic": "t"}}},
        content | {"components": {"a": {"platform": "sensor", "unique_id": "a", "state_topic": "t", "object": 1}}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            check(json.dumps(spoilt).encode())


def test_names_that_look_alike_when_joined_are_told_apart() -> None:
    """Source a_b with field c is not source a with field b_c."""
    sources = {
        name: {"kind": "folder", "path": Path(f"/srv/{name}"), "fields": {field: {}}}
        for name, field in {"a_b": "c", "a": "b_c", "read": "problem", "problem": "read"}.items()
    }
    made = components(config(sources=sources))
    assert len({one["unique_id"] for one in made.values()}) == len(made) == 1 + 4 * 3


def test_the_ids_stay_whatever_else_changes() -> None:
    """Home Assistant keeps names, rooms and history by them."""
    before, after = components(config()), components(config(mqtt={"base": "plant/7"}, models_dir=Path("/m")))
    assert {key: one["unique_id"] for key, one in before.items()} == {key: one["unique_id"] for key, one in after.items()}
    assert before["field.inbox.lot"]["unique_id"] == "edged.line3.field.inbox.lot"
    assert discovery_topic(config(mqtt={"home_assistant": {"prefix": "ha/x"}})) == "ha/x/device/edged-line3/config"


def test_a_reading_shows_its_text_and_what_belongs_to_it() -> None:
    """Long texts are cut where a state ends, quotes and Chinese are no trouble, and nothing is shown as a list of characters."""
    made = config()
    text = '批号 "A17"\n' + "x" * 300
    shown, attributes = state(made, "read.inbox", reading(text=text, outcome=Outcome.UNSURE, reasons=("confidence 0.5 < 0.8",)))
    assert shown == text[:LONGEST_STATE]
    assert attributes["reasons"] == ["confidence 0.5 < 0.8"]
    assert (attributes["outcome"], attributes["verdict"], attributes["seq"]) == ("unsure", None, 1)
    assert "lines" not in attributes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "OFF"),
        ({"outcome": Outcome.UNSURE}, "ON"),
        ({"outcome": Outcome.FAILED}, "ON"),
        ({"verdict": "fail"}, "ON"),
        ({"verdict": "pass"}, "OFF"),
    ],
)
def test_whatever_is_not_well_is_a_problem(changes: dict[str, Any], expected: str) -> None:
    """One look at a line."""
    assert state(config(), "problem.inbox", reading(**changes))[0] == expected


def test_a_field_shows_its_text_and_its_state() -> None:
    """A reading of before, without that field, is no error."""
    shown, attributes = state(config(), "field.inbox.lot", reading(fields=(replace(LOT, text="y" * 300),)))
    assert shown == "y" * LONGEST_STATE
    assert attributes == {"state": "read", "confidence": 0.9, "raw": "AI7", "expected": None, "verdict": None}
    template = components(config())["field.inbox.lot"]["json_attributes_template"]
    assert set(json.loads(rendered(template, b'{"fields": []}')).values()) == {None}


def test_it_is_available_while_the_daemon_says_so() -> None:
    """Stopping is not available any more; health is told only while it is."""
    (available,) = told(config())["availability"]

    def status(presence: Presence) -> bytes:
        return encode_status(
            presence, version="1", epoch="e", boot_id=None, model=None, config="c", health="degraded", reasons=["r"], clock_synced=True
        )

    assert [rendered(available["value_template"], status(one)) for one in Presence] == ["online", "offline", "offline"]
    health = components(config())["health"]
    assert rendered(health["value_template"], status(Presence.ONLINE)) == "degraded"
    assert json.loads(rendered(health["json_attributes_template"], status(Presence.ONLINE))) == {"reasons": ["r"], "model": None}
