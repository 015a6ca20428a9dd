"""A small Home Assistant: device discovery and states as its documentation says, through a real broker.

A component of a message is added or updated; one with nothing but its platform is removed; one that is left out stays. An
empty message removes all that came by its topic. Whatever the documented schema does not allow is refused, and so is what a
state cannot be.
"""

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import paho.mqtt.client as mqtt
from jinja2.sandbox import ImmutableSandboxedEnvironment
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.doubles.wait import until

SCHEMA = json.loads(Path(__file__).with_suffix(".schema.json").read_text(encoding="utf8"))
LONGEST_STATE = 255
_TEMPLATES = ImmutableSandboxedEnvironment(autoescape=False)


def check(message: bytes) -> dict[str, Any]:
    """A discovery message, if the documented schema allows it.

    Raises:
        jsonschema.ValidationError: It does not.
    """
    content: dict[str, Any] = json.loads(message)
    jsonschema.Draft202012Validator(SCHEMA).validate(content)
    return content


def rendered(template: str | None, payload: bytes) -> str:
    """What a template makes of a message; its text where there is none."""
    text = payload.decode()
    if template is None:
        return text
    variables: dict[str, Any] = {"value": text}
    with contextlib.suppress(ValueError):
        variables["value_json"] = json.loads(text)
    return _TEMPLATES.from_string(template).render(variables)


@dataclass
class Entity:
    """One that Home Assistant shows."""

    topic: str  # of its discovery
    config: dict[str, Any]
    available: bool = False
    state: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    image: bytes | None = None

    def hear(self, topic: str, payload: bytes) -> str | None:
        """Take a message; the reason why it cannot."""
        for available in self.config.get("availability", ()):
            if available["topic"] == topic:
                self.available = rendered(available.get("value_template"), payload) == available.get("payload_available", "online")
        if self.config.get("image_topic") == topic:
            self.image = payload
        if self.config.get("json_attributes_topic") == topic:
            self.attributes = json.loads(rendered(self.config.get("json_attributes_template"), payload))
        if self.config.get("state_topic") == topic:
            return self._take(rendered(self.config.get("value_template"), payload))
        return None

    def _take(self, state: str) -> str | None:
        if len(state) > LONGEST_STATE:
            return f"a state of {len(state)} characters"
        if "options" in self.config and state not in self.config["options"]:
            return f"{state} is none of {self.config['options']}"
        if self.config["platform"] == "binary_sensor" and state not in ("ON", "OFF"):
            return f"{state} is neither ON nor OFF"
        self.state = state
        return None


class HomeAssistant:
    """Connected, and knows nothing before somebody tells it."""

    def __init__(self, port: int, prefix: str = "homeassistant") -> None:
        self.entities: dict[str, Entity] = {}  # by unique id
        self.refused: list[str] = []
        self.announcements: list[bytes] = []
        self._known: dict[tuple[str, str], str] = {}  # unique id, by discovery topic and id of the component
        self._prefix = prefix
        self._retained: dict[str, bytes] = {}  # for an entity that comes after its topic's last message
        self._subscribed = threading.Event()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        client.on_connect = lambda c, *_: c.subscribe("#", qos=1)
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_message = lambda _c, _d, message: self._hear(message.topic, message.payload, retained=message.retain)
        client.connect("127.0.0.1", port)
        client.loop_start()
        self._client = client
        assert self._subscribed.wait(60)

    def comes_online(self) -> None:
        """Say so, as it does at each start."""
        self._client.publish("homeassistant/status", b"online", qos=1)

    def until(self, predicate: Callable[["HomeAssistant"], object]) -> None:
        """Wait for what *predicate* wants; nothing may have been refused."""
        until(lambda: self.refused or predicate(self), 60, f"{sorted(self.entities)} {self.refused}")
        assert self.refused == []

    def names(self, platform: str | None = None) -> set[str]:
        """What its entities are called."""
        return {one.config["name"] for one in list(self.entities.values()) if platform in (None, one.config["platform"])}

    def close(self) -> None:
        """Leave, and let go of the sockets."""
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_subscribe = self._client.on_message = None

    def _hear(self, topic: str, payload: bytes, *, retained: bool) -> None:
        try:
            if topic.startswith(f"{self._prefix}/device/") and topic.endswith("/config"):
                self.announcements.append(payload)
                self._discover(topic, payload)
            else:
                if retained:
                    self._retained[topic] = payload
                self._told(topic, payload)
        except Exception as error:  # noqa: BLE001 - kept for the test
            self.refused.append(f"{topic}: {type(error).__name__}: {error}")

    def _discover(self, topic: str, payload: bytes) -> None:
        if not payload:
            for of_topic, key in list(self._known):
                if of_topic == topic:
                    self._remove(topic, key)
            return
        content = check(payload)
        shared = {key: content[key] for key in ("availability", "state_topic", "qos", "encoding") if key in content}
        for key, component in content["components"].items():
            if len(component) == 1:
                self._remove(topic, key)
            else:
                self._show(topic, key, shared | component)

    def _show(self, topic: str, key: str, config: dict[str, Any]) -> None:
        unique_id = config["unique_id"]
        known = self.entities.get(unique_id)
        if known is not None and self._known.get((topic, key)) != unique_id:
            raise ValueError(f"the unique id {unique_id} is taken")
        entity = self.entities.setdefault(unique_id, Entity(topic, config))
        entity.config = config
        self._known[topic, key] = unique_id
        for other, payload in list(self._retained.items()):
            self._tell(entity, other, payload)

    def _remove(self, topic: str, key: str) -> None:
        self.entities.pop(self._known.pop((topic, key), ""), None)

    def _told(self, topic: str, payload: bytes) -> None:
        for entity in list(self.entities.values()):
            self._tell(entity, topic, payload)

    def _tell(self, entity: Entity, topic: str, payload: bytes) -> None:
        reason = entity.hear(topic, payload)
        if reason:
            self.refused.append(f"{topic}: {reason}")
