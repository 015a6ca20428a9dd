"""The broker, through paho: the only file that imports it.

paho is used for the protocol alone. Each connection is a new client in a thread of ours, so that nothing
stays queued inside, no message identifier outlives its connection, and paho never reconnects on its own.
That thread ends with exactly one `Lost`, whatever happens in it.
"""

import copy
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edged.config import MqttSection
from edged.errors import PermanentPublishError, TransientPublishError
from edged.flow import broker_access, link_faults, mqtt_codes
from edged.types import Connected, Fault, LinkEvent, Lost, Message, Receipt

WINDOW = 20  # unacknowledged messages at most; the broker may ask for fewer
_LOOK_SECONDS = 1.0  # how often the thread looks at its deadlines while nothing happens
_SESSION_SECONDS = 60  # longer than the will waits: coming back within the wait cancels the will
_HEADER_BYTES = 9  # at most: fixed header 5, length of the topic 2, packet identifier 2

Handover = Callable[[LinkEvent], None]


class MqttPublisher:
    """A `Publisher` for MQTT 5 and 3.1.1."""

    def __init__(
        self, section: MqttSection, client_id: str, *, will_delay_seconds: int = 5, environ: Mapping[str, str] = os.environ
    ) -> None:
        """Describe the broker; nothing is read or opened before `connect`."""
        self._section, self._client_id = section, client_id
        self._will_delay, self._environ = will_delay_seconds, environ
        self._connection: _Connection | None = None

    def connect(self, will: Message, handover: Handover) -> None:
        """Begin to connect; see `Publisher.connect`."""
        wire = _Wire(self._section, self._client_id, will, self._will_delay, self._environ)
        self._connection = _Connection(self._section, wire, handover)
        self._connection.start()

    def publish(self, message: Message) -> int:
        """Send at QoS 1; see `Publisher.publish`."""
        if self._connection is None:
            text = f"{message.topic}: not connected"
            raise TransientPublishError(text)
        return self._connection.publish(message)

    def drop(self) -> None:
        """End the connection without a goodbye."""
        if self._connection is not None:
            self._connection.end()

    def close(self, timeout: float) -> None:
        """Say goodbye and wait for the end."""
        if self._connection is not None:
            self._connection.goodbye(timeout)


