"""The relay meets the broker in another way, and nothing in flight is lost or sent twice."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.link import Message
from tests.doubles.fake_publisher import FORGET, FakePublisher
from tests.unit.flow.test_relay import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A rig whose broker is fine."""
    made = Rig(tmp_path)
    yield made
    made.outbox.close()


def run(rig: Rig, turns: int = 60) -> None:
    """The relay's own loop, for so many signs of life, and its goodbye."""
    stop, left = threading.Event(), turns

    def beat() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            stop.set()

    rig.relay.run(stop, beat)


def states(publisher: FakePublisher) -> list[str]:
    return [json.loads(message.payload)["state"] for message in publisher.on("/status")]


def test_receipts_come_in_before_the_goodbye(rig: Rig) -> None:
    """What is in flight is answered by the old broker and not sent again to the new one; the old one hears `offline`."""
    new = FakePublisher()
    rig.publisher.hold = True
    rig.add(5)
    rig.go(0.1)
    assert rig.publisher.seqs() == [1, 2, 3, 4, 5]
    rig.relay.reconnect(new, retry_max_seconds=5)

    def answer_late(wake: threading.Event, timeout: float) -> None:
        rig.publisher.hold = False
        rig.publisher.release()
        rig.wait(wake, timeout)

    rig.relay._wait = answer_late
    rig.add(3)
    run(rig)
    assert rig.publisher.said_goodbye
    assert states(rig.publisher)[-1] == "offline"
    assert states(new)[0] == "online"
    assert new.seqs() == [6, 7, 8]
    assert rig.sent == 8


def test_what_the_old_broker_never_answered_goes_to_the_new_one(rig: Rig) -> None:
    """At least once, whoever takes it."""
    new = FakePublisher()
    rig.publisher.answer = lambda message: FORGET if "/read/" in message.topic else "ack"
    rig.add(2)
    rig.go(0.1)
    assert rig.publisher.seqs() == [1, 2]
    rig.relay.reconnect(new, retry_max_seconds=5)
    run(rig)
    assert new.seqs() == [1, 2]
    assert rig.sent == 2


def test_while_the_broker_is_away_the_new_one_is_met_at_once(rig: Rig) -> None:
    """A corrected address is not waited for: the pause of the wrong one ends with it."""
    rig.publisher.up = False
    rig.until(lambda: rig.relay.health().fault is not None)
    assert rig.relay.health().fault is not None
    rig.add()
    before = rig.clock.monotonic()
    new = FakePublisher()
    rig.relay.reconnect(new, retry_max_seconds=5)
    run(rig, 3)
    assert new.seqs() == [1]
    assert rig.clock.monotonic() - before <= 1.5


def test_a_publisher_that_does_not_end_is_waited_for(rig: Rig) -> None:
    """Its last word would else be taken for that of the new one."""
    new = FakePublisher()
    connects: list[int] = []

    class Slow(FakePublisher):
        def close(self, timeout: float) -> None:
            connects.append(new.connects)
            if len(connects) == 3:
                super().close(timeout)

    rig.publisher = Slow()
    rig.restart()
    rig.relay.step()
    rig.relay.reconnect(new, retry_max_seconds=5)
    run(rig)
    assert connects == [0, 0, 0]
    assert new.connects == 1


def test_only_the_newest_way_counts(rig: Rig) -> None:
    """Two changes in a row make one new connection."""
    first, second = FakePublisher(), FakePublisher()
    rig.relay.step()
    rig.relay.reconnect(first, retry_max_seconds=5)
    rig.relay.reconnect(second, retry_max_seconds=5)
    run(rig)
    assert (first.connects, second.connects) == (0, 1)


def test_an_event_told_with_the_change_reaches_the_new_broker(rig: Rig) -> None:
    """That a reload changed the broker is said where the readings go from now on."""
    new = FakePublisher()
    rig.relay.step()
    rig.relay.reconnect(new, retry_max_seconds=5)
    rig.relay.event("reload", {"reconnect": ["mqtt.host"]})
    run(rig)
    said: list[Message] = new.on("/event/reload")
    assert [json.loads(message.payload) for message in said] == [{"reconnect": ["mqtt.host"]}]
