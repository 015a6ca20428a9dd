"""What we ever retained is cleared once nobody speaks there any more."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edged.flow.relaying.words import RelayOptions
from edged.link import Message, Presence
from tests.doubles.relay_rig import BASE, Rig
from tests.unit.flow.relaying.test_signals import FIELD


class Sources(Rig):
    """A rig whose sources come and go."""

    names = ("inbox", "gate")

    def retained(self, presence: Presence) -> list[Message]:
        return [super().retained(presence)[0], *(Message(topic=f"{BASE}/source/{n}", payload=b"{}", retain=True) for n in self.names)]

    def cleared(self) -> list[str]:
        """Topics that were cleared."""
        return [m.topic for m in self.publisher.published if m.retain and not m.payload]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Sources]:
    """A rig with two sources that were told."""
    made = Sources(tmp_path)
    made.go()
    yield made
    made.outbox.close()


def test_a_source_that_is_gone_is_cleared_after_a_restart(rig: Sources) -> None:
    """Once, and never again."""
    rig.publisher.lose()
    rig.names = ("inbox",)
    rig.restart()
    rig.go(5)
    assert rig.cleared() == [f"{BASE}/source/gate"]
    rig.publisher.lose()
    rig.restart()
    rig.go(5)
    assert len(rig.cleared()) == 1


def test_a_source_that_goes_while_we_run_is_cleared_at_once(rig: Sources) -> None:
    """A refresh is enough."""
    rig.names = ("gate",)
    rig.relay.refresh()
    rig.go(0.1)
    assert rig.cleared() == [f"{BASE}/source/inbox"]


def test_what_the_broker_does_not_let_us_clear_is_tried_at_each_connect(rig: Sources) -> None:
    """It is no fault of today's topics."""
    rig.publisher.lose()
    rig.names = ("inbox",)
    rig.publisher.answer = lambda message: 0x87 if message.topic.endswith("gate") else "ack"
    rig.restart()
    rig.go(5)
    assert rig.relay.health().refused == ()
    rig.publisher.lose()
    rig.go(5)
    assert len(rig.cleared()) == 2
    rig.publisher.answer = lambda _message: "ack"
    rig.publisher.lose()
    rig.go(5)
    rig.publisher.lose()
    rig.go(5)
    assert len(rig.cleared()) == 3


def test_a_topic_is_remembered_before_it_is_published(rig: Sources) -> None:
    """A crash right after the publish must not forget it."""
    rig.publisher.answer = lambda message: (rig.outbox.retained().__contains__(message.topic) and "ack") or "crash"
    rig.names = ("inbox", "gate", "third")
    rig.relay.refresh()
    rig.go(0.1)
    assert rig.publisher.greeted
    assert f"{BASE}/source/third" in rig.outbox.retained()


def test_a_retained_signal_is_left_alone_while_it_is_in_use(rig: Sources) -> None:
    """It is not said again at each connect, so somebody has to say that it still counts."""
    rig.relay.signal([replace(FIELD, retain=True)], 10)
    rig.go(0.1)
    rig.publisher.lose()
    rig.options = RelayOptions(keeps=lambda topic: "/field/" in topic)
    rig.restart()
    rig.go(5)
    assert rig.cleared() == []
    rig.publisher.lose()
    rig.options = RelayOptions()
    rig.restart()
    rig.go(5)
    assert rig.cleared() == [FIELD.topic]


def test_which_signals_are_in_use_may_change_while_we_run(rig: Sources) -> None:
    """What a reload turns on is not cleared with the next word, and what it turns off is cleared at once."""
    rig.relay.adapt(RelayOptions(keeps=lambda topic: "/field/" in topic))
    rig.relay.signal([replace(FIELD, retain=True)], 10)
    rig.go(0.1)
    rig.relay.refresh()
    rig.go(0.1)
    assert rig.cleared() == []
    rig.relay.adapt(RelayOptions())
    rig.go(0.1)
    assert rig.cleared() == [FIELD.topic]