class _Connection:
    """One client, one socket, one thread, from CONNECT to the end."""

    def __init__(self, section: MqttSection, wire: "_Wire", handover: Handover) -> None:
        self._wire, self._handover = wire, handover
        self._timeout = section.connect_timeout_seconds
        self._broker = f"{section.host}:{section.port}"
        self._client: mqtt.Client | None = None  # set while it may be used
        self._ending = threading.Event()
        self._fault: Fault | None = None  # what the broker said, or how we ended it
        self._greeted = False
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Connect, in the thread."""
        self._thread.start()

    def publish(self, message: Message) -> int:
        """Queue a message; the thread writes it at once."""
        client = self._client
        if client is None:
            text = f"{message.topic}: not connected"
            raise TransientPublishError(text)
        return self._wire.publish(client, message)

    def end(self) -> None:
        """End within a second, without a goodbye."""
        self._ending.set()

    def goodbye(self, timeout: float) -> None:
        """Send DISCONNECT and wait for the end; a thread that still resolves a name is left to itself."""
        self._fault = link_faults.CLOSED
        client = self._client
        if client is None or client.disconnect() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._ending.set()
        self._thread.join(timeout)
        self._ending.set()

    def _run(self) -> None:
        fault = link_faults.INTERNAL  # stands if paho raises; the traceback goes to threading.excepthook
        try:
            fault = self._converse()
        finally:
            self._handover(Lost(fault=fault))

    def _converse(self) -> Fault:
        try:
            client = self._wire.client()
        except (OSError, ValueError) as error:
            return link_faults.secret_fault(error)
        client.on_connect, client.on_publish, client.on_disconnect = self._on_connect, self._on_publish, self._on_disconnect
        try:
            try:
                self._wire.open(client)
            except (OSError, ValueError) as error:
                return link_faults.local_fault(error, self._broker)
            self._client = client
            self._loop(client)
        finally:
            self._client = None
            _close(client)
        return self._fault or link_faults.hung_up(self._broker, greeted=self._greeted)

    def _loop(self, client: mqtt.Client) -> None:
        deadline = time.monotonic() + self._timeout
        while not self._ending.is_set():
            if client.loop(_LOOK_SECONDS) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return
            if not self._greeted and time.monotonic() > deadline:
                self._fault = self._fault or link_faults.no_greeting(self._broker, self._timeout)
                return

    # paho calls these in the thread. None of them may raise, and each only notes or hands over.

    def _on_connect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            self._fault = mqtt_codes.refused(reason.value, self._broker)
        elif getattr(properties, "MaximumQoS", 1) < 1:
            self._fault = mqtt_codes.refused(mqtt_codes.QOS_NOT_SUPPORTED, self._broker)
        else:
            self._greeted = True
            self._wire.greeted(properties)
            self._handover(Connected(window=min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW))))
            return
        self._ending.set()

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        self._handover(Receipt(ticket=mid, code=reason.value))

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, flags: mqtt.DisconnectFlags, reason: ReasonCode, _properties: Any) -> None:
        if self._fault is not None:
            return
        if flags.is_disconnect_packet_from_server and reason.value:
            self._fault = mqtt_codes.ended(reason.value, self._broker)
        elif reason.value == mqtt_codes.KEEP_ALIVE_TIMEOUT:
            self._fault = link_faults.silence(self._broker)


class _Wire:
    """How our messages look to paho, in the protocol that is configured and within the broker's limits."""

    def __init__(self, section: MqttSection, client_id: str, will: Message, will_delay: int, environ: Mapping[str, str]) -> None:
        self._section, self._client_id, self._will = section, client_id, will
        self._will_delay, self._environ = will_delay, environ
        self._v5 = section.protocol == "5"
        self._content = _content(PacketTypes.PUBLISH)
        self._retains = True
        self._packet_bytes: int | None = None

    def client(self) -> mqtt.Client:
        """A new client that knows who we are; reads the secrets.

        Raises:
            OSError: A file cannot be read or used.
            ValueError: A credential is missing.
        """
        section = self._section
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=None if self._v5 else True,
            protocol=MQTTProtocolVersion.MQTTv5 if self._v5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = section.connect_timeout_seconds
        if section.username is not None:
            client.username_pw_set(section.username, broker_access.password(section, self._environ))
        if section.tls is not None:
            client.tls_set_context(broker_access.tls_context(section.tls))
        client.on_socket_open = _no_delay
        client.on_socket_register_write = _leave_it_to_the_loop
        return client

    def open(self, client: mqtt.Client) -> None:
        """Open the socket and queue CONNECT; waits for TCP and TLS.

        Raises:
            OSError: There is no way to the broker.
            ValueError: The host is not one.
        """
        section, will = self._section, self._will
        if not self._v5:
            client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
            client.connect(section.host, section.port, section.keepalive_seconds)
            return
        properties = _content(PacketTypes.WILLMESSAGE)
        properties.WillDelayInterval = self._will_delay
        client.will_set(will.topic, will.payload, qos=1, retain=will.retain, properties=properties)
        properties = _properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = _SESSION_SECONDS
        # Starting clean would end the old session, and with it publish the will that is still waiting.
        client.connect(section.host, section.port, section.keepalive_seconds, clean_start=False, properties=properties)

    def greeted(self, properties: Properties | None) -> None:
        """Note the limits of the broker's CONNACK."""
        self._retains = bool(getattr(properties, "RetainAvailable", 1))
        self._packet_bytes = getattr(properties, "MaximumPacketSize", None)

    def publish(self, client: mqtt.Client, message: Message) -> int:
        """Queue one message at QoS 1; see `Publisher.publish`."""
        properties = None
        if self._v5:
            properties = copy.copy(self._content)  # making one costs more than all else about a message
            if message.properties:
                properties.UserProperty = list(message.properties)
        self._check_size(message, properties)
        info = client.publish(message.topic, message.payload, qos=1, retain=message.retain and self._retains, properties=properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            text = f"{message.topic}: {mqtt.error_string(info.rc)}"
            raise TransientPublishError(text)
        return info.mid

    def _check_size(self, message: Message, properties: Properties | None) -> None:
        if self._packet_bytes is None:
            return
        size = _HEADER_BYTES + len(message.topic.encode()) + len(message.payload) + _packed_bytes(properties)
        if size > self._packet_bytes:
            fault = mqtt_codes.not_taken(mqtt_codes.PACKET_TOO_LARGE, message.topic)
            text = f"{fault.message}: {size} bytes, its limit is {self._packet_bytes}"
            raise PermanentPublishError(text, hint=fault.hint)


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho 2.2 has no types there


def _packed_bytes(properties: Properties | None) -> int:
    return len(properties.pack()) if properties else 0  # type: ignore[no-untyped-call]  # nor there


def _content(packet: int) -> Properties:
    properties = _properties(packet)
    properties.PayloadFormatIndicator = 1
    properties.ContentType = "application/json"
    return properties


def _no_delay(_client: mqtt.Client, _data: Any, sock: Any) -> None:
    with suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _leave_it_to_the_loop(_client: mqtt.Client, _data: Any, _sock: Any) -> None:
    """Its presence keeps `publish` from writing in the caller's thread; the loop is woken and writes."""


def _close(client: mqtt.Client) -> None:
    """Close the socket now; paho's own pair goes with the client."""
    sock = client.socket()
    if sock is not None:
        sock.close()
