"""A broker that forgets what it acknowledged, and everything else that comes in over a real one."""

import json
import shutil
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from edged.link import INBOUND_BYTES, Message, Received
from tests.doubles.broker import Broker, Listener
from tests.doubles.consumer import Consumer, say
from tests.doubles.station import BASE, Station
from tests.doubles.wait import until
from tests.integration.test_mqtt import PERSISTENT

pytestmark = pytest.mark.skipif(
    not shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin"), reason="mosquitto is not installed"
)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Ends what a test started, the last first."""
    with ExitStack() as made:
        yield made


def station(folder: Path, broker: Broker, stack: ExitStack, **options: Any) -> Station:
    """A station that runs."""
    made = Station(folder, broker, **options)
    stack.callback(made.stop)
    return made.start()


def forgetful(folder: Path, stack: ExitStack) -> Broker:
    """mosquitto with its default persistence: it saves every half an hour and when it ends."""
    broker = Broker(folder, PERSISTENT.format(folder=folder)).start()
    stack.callback(broker.stop)
    return broker


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_a_broker_loses_after_its_receipt_arrives_all_the_same(tmp_path: Path, stack: ExitStack, protocol: str) -> None:
    """100 readings are acknowledged for a consumer that is away, the broker is killed: 100 of 100 arrive."""
    broker = forgetful(tmp_path, stack)
    consumer = Consumer(broker.port).start()
    stack.callback(consumer.close)
    consumer.close()
    made = station(tmp_path, broker, stack, app_ack=True, ack_timeout_seconds=1.0, protocol=protocol)
    made.add(100)
    made.until_sent(100)
    broker.kill()
    broker.start()
    consumer.start()
    until(lambda: made.outbox.stats().confirmed == 100, 60, f"{made.outbox.stats()}")
    assert consumer.seqs() == list(range(1, 101))
    assert consumer.differing == []
    assert made.relay.health().sent_again >= 100  # the broker did lose them


def test_without_confirmations_the_loss_is_the_brokers(tmp_path: Path, stack: ExitStack) -> None:
    """The control of the test above: acknowledged, killed, gone; a replay brings all of them."""
    broker = forgetful(tmp_path, stack)
    consumer = Consumer(broker.port, confirms=False).start()
    stack.callback(consumer.close)
    consumer.close()
    made = station(tmp_path, broker, stack)
    made.add(100)
    made.until_sent(100)
    broker.kill()
    broker.start()
    consumer.start()
    made.add(1)
    until(lambda: 101 in consumer.seqs())
    print(f"lost without app_ack: {101 - len(consumer.seqs())} of 100")
    assert made.outbox.begin_replay() is not None
    made.relay.replay()
    until(lambda: consumer.seqs() == list(range(1, 102)))


def test_confirmations_wait_at_the_broker_while_we_are_away(tmp_path: Path, stack: ExitStack) -> None:
    """The session is kept for a week in this mode: what was confirmed meanwhile is not sent again."""
    broker = forgetful(tmp_path, stack)
    listener = Listener(broker.port, f"{BASE}/read/#")
    stack.callback(listener.close)
    first = Station(tmp_path, broker, app_ack=True, ack_timeout_seconds=60.0).start()
    first.add(20)
    first.until_sent(20)
    first.stop()
    listener.until(lambda heard: len(heard.seqs()) == 20)
    ids = [reading["id"] for reading in listener.on("/read/")]
    say(broker.port, f"{BASE}/ack", json.dumps({"ids": ids}).encode())
    second = station(tmp_path, broker, stack, app_ack=True, ack_timeout_seconds=60.0)
    until(lambda: second.outbox.stats().confirmed == 20)
    assert second.relay.health().sent_again == 0


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_requests_come_in_as_they_were_sent(tmp_path: Path, stack: ExitStack, protocol: str) -> None:
    """With everything that MQTT 5 tells beside the payload; a retained one says that it is."""
    broker = Broker(tmp_path).start()
    stack.callback(broker.stop)
    got: list[Received] = []
    say(broker.port, f"{BASE}/request/old", b"{}", retain=True)
    made = Station(tmp_path, broker, protocol=protocol)
    stack.callback(made.stop)
    made.relay.on_request(got.append)
    made.start()
    until(lambda: got)
    assert (got[0].topic, got[0].retained) == (f"{BASE}/request/old", True)
    described = {"ResponseTopic": "answers/7", "CorrelationData": b"\x00\x07", "MessageExpiryInterval": 30, "UserProperty": [("a", "b")]}
    say(broker.port, f"{BASE}/request/health", b"{}", **described)
    until(lambda: len(got) == 2)
    assert not got[1].retained
    if protocol == "5":
        assert (got[1].response_topic, got[1].correlation, got[1].properties) == ("answers/7", b"\x00\x07", (("a", "b"),))
        assert got[1].expiry_seconds is not None
        assert 25 <= got[1].expiry_seconds <= 30


def listening(folder: Path, stack: ExitStack, got: list[Received], **options: Any) -> tuple[Broker, Station]:
    """A station that hears requests, and its broker."""
    broker = Broker(folder).start()
    stack.callback(broker.stop)
    made = Station(folder, broker, **options)
    stack.callback(made.stop)
    made.relay.on_request(got.append)
    made.start()
    until(lambda: got or say(broker.port, f"{BASE}/request/health", b"{}"))  # subscribed
    return broker, made


@pytest.mark.parametrize("size", [INBOUND_BYTES, 20 * INBOUND_BYTES])  # with its topic, the first is just too large
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_message_that_is_too_large_does_not_reach_us(
    tmp_path: Path, stack: ExitStack, caplog: pytest.LogCaptureFixture, protocol: str, size: int
) -> None:
    """Under MQTT 5 the broker keeps it back; with 3.1.1 the connection ends with a name, once, and the next one works."""
    got: list[Received] = []
    broker, made = listening(tmp_path, stack, got, protocol=protocol)
    say(broker.port, f"{BASE}/request/read", bytes(size))
    if protocol == "3.1.1":
        until(lambda: made.relay.health().reconnects)
    made.add(5)
    made.until_sent(5)
    got.clear()
    until(lambda: got or say(broker.port, f"{BASE}/request/health", b"{}"))
    assert not any(request.topic.endswith("read") for request in got)
    assert made.relay.health().reconnects == (protocol == "3.1.1")
    ends = [record.__dict__["fault"] for record in caplog.records if record.message == "broker away"]
    assert ends == ["message_too_large"] * (protocol == "3.1.1")


def test_a_message_that_is_too_large_does_not_come_again_from_the_session(tmp_path: Path, stack: ExitStack) -> None:
    """With confirmations the broker keeps what we did not acknowledge, and would send it with each connection."""
    got: list[Received] = []
    broker, made = listening(tmp_path, stack, got, protocol="3.1.1", app_ack=True)
    consumer = Consumer(broker.port).start()
    stack.callback(consumer.close)
    say(broker.port, f"{BASE}/ack", bytes(2 * INBOUND_BYTES))
    until(lambda: made.relay.health().reconnects)
    made.add(5)
    until(lambda: made.outbox.stats().confirmed == 5)
    assert made.relay.health().reconnects == 1


def test_a_retained_message_that_is_too_large_is_thrown_away(tmp_path: Path, stack: ExitStack, caplog: pytest.LogCaptureFixture) -> None:
    """It comes with each subscription: ending the connection would keep us from the broker for ever."""
    broker = Broker(tmp_path).start()
    stack.callback(broker.stop)
    say(broker.port, f"{BASE}/request/read", bytes(20 * INBOUND_BYTES), retain=True)
    tracemalloc.start()
    stack.callback(tracemalloc.stop)
    got: list[Received] = []
    made = Station(tmp_path, broker, protocol="3.1.1")
    stack.callback(made.stop)
    made.relay.on_request(got.append)
    made.start()
    until(lambda: "message dropped" in caplog.messages)
    assert tracemalloc.get_traced_memory()[1] < 2 * INBOUND_BYTES
    made.add(5)
    made.until_sent(5)
    until(lambda: got or say(broker.port, f"{BASE}/request/health", b"{}"))
    assert not any(request.topic.endswith("read") for request in got)
    assert made.relay.health().reconnects == 0
    assert f"{BASE}/request/read" in caplog.records[caplog.messages.index("message dropped")].__dict__["detail"]


def test_a_live_signal_is_plain_text_with_an_expiry(tmp_path: Path, stack: ExitStack) -> None:
    """What a PLC gateway sees."""
    broker = Broker(tmp_path).start()
    stack.callback(broker.stop)
    listener = Listener(broker.port)
    stack.callback(listener.close)
    made = station(tmp_path, broker, stack)
    until(lambda: made.relay.health().connected)
    made.relay.signal([Message(topic=f"{BASE}/verdict/inbox", payload=b"pass")], 10)
    listener.until(lambda heard: any("/verdict/" in m.topic for m in heard.messages))
    (message,) = [m for m in listener.messages if "/verdict/" in m.topic]
    assert message.payload == b"pass"
    assert message.properties is not None
    assert (message.properties.ContentType, message.properties.PayloadFormatIndicator) == ("text/plain", 1)
    assert 9 <= message.properties.MessageExpiryInterval <= 10


def test_a_picture_says_that_it_is_no_text(tmp_path: Path, stack: ExitStack) -> None:
    """A broker may look whether what is told as text is UTF-8, and refuse it."""
    broker = Broker(tmp_path).start()
    stack.callback(broker.stop)
    listener = Listener(broker.port)
    stack.callback(listener.close)
    made = station(tmp_path, broker, stack)
    until(lambda: made.relay.health().connected)
    made.relay.picture(Message(topic=f"{BASE}/image/inbox", payload=b"\xff\xd8\xff", content_type="image/jpeg"))
    listener.until(lambda heard: any("/image/" in m.topic for m in heard.messages))
    (message,) = [m for m in listener.messages if "/image/" in m.topic]
    assert message.payload == b"\xff\xd8\xff"
    assert message.properties is not None
    assert (message.properties.ContentType, message.properties.PayloadFormatIndicator) == ("image/jpeg", 0)
    made.relay.signal([Message(topic=f"{BASE}/verdict/inbox", payload=b"pass")], 10)
    listener.until(lambda heard: any("/verdict/" in m.topic for m in heard.messages))
    assert listener.messages[-1].properties.PayloadFormatIndicator == 1  # what one message says stays its own


def test_readings_wait_for_a_subscriber(tmp_path: Path, stack: ExitStack) -> None:
    """mosquitto tells that nobody listens; as soon as somebody does, all arrive in order."""
    broker = Broker(tmp_path).start()
    stack.callback(broker.stop)
    made = station(tmp_path, broker, stack, require_subscriber=True)
    made.add(20)
    made.until_fault("no_matching_subscribers")
    assert made.outbox.stats().sent == 0
    listener = Listener(broker.port)
    stack.callback(listener.close)
    made.until_sent(20)
    listener.until(lambda heard: 20 in heard.seqs())
    assert [seq for seq in listener.seqs() if seq > 1] == list(range(2, 21))


def test_a_source_that_is_gone_leaves_no_retained_topic(tmp_path: Path, stack: ExitStack) -> None:
    """Who subscribes later sees nothing of it."""
    broker = Broker(tmp_path).start()
    stack.callback(broker.stop)
    say(broker.port, f"{BASE}/source/old", b"{}", retain=True)
    made = Station(tmp_path, broker)
    stack.callback(made.stop)
    made.outbox.remember([f"{BASE}/source/old"])
    made.relay._lanes.topics._known.add(f"{BASE}/source/old")
    made.start()
    until(lambda: f"{BASE}/source/old" not in made.outbox.retained())
    late = Listener(broker.port)
    stack.callback(late.close)
    late.until(lambda heard: heard.on("/status"))
    assert [m.topic for m in late.messages if m.retain] == [f"{BASE}/status"]
