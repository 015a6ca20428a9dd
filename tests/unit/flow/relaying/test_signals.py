"""Live signals: now or never."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.link import Message
from tests.doubles.relay_rig import BASE, Rig

FIELD = Message(topic=f"{BASE}/field/inbox/lot", payload=b"A17", content_type="text/plain")
VERDICT = Message(topic=f"{BASE}/verdict/inbox", payload=b"pass", content_type="text/plain")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A rig whose broker is fine."""
    made = Rig(tmp_path)
    yield made
    made.outbox.close()


def signals(rig: Rig) -> list[Message]:
    """What went out."""
    return [m for m in rig.publisher.published if "/field/" in m.topic or "/verdict/" in m.topic]


def test_they_go_out_at_once_in_their_order_before_a_backlog(rig: Rig) -> None:
    """The verdict comes last, and a backlog of readings holds nothing up; they carry their expiry."""
    rig.go()
    rig.publisher.hold = True
    rig.add(19)
    rig.go(0.01)
    rig.add(100)
    rig.relay.signal([FIELD, VERDICT], 10)
    rig.publisher.release()
    rig.relay.step()
    rig.relay.step()
    assert [(m.topic, m.payload, m.content_type, m.expiry_seconds) for m in signals(rig)] == [
        (FIELD.topic, b"A17", "text/plain", 10),
        (VERDICT.topic, b"pass", "text/plain", 10),
    ]
    assert rig.publisher.seqs()[-1] < 60


def test_without_a_connection_they_are_dropped(rig: Rig) -> None:
    """A PLC never sees what was true before the line was back."""
    rig.relay.signal([FIELD, VERDICT], 10)
    rig.publisher.up = False
    rig.go(1)
    rig.relay.signal([FIELD], 10)
    rig.publisher.up = True
    rig.until(lambda: rig.publisher.greeted, 61)
    rig.go(1)
    assert signals(rig) == []
    assert rig.relay.health().signals_dropped == 3


def test_what_is_too_old_is_dropped(rig: Rig) -> None:
    """A broker that is slow to acknowledge makes no old signal live."""
    rig.go()
    rig.publisher.hold = True
    rig.add(20)
    rig.go(0.01)
    rig.relay.signal([FIELD], 10)
    rig.go(11)
    rig.relay.signal([VERDICT], 10)
    rig.publisher.release()
    rig.go(0.1)
    assert signals(rig)[0].topic == VERDICT.topic
    assert len(signals(rig)) == 1


def test_what_was_in_flight_is_not_sent_again(rig: Rig) -> None:
    """A connection that ends takes its signals with it."""
    rig.go()
    rig.publisher.hold = True
    rig.relay.signal([FIELD, VERDICT], 10)
    rig.go(0.01)
    rig.publisher.lose()
    rig.publisher.hold = False
    rig.go(5)
    assert len(signals(rig)) == 2


def test_more_than_can_wait_gives_way(rig: Rig) -> None:
    """The oldest are dropped; the newest are true."""
    rig.go()
    rig.relay.signal([FIELD] * 2000, 10)
    rig.go(1)
    assert len(signals(rig)) == 512


def test_a_topic_that_is_refused_is_told(rig: Rig) -> None:
    """A PLC that hears nothing for an access list stands in health."""
    rig.publisher.answer = lambda message: 0x87 if "/field/" in message.topic else "ack"
    rig.go()
    rig.relay.signal([FIELD, VERDICT], 10)
    rig.go(0.1)
    (fault,) = rig.relay.health().refused
    assert FIELD.topic in fault.message
