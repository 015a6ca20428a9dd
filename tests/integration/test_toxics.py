"""A bad network between us and a real broker: each fault at each moment, and everything arrives."""

import itertools
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.doubles.broker import Broker, Listener
from tests.doubles.station import Station
from tests.doubles.toxic_proxy import Moment, Toxic, ToxicProxy
from tests.doubles.wait import until

pytestmark = pytest.mark.skipif(
    not shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin"), reason="mosquitto is not installed"
)

READINGS = 60


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Ends what a test started, the last first."""
    with ExitStack() as made:
        yield made


class Line:
    """A station behind a bad network."""

    def __init__(self, folder: Path, broker: Broker, toxic: Toxic, moment: Moment, protocol: str) -> None:
        self.name = f"{toxic.value} at {moment.value}, {protocol}"
        self.proxy = ToxicProxy(broker.port, toxic, moment)
        folder.mkdir()
        number = folder.name
        self.base = f"edged/{number}"
        port = SimpleNamespace(port=self.proxy.port)
        self.station = Station(
            folder, port, client_id=number, base=self.base, keepalive_seconds=5, connect_timeout_seconds=5.0, protocol=protocol
        )
        self.station.start()


def test_each_fault_at_each_moment_delays_and_loses_nothing(tmp_path: Path, stack: ExitStack) -> None:
    """Latency, reset, black hole, half-open, slow close and little bandwidth, at connect, publish and acknowledgement.

    All lines fail at the same time, so that their timeouts pass together. Who drops equal ids has every reading once,
    nothing dies, and each fault costs a bounded number of reconnects.
    """
    broker = Broker(tmp_path).start()
    stack.callback(broker.stop)
    listener = Listener(broker.port)
    stack.callback(listener.close)
    lines = []
    for number, (toxic, moment, protocol) in enumerate(itertools.product(Toxic, Moment, ("5", "3.1.1"))):
        line = Line(tmp_path / f"line{number}", broker, toxic, moment, protocol)
        stack.callback(line.proxy.close)
        stack.callback(line.station.stop)
        lines.append(line)
    for line in lines:
        stack.callback(line.station.stopping)
        line.station.add(READINGS)
    for line in lines:
        until(lambda one=line.station: one.outbox.stats().sent == READINGS, 180, f"{line.name}: {line.station.relay.health()}")
    for line in lines:
        until(lambda one=line: len(arrived(listener, one.base)) == READINGS, 60, line.name)  # the broker had it before the listener
        assert sorted(arrived(listener, line.base)) == list(range(1, READINGS + 1)), line.name
        assert line.station.outbox.stats().dead == 0, line.name
        assert line.proxy.struck, line.name
        assert line.proxy.accepted <= 6, line.name


def arrived(listener: Listener, base: str) -> list[int]:
    """The seq of each reading of a line, for a subscriber that drops equal ids."""
    readings = [json.loads(m.payload) for m in list(listener.messages) if m.topic.startswith(f"{base}/read/")]
    return list({reading["id"]: reading["seq"] for reading in readings}.values())


def test_one_message_that_is_too_large_holds_up_nobody_for_long(tmp_path: Path, stack: ExitStack) -> None:
    """On a slow line too: the others arrive while it is still being looked for, and it costs three reconnects at most."""
    broker = Broker(tmp_path, "allow_anonymous true\nmax_packet_size 4000").start()
    stack.callback(broker.stop)
    listener = Listener(broker.port)
    stack.callback(listener.close)
    proxy = ToxicProxy(broker.port, Toxic.LATENCY, Moment.CONNECT, strikes=0)
    stack.callback(proxy.close)
    made = Station(tmp_path, SimpleNamespace(port=proxy.port), protocol="3.1.1")
    stack.callback(made.stop)
    made.start()
    listener.until(lambda heard: heard.on("/status"))
    made.add(1)
    made.until_sent(1)
    made.add(1, size=6000)
    until(lambda: made.relay.health().reconnects)
    made.add(20)
    made.until_sent(21)
    before = proxy.accepted  # two, unless we were held up: without a control it is tried now and then
    until(lambda: made.outbox.stats().dead == 1, 60)
    listener.until(lambda heard: heard.on("/event/dead_letter"))
    topics = [message.topic for message in listener.messages if "/status" not in message.topic]
    assert ["dead_letter" in topic for topic in topics] == [False] * 21 + [True]  # all others arrived while it was looked for
    assert listener.seqs() == [1, *range(3, 23)]
    assert proxy.accepted - before <= 2
    assert made.relay.health().refused == ()
