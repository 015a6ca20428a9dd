"""What Home Assistant is told by device discovery: one device, a few entities for each source, one for each field. Pure.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload. A component keeps its id as long as device, source
and field keep their names; a full stop stands in no name, so two never have the same. A component that is no more is told
with nothing but its platform: that is how Home Assistant forgets it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edged import __version__
from edged.config import Config, ReadingSection
from edged.link import Message

Component = Mapping[str, Any]

_STATE: Final = 255  # characters of a state at most
_AVAILABLE: Final = "{{ 'online' if value_json.state == 'online' else 'offline' }}"
_PROBLEM: Final = "{{ 'ON' if value_json.outcome != 'ok' or value_json.verdict == 'fail' else 'OFF' }}"
_OF_READING: Final = ("id", "seq", "captured_at", "outcome", "reasons", "verdict", "confidence")
_OF_FIELD: Final = ("state", "confidence", "raw", "expected", "verdict")


def discovery_topic(config: Config) -> str:
    """Where the device is announced."""
    return f"{config.mqtt.home_assistant.prefix}/device/edged-{config.device}/config"


def components(config: Config) -> dict[str, Component]:
    """Every entity of the device, by an id that stays."""
    device = f"edged.{config.device}"
    found = {"health": _health(config.base)}
    for name, source in config.sources.items():
        found |= dict(_of_source(config.base, name, source))
    return {key: {"unique_id": f"{device}.{key}", **component} for key, component in found.items()}


def announcement(config: Config, gone: dict[str, str]) -> Message:
    """The device with all its components; of those that are *gone* only the platform is told.

    They come first, what went last before all: Home Assistant (2025.4) passes over what follows a component that it still sets up.
    """
    told: dict[str, Component] = {key: {"platform": platform} for key, platform in reversed(gone.items())}
    told |= components(config)
    content = {
        "device": {"identifiers": [f"edged-{config.device}"], "name": config.device, "manufacturer": "edged", "sw_version": __version__},
        "origin": {"name": "edged", "sw_version": __version__},
        "availability": [{"topic": f"{config.base}/status", "value_template": _AVAILABLE}],
        "qos": 1,
        "components": told,
    }
    return Message(topic=discovery_topic(config), payload=json.dumps(content, separators=(",", ":")).encode(), retain=True)


def _health(base: str) -> dict[str, Any]:
    return {
        "platform": "sensor",
        "name": "Health",
        "device_class": "enum",
        "options": ["ok", "degraded", "failing"],
        "entity_category": "diagnostic",
        "state_topic": f"{base}/status",
        "value_template": "{{ value_json.health.state }}",
        "json_attributes_topic": f"{base}/status",
        "json_attributes_template": "{{ {'reasons': value_json.health.reasons, 'model': value_json.model} | tojson }}",
    }


def _of_source(base: str, name: str, source: ReadingSection) -> Iterator[tuple[str, dict[str, Any]]]:
    read = f"{base}/read/{name}"
    yield f"read.{name}", _reading(read, name)
    yield f"problem.{name}", _problem(read, name)
    for field in source.fields:
        yield f"field.{name}.{field}", _field(f"{base}/field/{name}/{field}", read, name, field)
    if source.evidence.image != "none":
        yield f"image.{name}", {"platform": "image", "name": name, "image_topic": f"{base}/image/{name}", "content_type": "image/jpeg"}


def _reading(topic: str, name: str) -> dict[str, Any]:
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": topic,
        "value_template": f"{{{{ value_json.text[:{_STATE}] }}}}",
        "json_attributes_topic": topic,
        "json_attributes_template": _picked("value_json", _OF_READING),
    }


def _problem(topic: str, name: str) -> dict[str, Any]:
    return {
        "platform": "binary_sensor",
        "name": f"{name} problem",
        "device_class": "problem",
        "state_topic": topic,
        "value_template": _PROBLEM,
    }


def _field(topic: str, read: str, name: str, field: str) -> dict[str, Any]:
    mine = f"{{% set mine = value_json.fields | selectattr('name', 'eq', '{field}') | first | default({{}}) %}}"
    return {
        "platform": "sensor",
        "name": f"{name} {field}",
        "state_topic": topic,
        "value_template": f"{{{{ value[:{_STATE}] }}}}",
        "json_attributes_topic": read,
        "json_attributes_template": mine + _picked("mine", _OF_FIELD),
    }


def _picked(variable: str, keys: tuple[str, ...]) -> str:
    """A template of these keys alone: a whole reading is too much for a database of states."""
    pairs = ", ".join(f"'{key}': {variable}.{key} | default(none)" for key in keys)
    return f"{{{{ {{{pairs}}} | tojson }}}}"
