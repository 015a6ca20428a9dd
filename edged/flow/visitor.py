"""A visitor at the broker, for tools: one connection under a name of its own, answers are waited for.

The daemon publishes through `publish.py`; nothing here is shared with it but secrets, TLS and the meaning of codes.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edged.config import MqttSection
from edged.errors import TransientPublishError
from edged.flow import broker_access, link_faults, mqtt_codes
from edged.link import Fault

_STEP: Final = 0.1  # seconds that paho's loop may wait


class Heard(NamedTuple):
    """One message that came."""

    topic: str
    payload: bytes
    retained: bool
    at: float  # epoch seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What the broker's CONNACK says of its limits; the values of MQTT where it says nothing."""

    retains: bool
    qos: int
    packet_bytes: int | None  # None where it names no limit
    window: int


class Visitor:
    """A connection; use it with `with`. One thread."""

    def __init__(self, section: MqttSection, client_id: str, *, environ: Mapping[str, str] = os.environ) -> None:
        """Describe it; `with` connects.

        Raises:
            TransientPublishError: A password or certificate cannot be read.
        """
        self._section, self._broker = section, f"{section.host}:{section.port}"
        self._v5 = section.protocol == "5"
        self.greeting = Greeting(retains=True, qos=2, packet_bytes=None, window=65_535)
        self.heard: list[Heard] = []
        self.on_heard: Callable[[Heard], None] = self.heard.append
        self._refused: int | None = None
        self._answers: dict[int, int] = {}  # by message identifier: the code of a PUBACK or SUBACK
        self._greeted = False
        try:
            self._client = self._made(client_id, environ)
        except (OSError, ValueError) as error:
            raise _unreached(link_faults.secret_fault(error)) from error

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            TransientPublishError: There is no way to the broker, or it refuses us; message and hint say why.
        """
        section = self._section
        clean: Any = {"clean_start": True} if self._v5 else {}
        try:
            self._client.connect(section.host, section.port, section.keepalive_seconds, **clean)
        except (OSError, ValueError) as error:
            raise _unreached(link_faults.local_fault(error, self._broker)) from error
        if not self.until(lambda: self._greeted or self._refused is not None, section.connect_timeout_seconds):
            raise _unreached(link_faults.hung_up(self._broker, greeted=False))
        if self._refused is not None:
            raise _unreached(mqtt_codes.refused(self._refused, self._broker))
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye."""
        self._client.disconnect()
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    def subscribe(self, topic: str, seconds: float = 5.0) -> int | None:
        """The broker's code; None where no answer came."""
        _, mid = self._client.subscribe(topic, qos=1)
        return self._answer(mid, seconds)

    def publish(self, topic: str, payload: bytes, *, retain_seconds: int = 0, seconds: float = 5.0) -> int | None:
        """Publish at QoS 1; the broker's code, None where no answer came or it hung up.

        With *retain_seconds* the broker keeps it that long (MQTT 5 only).
        """
        properties: Any = None
        if retain_seconds:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho 2.2 has no types there
            properties.MessageExpiryInterval = retain_seconds
        info = self._client.publish(topic, payload, qos=1, retain=retain_seconds > 0, properties=properties)
        return self._answer(info.mid, seconds) if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def until(self, condition: Callable[[], object], seconds: float) -> bool:
        """Serve the connection until *condition* holds; False where it does not within the time, or the connection ended."""
        deadline = time.monotonic() + seconds
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0 or self._client.loop(min(left, _STEP)) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return bool(condition())
        return True

    def _answer(self, mid: int | None, seconds: float) -> int | None:
        self.until(lambda: mid in self._answers, seconds)
        return self._answers.pop(mid, None) if mid is not None else None

    def _made(self, client_id: str, environ: Mapping[str, str]) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if self._v5 else True,
            protocol=MQTTProtocolVersion.MQTTv5 if self._v5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = self._section.connect_timeout_seconds
        if self._section.username is not None:
            client.username_pw_set(self._section.username, broker_access.password(self._section, environ))
        if self._section.tls is not None:
            client.tls_set_context(broker_access.tls_context(self._section.tls))
        client.on_connect, client.on_message = self._on_connect, self._on_message
        client.on_publish = lambda _c, _d, mid, reason, _p: self._note(mid, reason)
        client.on_subscribe = lambda _c, _d, mid, reasons, _p: self._note(mid, reasons[0])
        return client

    def _note(self, mid: int, reason: ReasonCode) -> None:
        self._answers[mid] = reason.value

    def _on_connect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            self._refused = reason.value
            return
        self.greeting = Greeting(
            retains=bool(getattr(properties, "RetainAvailable", 1)),
            qos=int(getattr(properties, "MaximumQoS", 2)),
            packet_bytes=getattr(properties, "MaximumPacketSize", None),
            window=int(getattr(properties, "ReceiveMaximum", 65_535)),
        )
        self._greeted = True

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.on_heard(Heard(message.topic, bytes(message.payload), bool(message.retain), time.time()))


def meaning(code: int, topic: str) -> Fault:
    """What a code of 0x80 or more says."""
    return mqtt_codes.not_taken(code, topic)


def _unreached(fault: Fault) -> TransientPublishError:
    return TransientPublishError(fault.message, hint=fault.hint)
