"""What the broker lets us hear, and whether anybody hears us."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.flow.relaying.words import RelayOptions
from edged.link import Fault, Received
from tests.doubles.relay_rig import BASE, Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A rig that wants a subscriber."""
    made = Rig(tmp_path, relay=RelayOptions(require_subscriber=True))
    yield made
    made.outbox.close()


def test_readings_wait_while_nobody_subscribes(rig: Rig) -> None:
    """The broker would throw them away: one at a time asks, health tells, and all arrive in order when somebody comes."""
    rig.publisher.answer = lambda message: 0x10 if "/read/lonely" in message.topic else "ack"
    rig.add(50, source="lonely")
    rig.add(5, source="heard")
    rig.go(600)
    assert (rig.sent, rig.outbox.stats().dead, rig.publisher.connects) == (5, 0, 1)
    asked = len(rig.publisher.on("/read/lonely"))
    assert asked < 90
    (fault,) = rig.relay.health().refused
    assert (fault.name, "read/lonely" in fault.message) == ("no_matching_subscribers", True)
    rig.publisher.answer = lambda _message: "ack"
    rig.until(lambda: rig.sent == 55, 61)
    assert rig.publisher.seqs()[-49:] == list(range(2, 51))
    assert rig.relay.health().refused == ()


def test_requests_are_handed_on(rig: Rig) -> None:
    """Whoever answers them gets them as they came."""
    got: list[Received] = []
    rig.relay.on_request(got.append)
    rig.go()
    rig.publisher.say(f"{BASE}/request/health", b"{}", correlation=b"7")
    rig.publisher.say("elsewhere", b"{}")
    rig.go(0.1)
    assert [(r.topic, r.correlation) for r in got] == [(f"{BASE}/request/health", b"7")]


def test_a_subscription_that_is_refused_is_a_fault(rig: Rig) -> None:
    """Readings go out all the same."""
    rig.publisher.deny = (Fault(name="subscription_refused", message="no", hint="let us"),)
    rig.add(3)
    rig.go()
    assert rig.sent == 3
    assert rig.relay.health().refused == rig.publisher.deny


def test_a_broker_that_hangs_up_on_it_is_not_asked_for_ever(rig: Rig) -> None:
    """After two such ends we go without requests, say so, and deliver."""
    rig.publisher.hangs_up_on_subscribe = True
    rig.add(20)
    rig.until(lambda: rig.sent == 20, 60)
    assert rig.publisher.connects == 3
    assert [bool(topics) for topics in rig.publisher.topics] == [True, True, False]
    assert [fault.name for fault in rig.relay.health().refused] == ["subscription_refused"]
    rig.publisher.hangs_up_on_subscribe = False
    rig.publisher.lose()
    rig.go(30)
    assert rig.publisher.topics[-1]
    assert rig.relay.health().refused == ()


def test_a_birth_is_heard_and_nothing_else_on_its_topic(tmp_path: Path) -> None:
    """Home Assistant that leaves, or that was there before us, is no reason to say everything again."""
    rig = Rig(tmp_path, relay=RelayOptions(birth_topic="homeassistant/status"))
    births: list[int] = []
    rig.relay.on_birth(lambda: births.append(1))
    rig.go()
    assert rig.publisher.topics[-1] == (f"{BASE}/request/+", "homeassistant/status")
    rig.publisher.say("homeassistant/status", b"offline")
    rig.publisher.say("homeassistant/status", b"online", retained=True)
    rig.go(0.1)
    assert births == []
    rig.publisher.say("homeassistant/status", b"online")
    rig.go(0.1)
    assert births == [1]
    rig.relay.adapt(RelayOptions())
    rig.go(0.1)
    rig.publisher.say("homeassistant/status", b"online")
    rig.go(0.1)
    assert births == [1]
    rig.outbox.close()
