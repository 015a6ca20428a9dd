"""A consumer as the contract wants it: it keeps each id once, and confirms whatever arrives, repetitions too."""

import json
import threading
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


class Consumer:
    """Has a session that outlives its connection, and finds the broker again by itself."""

    def __init__(self, port: int, base: str = "edged/line3", *, confirms: bool = True) -> None:
        self.readings: dict[str, dict[str, Any]] = {}  # by id
        self.arrivals = 0
        self.differing: list[str] = []  # ids that came again with another payload
        self.subscribed = threading.Event()
        self._port, self._base, self._confirms = port, base, confirms
        self._client: mqtt.Client | None = None

    def start(self) -> "Consumer":
        """Connect and stay so."""
        self.subscribed.clear()
        self._client = client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="consumer", protocol=MQTTProtocolVersion.MQTTv5)
        client.on_connect = lambda c, *_: c.subscribe(f"{self._base}/read/#", qos=1)
        client.on_subscribe = lambda *_: self.subscribed.set()
        client.on_message = self._on_message
        client.reconnect_delay_set(1, 1)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 86_400
        client.connect("127.0.0.1", self._port, clean_start=False, properties=properties)
        client.loop_start()
        assert self.subscribed.wait(60)
        return self

    def close(self) -> None:
        """Go away, and let go of the sockets; the broker keeps what comes."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()
            client.on_connect = client.on_subscribe = client.on_message = None

    def _on_message(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        reading = json.loads(message.payload)
        known = self.readings.setdefault(reading["id"], reading)
        if known != reading:
            self.differing.append(reading["id"])
        self.arrivals += 1
        if self._confirms:
            client.publish(f"{self._base}/ack", json.dumps({"ids": [reading["id"]]}), qos=1)

    def seqs(self) -> list[int]:
        """The `seq` of each reading, once."""
        return sorted(reading["seq"] for reading in list(self.readings.values()))


def say(port: int, topic: str, payload: bytes, *, retain: bool = False, **properties: Any) -> None:
    """Publish one message; returns once the broker has it."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert connected.wait(60)
    described = Properties(PacketTypes.PUBLISH)
    for name, value in properties.items():
        setattr(described, name, value)
    client.publish(topic, payload, qos=1, retain=retain, properties=described).wait_for_publish(30)
    client.disconnect()
    client.loop_stop()
    client.on_connect = None
