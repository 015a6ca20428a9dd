"""The broker, through paho: this file and `wire.py` are the only ones that import it.

paho is used for the protocol alone. Each connection is a new client in a thread of ours, so that nothing
stays queued inside, no message identifier outlives its connection, and paho never reconnects on its own.
That thread ends with exactly one `Lost`, whatever happens in it.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edged.config import MqttSection
from edged.errors import TransientPublishError
from edged.flow import link_faults, mqtt_codes
from edged.flow.wire import Client, Wire, certificate_until, received
from edged.link import INBOUND_BYTES, Connected, Fault, LinkEvent, Lost, Message, Receipt, Subscribed

log = logging.getLogger(__name__)

WINDOW = 20  # unacknowledged messages at most; the broker may ask for fewer
_LOOK_SECONDS = 1.0  # how often the thread looks at its deadlines while nothing happens

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

    def connect(self, will: Message, handover: Handover, topics: Sequence[str] = ()) -> None:
        """Begin to connect; see `Publisher.connect`."""
        afresh = self._connection is not None and self._connection.leaves_behind
        wire = Wire(self._section, self._client_id, will, self._will_delay, self._environ, afresh=afresh)
        self._connection = _Connection(self._section, wire, handover, topics, leaves_behind=afresh)
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

    def __init__(self, section: MqttSection, wire: Wire, handover: Handover, topics: Sequence[str], *, leaves_behind: bool) -> None:
        # What the broker keeps for us has a message that we do not take: it would come again with each connection.
        self.leaves_behind = leaves_behind
        self._wire, self._handover, self._topics = wire, handover, topics
        self._timeout = section.connect_timeout_seconds
        self._broker = f"{section.host}:{section.port}"
        self._client: Client | None = None  # set while it may be used
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
        client.on_subscribe, client.on_message = self._on_subscribe, self._on_message
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

    def _loop(self, client: Client) -> None:
        deadline = time.monotonic() + self._timeout
        while not self._ending.is_set():
            served = client.loop(_LOOK_SECONDS)
            if client.refuses:
                self.leaves_behind = True
                self._fault = self._fault or link_faults.too_much(self._broker, INBOUND_BYTES)
            if served != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return
            if not self._greeted and time.monotonic() > deadline:
                self._fault = self._fault or link_faults.no_greeting(self._broker, self._timeout)
                return

    # paho calls these in the thread. None of them may raise, and each only notes or hands over.

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            self._fault = mqtt_codes.refused(reason.value, self._broker)
        elif getattr(properties, "MaximumQoS", 1) < 1:
            self._fault = mqtt_codes.refused(mqtt_codes.QOS_NOT_SUPPORTED, self._broker)
        else:
            self._greeted, self.leaves_behind = True, False
            self._wire.greeted(properties)
            window = min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW))
            self._handover(Connected(window=window, certificate_until=certificate_until(client)))
            if self._topics:
                self._wire.subscribe(client, self._topics)
            return
        self._ending.set()

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        self._handover(Receipt(ticket=mid, code=reason.value))

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, reasons: Sequence[ReasonCode], _properties: Any) -> None:
        answers = zip(self._topics, reasons, strict=False)
        self._handover(Subscribed(refused=tuple(mqtt_codes.not_heard(code.value, topic) for topic, code in answers if code.is_failure)))

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if self._client is not None and self._client.cut:
            fault = link_faults.retained_too_much(message.topic, INBOUND_BYTES)
            log.warning("message dropped", extra={"fault": fault.name, "detail": fault.message, "hint": fault.hint})
        else:
            self._handover(received(message))

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, flags: mqtt.DisconnectFlags, reason: ReasonCode, _properties: Any) -> None:
        if self._fault is not None:
            return
        if flags.is_disconnect_packet_from_server and reason.value:
            self._fault = mqtt_codes.ended(reason.value, self._broker)
        elif reason.value == mqtt_codes.KEEP_ALIVE_TIMEOUT:
            self._fault = link_faults.silence(self._broker)


def _close(client: mqtt.Client) -> None:
    """Close the socket now; paho's own pair goes with the client."""
    sock = client.socket()
    if sock is not None:
        sock.close()
