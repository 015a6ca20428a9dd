"""Reason codes that mosquitto does not send, from a broker that is scripted byte by byte."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from edged.flow import mqtt_codes
from edged.link import INBOUND_BYTES, Suspicion
from tests.doubles.scripted_broker import ScriptedBroker, connack, disconnect, puback
from tests.doubles.station import Station
from tests.doubles.wait import until

Start = Callable[..., Station]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a station against a scripted broker."""
    with ExitStack() as stack:

        def make(broker: ScriptedBroker, **options: object) -> Station:
            stack.callback(broker.close)
            made = Station(tmp_path, SimpleNamespace(port=broker.port), **options)
            stack.callback(made.stop)
            return made.start()

        yield make


def test_a_takeover_is_named_and_not_answered_with_a_chase(start: Start) -> None:
    """0x8E: the other client stays, we say what is wrong and come back late."""

    def taken(topic: str, mid: int) -> bytes:
        return disconnect(0x8E) if "/read/" in topic else puback(mid)

    broker = ScriptedBroker(taken)
    made = start(broker, retry_max_seconds=60.0)
    made.add()
    made.until_fault("session_taken_over")
    assert made.relay._reconnect._failures > 6
    assert made.outbox.stats().dead == 0


def test_packet_too_large_on_the_disconnect_convicts(start: Start) -> None:
    """0x95: a row that was alone dies after three of them, whatever its size looks like to us."""

    def answer(topic: str, mid: int) -> bytes:
        return disconnect(0x95) if "/read/inbox" in topic else puback(mid)

    made = start(ScriptedBroker(answer))
    made.add()
    until(lambda: made.outbox.stats().dead == 1, 60)
    assert "packet is larger" in made.outbox.dead()[0].reason


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0x84, "unsupported_protocol_version"),
        (0x85, "client_identifier_not_valid"),
        (0x86, "bad_user_name_or_password"),
        (0x87, "not_authorized"),
        (0x8A, "banned"),
        (0x97, "quota_exceeded"),
        (0x9F, "connection_rate_exceeded"),
    ],
)
def test_each_refusal_has_its_name_and_remedy(start: Start, code: int, name: str) -> None:
    """The operator reads what the broker said, and what to do."""
    made = start(ScriptedBroker(greeting=connack(code)))
    made.until_fault(name)
    fault = made.relay.health().fault
    assert fault is not None
    assert fault.hint
    assert f"0x{code:02X}" in fault.message


def test_a_broker_without_qos_1_is_refused(start: Start) -> None:
    """Below QoS 1 there are no receipts: that is named, and nothing is sent."""
    broker = ScriptedBroker(greeting=connack(properties=b"\x24\x00"))
    made = start(broker)
    made.add()
    made.until_fault("qos_not_supported")
    assert broker.topics == []


def test_the_brokers_window_and_retain_are_respected(start: Start) -> None:
    """ReceiveMaximum 2 is never exceeded, and nothing is retained where that is not available."""
    held: list[int] = []
    most = []

    def answer(topic: str, mid: int) -> bytes:
        held.append(mid)
        most.append(len(held))
        return puback(held.pop(0)) if len(held) == 2 else b"\xd0\x00"

    broker = ScriptedBroker(answer, greeting=connack(properties=b"\x21\x00\x02\x25\x00"))
    made = start(broker)
    made.add(20)
    until(lambda: made.outbox.stats().sent >= 19)
    assert max(most) <= 2


@pytest.mark.parametrize(("app_ack", "seconds"), [(False, 60), (True, 7 * 86_400)])
def test_connect_says_who_we_are_and_how_long_the_session_lives(start: Start, app_ack: bool, seconds: int) -> None:
    """Not a clean start: that would publish the will of the connection before. The will waits, retained, at QoS 1.

    Only where confirmations are awaited does the broker have to keep something for us for long.
    """
    broker = ScriptedBroker()
    made = start(broker, will_delay_seconds=5, keepalive_seconds=30, app_ack=app_ack)
    until(lambda: made.relay.health().connected)
    protocol, rest = broker.connect[:6], broker.connect[6:]
    assert protocol == b"\x00\x04MQTT"
    assert rest[0] == 5
    assert rest[1] == 0b00101100  # will retain, will QoS 1, will; no clean start
    assert rest[2:4] == (30).to_bytes(2, "big")
    properties, rest = rest[5 : 5 + rest[4]], rest[5 + rest[4] :]
    assert b"\x11" + seconds.to_bytes(4, "big") in properties
    assert b"\x27" + INBOUND_BYTES.to_bytes(4, "big") in properties  # nobody sends us more than this
    assert rest[:13] == b"\x00\x0bedged-line3"
    assert b"\x18" + (5).to_bytes(4, "big") in rest[13:]
    assert b'{"state": "offline"}' in rest


def test_a_refused_payload_dies_and_a_quota_waits(start: Start) -> None:
    """0x99 counts against the row once another of its topic was taken, 0x97 against nobody."""
    bad = iter([0x99, 0, 0x99, 0x99])

    def answer(topic: str, mid: int) -> bytes:
        code = {"edged/line3/read/quota": lambda: 0x97, "edged/line3/read/bad": lambda: next(bad)}.get(topic, lambda: 0)
        return puback(mid, code())

    made = start(ScriptedBroker(answer))
    made.add(2, source="bad")  # in one commit: the second is there before the first is tried again
    for source in ("quota", "good"):
        made.add(source=source)
    until(lambda: made.outbox.stats().dead == 1)
    made.until_sent(2)
    assert made.outbox.dead()[0].source == "bad"
    assert {fault.name for fault in made.relay.health().refused} == {"quota_exceeded"}


@pytest.mark.parametrize(("code", "suspicion"), [(0x95, Suspicion.CERTAIN), (0x90, Suspicion.PERHAPS), (0x99, Suspicion.PERHAPS)])
def test_only_the_size_of_a_packet_convicts_without_a_control(code: int, suspicion: Suspicion) -> None:
    """Everything else that a broker says of a packet may be the fault of its rules or of our configuration."""
    assert mqtt_codes.ended(code, "broker").suspicion is suspicion


def test_garbage_ends_the_connection_and_nothing_else(start: Start) -> None:
    """Bytes that are no MQTT cost a reconnect; the client thread survives to tell it."""
    garbage = iter([b"\x40\x01\x00", b"\xff" * 6])
    broker = ScriptedBroker(lambda topic, mid: next(garbage, puback(mid)))
    made = start(broker)
    made.add()
    made.until_sent(1)
    assert broker.connects >= 2


def test_what_is_kept_with_a_message_that_is_too_large_is_left_behind(start: Start) -> None:
    """The next connection begins afresh, also where the broker is away at first; those after it find their session."""
    too_large = b"\x32" + b"\x80\x80\x80\x01"  # a PUBLISH of 2 MiB

    def answer(_topic: str, mid: int) -> bytes:
        broker.greeting = b""
        return puback(mid) + too_large

    def afresh() -> bool:
        return bool(broker.connect[7] & 0b10)

    broker = ScriptedBroker(answer)
    made = start(broker)
    until(lambda: broker.connects >= 3)  # the second was hung up on
    assert afresh()
    broker.on_publish, broker.greeting = lambda _topic, mid: puback(mid), connack()
    until(lambda: made.relay.health().connected)
    assert afresh()
    made.publisher.drop()
    until(lambda: made.relay.health().reconnects == 2 and made.relay.health().connected)
    assert not afresh()
