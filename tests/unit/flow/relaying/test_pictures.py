"""Pictures on their way: of each topic the newest, one at a time, never before what matters."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edged.flow.relaying.words import RelayOptions
from edged.link import Message
from tests.doubles.relay_rig import BASE, Rig


def picture(source: str = "inbox", payload: bytes = b"1", **changes: Any) -> Message:
    return Message(topic=f"{BASE}/image/{source}", payload=payload, content_type="image/jpeg", **({"expiry_seconds": 10} | changes))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A rig whose broker is fine."""
    made = Rig(tmp_path, relay=RelayOptions(keeps=lambda topic: "/image/" in topic))
    yield made
    made.outbox.close()


def pictures(rig: Rig) -> list[tuple[str, bytes]]:
    """What went out."""
    return [(m.topic.rpartition("/")[2], m.payload) for m in rig.publisher.published if "/image/" in m.topic]


def test_only_the_newest_of_a_topic_waits(rig: Rig) -> None:
    """What waits is bounded by the sources, and one that comes often puts off no other."""
    rig.publisher.up = False
    rig.go(1)
    for number in range(100):
        rig.relay.picture(picture(payload=str(number).encode(), retain=True, expiry_seconds=None))
    rig.relay.picture(picture("gate", b"g", retain=True, expiry_seconds=None))
    rig.relay.picture(picture(payload=b"last", retain=True, expiry_seconds=None))
    rig.publisher.up = True
    rig.until(lambda: rig.publisher.greeted, 61)
    rig.go(1)
    assert pictures(rig) == [("inbox", b"last"), ("gate", b"g")]
    assert rig.relay.health().pictures == 2


def test_what_is_of_now_is_not_sent_later(rig: Rig) -> None:
    """As a live signal."""
    rig.publisher.up = False
    rig.go(1)
    rig.relay.picture(picture())
    rig.go(11)
    rig.publisher.up = True
    rig.until(lambda: rig.publisher.greeted, 61)
    rig.go(1)
    assert pictures(rig) == []


def test_one_flies_at_a_time_beside_readings(rig: Rig) -> None:
    """Large as they are, they take one place of the window at most."""
    rig.go()
    rig.publisher.hold = True
    rig.add(4)
    for source in ("a", "b", "c"):
        rig.relay.picture(picture(source))
    rig.go(0.01)
    assert len(pictures(rig)) == 1
    assert len(rig.publisher.seqs()) == 4
    rig.publisher.release()
    rig.publisher.hold = False
    rig.go(1)
    assert [source for source, _ in pictures(rig)] == ["a", "b", "c"]


def test_one_that_the_broker_keeps_survives_the_end_of_a_connection(rig: Rig) -> None:
    """Unless a newer one came; one of now does not."""
    rig.go()
    rig.publisher.hold = True
    rig.relay.picture(picture("kept", retain=True, expiry_seconds=None))
    rig.go(0.01)
    rig.relay.picture(picture("now"))
    rig.publisher.lose()
    rig.publisher.hold = False
    rig.go(5)
    assert [source for source, _ in pictures(rig)] == ["kept", "kept"]


def test_it_is_remembered_before_it_is_retained_and_cleared_when_nobody_wants_it(rig: Rig) -> None:
    """So that a source that goes takes its picture with it, over a restart, too."""
    rig.go()
    rig.relay.picture(picture(retain=True, expiry_seconds=None))
    rig.go(1)
    assert f"{BASE}/image/inbox" in rig.outbox.retained()
    rig.publisher.lose()
    rig.options = RelayOptions()
    rig.restart()
    rig.go(1)
    assert pictures(rig)[-1] == ("inbox", b"")
    assert f"{BASE}/image/inbox" not in rig.outbox.retained()


def test_a_topic_that_is_refused_is_told_and_what_is_too_large_is_over(rig: Rig) -> None:
    """Why nobody sees pictures stands in health."""
    rig.publisher.answer = lambda message: 0x87 if "/image/" in message.topic else "ack"
    rig.go()
    rig.relay.picture(picture())
    rig.go(1)
    (fault,) = rig.relay.health().refused
    assert "image/inbox" in fault.message
    assert len(pictures(rig)) == 1


def test_one_that_comes_while_another_is_sent_is_not_lost(rig: Rig) -> None:
    """It comes from another thread, at any moment."""
    lane = rig.relay._lanes.pictures
    lane.offer(picture())
    first = lane.next()
    assert first is not None
    lane.offer(picture(payload=b"2"))
    lane.sent(first)
    second = lane.next()
    assert second is not None
    assert second.message.payload == b"2"
    lane.sent(second)
    assert lane.next() is None
