"""Outbox to subscriber through a real broker."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from edged.link import Presence
from tests.doubles.broker import Broker, Listener
from tests.doubles.readings import frame_id
from tests.doubles.station import BASE, Station
from tests.doubles.wait import until

pytestmark = pytest.mark.skipif(
    not shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin"), reason="mosquitto is not installed"
)

PERSISTENT = "allow_anonymous true\npersistence true\npersistence_location {folder}/"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Ends what a test started, the last first."""
    with ExitStack() as made:
        yield made


@pytest.fixture
def broker(tmp_path: Path, stack: ExitStack) -> Broker:
    """A broker that takes everything."""
    made = Broker(tmp_path).start()
    stack.callback(made.stop)
    return made


@pytest.fixture
def listener(broker: Broker, stack: ExitStack) -> Listener:
    """Somebody who sees everything."""
    made = Listener(broker.port)
    stack.callback(made.close)
    return made


def station(folder: Path, broker: Broker, stack: ExitStack, **options: object) -> Station:
    """A station that runs."""
    made = Station(folder, broker, **options)
    stack.callback(made.stop)
    return made.start()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_thousand_readings_arrive_once_and_in_order(
    tmp_path: Path, broker: Broker, listener: Listener, stack: ExitStack, protocol: str
) -> None:
    """A backlog drains in the order of seq, each reading once."""
    made = Station(tmp_path, broker, protocol=protocol)
    stack.callback(made.stop)
    made.add(1000)
    made.start()
    made.until_sent(1000, 60)
    listener.until(lambda heard: len(heard.seqs()) == 1000)
    assert listener.seqs() == list(range(1, 1001))
    assert made.relay.health().reconnects == 0


def test_a_message_says_what_it_is(tmp_path: Path, broker: Broker, listener: Listener, stack: ExitStack) -> None:
    """Under MQTT 5 identity, content type and payload format stand beside the payload."""
    made = station(tmp_path, broker, stack)
    made.add()
    listener.until(lambda heard: heard.seqs() == [1])
    (message,) = [m for m in listener.messages if "/read/" in m.topic]
    assert message.topic == f"{BASE}/read/inbox"
    assert message.properties is not None
    assert message.properties.ContentType == "application/json"
    assert message.properties.PayloadFormatIndicator == 1
    assert dict(message.properties.UserProperty) == {"id": frame_id(1), "seq": "1", "epoch": made.outbox.stats().epoch}
    assert (message.qos, message.retain) == (1, False)


def test_the_status_is_retained_and_ends_with_offline(tmp_path: Path, broker: Broker, stack: ExitStack) -> None:
    """Who comes later sees online, then stopping, then offline."""
    made = station(tmp_path, broker, stack)
    until(lambda: made.relay._link is not None and made.relay._link.proven)  # the status was taken
    late = Listener(broker.port)
    stack.callback(late.close)
    late.until(lambda heard: heard.on("/status") == [{"state": "online"}])
    assert late.messages[0].retain
    made.relay.refresh(Presence.STOPPING)
    late.until(lambda heard: heard.on("/status")[-1] == {"state": "stopping"})
    made.stop()
    late.until(lambda heard: heard.on("/status")[-1] == {"state": "offline"})
    assert [status["state"] for status in late.on("/status")] == ["online", "stopping", "offline"]


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_the_will_speaks_for_a_killed_process(tmp_path: Path, broker: Broker, listener: Listener, protocol: str) -> None:
    """SIGKILL: the broker says offline, retained, in our place."""
    code = (
        "import sys, threading; from pathlib import Path; from tests.doubles.station import Station\n"
        "class There: port = int(sys.argv[2])\n"
        "Station(Path(sys.argv[1]), There(), protocol=sys.argv[3]).start(); threading.Event().wait()"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(broker.port), protocol])
    try:
        listener.until(lambda heard: heard.on("/status") == [{"state": "online"}])
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    listener.until(lambda heard: heard.on("/status")[-1] == {"state": "offline"})


