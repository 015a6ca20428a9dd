"""How our messages look to paho: packets and properties, in the protocol that is configured and within the broker's limits."""

import copy
import datetime as dt
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edged.config import MqttSection
from edged.errors import PermanentPublishError, TransientPublishError
from edged.flow import broker_access, mqtt_codes
from edged.link import INBOUND_BYTES, Message, Received

_SESSION_SECONDS = 60  # longer than the will waits: coming back within the wait cancels the will
_ACK_SESSION_SECONDS = 7 * 86_400  # with app_ack: the broker keeps confirmations while we are away
_INBOUND_WINDOW = 20  # messages to us that are not acknowledged yet; MQTT 5 only
_JSON = "application/json"
_RETAINED = 0x31  # first byte of a PUBLISH that was retained, but for its QoS
_PIECE_BYTES = 2**17  # more than a topic and its properties take
_HEADER_BYTES = 9  # at most: fixed header 5, length of the topic 2, packet identifier 2


class Client(mqtt.Client):
    """paho, with an end to what may come in: only MQTT 5 lets us tell the broker beforehand.

    By itself it reads a packet of any size, 30 MB in one call of `loop`. `_sock_recv` is asked for all that is
    missing of a packet as soon as its length is known.
    """

    refuses = False  # a packet that we do not take ended the connection

    @property
    def cut(self) -> bool:
        """Whether the message that is handed over now is only the beginning of one that we do not take."""
        return self._in_packet["remaining_length"] > INBOUND_BYTES

    def _sock_recv(self, bufsize: int) -> bytes:
        if self.cut and bufsize > 1:  # the length itself is read byte by byte
            if self._in_packet["command"] & 0xF1 != _RETAINED:
                self.refuses = True
                raise ConnectionAbortedError
            # A retained one would come again with each connection: it is read in pieces that are thrown away.
            del self._in_packet["packet"][_PIECE_BYTES:]
            bufsize = min(bufsize, _PIECE_BYTES)
        return super()._sock_recv(bufsize)


class Wire:
    """How our messages look to paho, in the protocol that is configured and within the broker's limits."""

    def __init__(
        self, section: MqttSection, client_id: str, will: Message, will_delay: int, environ: Mapping[str, str], *, afresh: bool = False
    ) -> None:
        """Describe a connection; *afresh* leaves behind what the broker keeps for us."""
        self._section, self._client_id, self._will = section, client_id, will
        self._will_delay, self._environ, self._afresh = will_delay, environ, afresh
        self._v5 = section.protocol == "5"
        self._content = _content(PacketTypes.PUBLISH)
        self._retains = True
        self._packet_bytes: int | None = None

    def client(self) -> Client:
        """A new client that knows who we are; reads the secrets.

        Raises:
            OSError: A file cannot be read or used.
            ValueError: A credential is missing.
        """
        section = self._section
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=None if self._v5 else self._afresh or not section.app_ack,
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
        properties.SessionExpiryInterval = _ACK_SESSION_SECONDS if section.app_ack else _SESSION_SECONDS
        properties.MaximumPacketSize = INBOUND_BYTES
        properties.ReceiveMaximum = _INBOUND_WINDOW
        # Starting clean ends the old session, and with it publishes the will that is still waiting.
        client.connect(section.host, section.port, section.keepalive_seconds, clean_start=self._afresh, properties=properties)

    def greeted(self, properties: Properties | None) -> None:
        """Note the limits of the broker's CONNACK."""
        self._retains = bool(getattr(properties, "RetainAvailable", 1))
        self._packet_bytes = getattr(properties, "MaximumPacketSize", None)

    def publish(self, client: mqtt.Client, message: Message) -> int:
        """Queue one message at QoS 1; see `Publisher.publish`."""
        properties = None
        if self._v5:
            properties = copy.copy(self._content)  # making one costs more than all else about a message
            _describe(properties, message)
        self._check_size(message, properties)
        info = client.publish(message.topic, message.payload, qos=1, retain=message.retain and self._retains, properties=properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            text = f"{message.topic}: {mqtt.error_string(info.rc)}"
            raise TransientPublishError(text)
        return info.mid

    def subscribe(self, client: mqtt.Client, topics: Sequence[str]) -> None:
        """Ask for messages to us; a retained one comes only with the first subscription of a session."""
        if self._v5:
            options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
            client.subscribe([(topic, options) for topic in topics])
        else:
            client.subscribe([(topic, 1) for topic in topics])

    def _check_size(self, message: Message, properties: Properties | None) -> None:
        if self._packet_bytes is None:
            return
        size = _HEADER_BYTES + len(message.topic.encode()) + len(message.payload) + _packed_bytes(properties)
        if size > self._packet_bytes:
            fault = mqtt_codes.not_taken(mqtt_codes.PACKET_TOO_LARGE, message.topic)
            text = f"{fault.message}: {size} bytes, its limit is {self._packet_bytes}"
            raise PermanentPublishError(text, hint=fault.hint)


def received(message: mqtt.MQTTMessage) -> Received:
    """A message of paho's as ours."""
    properties = message.properties
    return Received(
        topic=message.topic,
        payload=bytes(message.payload),
        retained=message.retain,
        properties=tuple(getattr(properties, "UserProperty", ())),
        expiry_seconds=getattr(properties, "MessageExpiryInterval", None),
        response_topic=getattr(properties, "ResponseTopic", None),
        correlation=getattr(properties, "CorrelationData", None),
    )


def certificate_until(client: mqtt.Client) -> dt.datetime | None:
    """Until when the broker's certificate is good; None without TLS."""
    sock = client.socket()
    until = (sock.getpeercert() or {}).get("notAfter") if isinstance(sock, ssl.SSLSocket) else None
    return dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(str(until)), dt.UTC) if until else None


def _describe(properties: Properties, message: Message) -> None:
    if message.properties:
        properties.UserProperty = list(message.properties)
    if message.content_type != _JSON:
        properties.ContentType = message.content_type
    if message.content_type.startswith("image/"):
        properties.PayloadFormatIndicator = 0  # a broker may refuse as text what is none
    if message.expiry_seconds is not None:
        properties.MessageExpiryInterval = message.expiry_seconds
    if message.correlation is not None:
        properties.CorrelationData = message.correlation


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho 2.2 has no types there


def _packed_bytes(properties: Properties | None) -> int:
    return len(properties.pack()) if properties else 0  # type: ignore[no-untyped-call]  # nor there


def _content(packet: int) -> Properties:
    properties = _properties(packet)
    properties.PayloadFormatIndicator = 1
    properties.ContentType = _JSON
    return properties


def _no_delay(_client: mqtt.Client, _data: Any, sock: Any) -> None:
    with suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _leave_it_to_the_loop(_client: mqtt.Client, _data: Any, _sock: Any) -> None:
    """Its presence keeps `publish` from writing in the caller's thread; the loop is woken and writes."""