def test_a_short_absence_is_no_offline(tmp_path: Path, broker: Broker, listener: Listener, stack: ExitStack) -> None:
    """Coming back while the will waits cancels it: subscribers see no flapping."""
    made = station(tmp_path, broker, stack, will_delay_seconds=30)
    until(lambda: made.relay.health().connected)
    made.publisher.drop()
    until(lambda: made.relay.health().reconnects == 1)
    until(lambda: made.relay.health().connected)
    made.add()
    listener.until(lambda heard: heard.seqs() == [1])
    assert {status["state"] for status in listener.on("/status")} == {"online"}


def test_the_broker_comes_later(tmp_path: Path, stack: ExitStack) -> None:
    """The station starts and works without it; the backlog goes out when it comes."""
    broker = Broker(tmp_path)
    made = station(tmp_path, broker, stack)
    made.add(20)
    made.until_fault("connection_refused")
    broker.start()
    stack.callback(broker.stop)
    made.until_sent(20)
    assert made.relay.health().fault is None


def test_a_broker_that_is_restarted_loses_nothing(tmp_path: Path, stack: ExitStack) -> None:
    """SIGKILL and SIGTERM in the middle of a stream: what has no receipt is published again, nothing dies."""
    broker = Broker(tmp_path).start()
    stack.callback(broker.stop)
    made = station(tmp_path, broker, stack)
    for round_ in range(6):
        before = made.added
        for _ in range(20):
            made.add(10)
        until(lambda b=before: made.outbox.stats().sent > b)
        (broker.kill if round_ % 2 else broker.stop)()
        made.add(10)
        broker.start()
        made.until_sent(made.added)
    assert made.outbox.stats().dead == 0
    assert made.relay.health().reconnects >= 6


def test_nothing_is_lost_for_a_subscriber_of_a_broker_that_keeps_its_word(tmp_path: Path, stack: ExitStack) -> None:
    """With a broker that persists on SIGTERM every seq arrives; redelivery only ever repeats."""
    broker = Broker(tmp_path, PERSISTENT.format(folder=tmp_path)).start()
    stack.callback(broker.stop)
    listener = Listener(broker.port)
    stack.callback(listener.close)
    made = station(tmp_path, broker, stack)
    for _ in range(3):
        listener.until(lambda heard: heard.subscribed.is_set())
        made.add(300)
        made.until_sent(made.added)
        listener.until(lambda heard: len(set(heard.seqs())) == made.added)
        listener.subscribed.clear()
        broker.stop()
        broker.start()
    assert sorted(set(listener.seqs())) == list(range(1, 901))


def test_a_frozen_broker_does_not_hold_up_the_end(tmp_path: Path, stack: ExitStack) -> None:
    """A station that stops while the broker hangs is gone within seconds; its rows stay."""
    broker = Broker(tmp_path).start()
    stack.callback(broker.stop)
    made = station(tmp_path, broker, stack)
    until(lambda: made.relay.health().connected)
    broker.freeze()
    made.add(5)
    made.stop()
    again = Station(tmp_path, broker)
    assert again.outbox.stats().pending == 5
    again.outbox.close()


def test_only_the_network_thread_writes(tmp_path: Path, broker: Broker, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads that write one socket could mix their packets."""
    import threading

    from paho.mqtt.client import Client

    writers: set[str] = set()
    original = Client._sock_send

    def send(client: Client, data: bytes) -> int:
        writers.add(threading.current_thread().name)
        return original(client, data)

    monkeypatch.setattr(Client, "_sock_send", send)
    made = station(tmp_path, broker, stack)
    made.add(100)
    made.until_sent(100)
    made.stop()
    assert writers == {"mqtt"}


def test_the_relay_beats_while_nothing_happens(tmp_path: Path, stack: ExitStack) -> None:
    """Idle is progress, with or without a broker."""
    made = station(tmp_path, Broker(tmp_path), stack)
    until(lambda: made.beats > 5)
    assert json.loads(json.dumps(made.relay.health().connected)) is False
