"""What every `Publisher` keeps. A test class inherits this and gives the fixture `rig`."""

from abc import ABC, abstractmethod

import pytest

from edged.errors import TransientPublishError
from edged.flow.ports import Publisher
from edged.link import Connected, LinkEvent, Lost, Message, Receipt
from tests.doubles.wait import until

WILL = Message(topic="c/status", payload=b'{"state":"offline"}', retain=True)


class PublisherRig(ABC):
    """A publisher whose broker can go away, and what was handed over."""

    def __init__(self) -> None:
        self.heard: list[LinkEvent] = []

    publisher: Publisher

    @abstractmethod
    def broker_goes(self) -> None:
        """The broker ends, and every connection with it."""

    @abstractmethod
    def broker_comes(self) -> None:
        """The broker is there again."""

    def connect(self) -> None:
        """Begin to connect."""
        self.publisher.connect(WILL, self.heard.append)

    def of(self, kind: type) -> list[LinkEvent]:
        """What was handed over of this kind."""
        return [event for event in list(self.heard) if isinstance(event, kind)]


def message(number: int = 0) -> Message:
    """Some message."""
    return Message(topic="c/read/inbox", payload=b'{"n":%d}' % number, properties=(("seq", str(number)),))


class PublisherContract:
    def test_a_connection_is_greeted_once(self, rig: PublisherRig) -> None:
        """The first word is `Connected`, with a window that fits MQTT."""
        rig.connect()
        until(lambda: rig.of(Connected))
        assert len(rig.heard) == 1
        assert 1 <= rig.heard[0].window <= 20

    def test_each_message_gets_its_receipt(self, rig: PublisherRig) -> None:
        """Tickets are unique and come back, each once."""
        rig.connect()
        until(lambda: rig.of(Connected))
        tickets = [rig.publisher.publish(message(n)) for n in range(10)]
        until(lambda: len(rig.of(Receipt)) == 10)
        assert sorted(event.ticket for event in rig.of(Receipt)) == sorted(set(tickets))
        assert all(event.code < 0x80 for event in rig.of(Receipt))

    def test_the_last_word_is_lost(self, rig: PublisherRig) -> None:
        """When the broker goes there is one `Lost`, with a name and a hint, and nothing after it."""
        rig.connect()
        until(lambda: rig.of(Connected))
        rig.broker_goes()
        until(lambda: rig.of(Lost))
        assert isinstance(rig.heard[-1], Lost)
        assert len(rig.of(Lost)) == 1
        assert rig.heard[-1].fault.name
        assert rig.heard[-1].fault.hint

    def test_a_broker_that_is_away_is_lost_without_a_greeting(self, rig: PublisherRig) -> None:
        """No connection came to be: one `Lost` and nothing else."""
        rig.broker_goes()
        rig.connect()
        until(lambda: rig.heard)
        assert [type(event) for event in rig.heard] == [Lost]

    def test_without_a_connection_nothing_is_taken(self, rig: PublisherRig) -> None:
        """A message is never kept for later, before the first connection or after one."""
        with pytest.raises(TransientPublishError):
            rig.publisher.publish(message())
        rig.connect()
        until(lambda: rig.of(Connected))
        rig.broker_goes()
        until(lambda: rig.of(Lost))
        with pytest.raises(TransientPublishError):
            rig.publisher.publish(message())

    def test_it_connects_again(self, rig: PublisherRig) -> None:
        """After `Lost` the next connection works like the first, and inherits nothing."""
        rig.connect()
        until(lambda: rig.of(Connected))
        rig.broker_goes()
        until(lambda: rig.of(Lost))
        rig.broker_comes()
        rig.heard.clear()
        rig.connect()
        until(lambda: rig.of(Connected))
        ticket = rig.publisher.publish(message(1))
        until(lambda: rig.of(Receipt))
        assert [event.ticket for event in rig.of(Receipt)] == [ticket]

    def test_dropping_ends_the_connection(self, rig: PublisherRig) -> None:
        """`drop` is followed by `Lost`."""
        rig.connect()
        until(lambda: rig.of(Connected))
        rig.publisher.drop()
        until(lambda: rig.of(Lost))

    def test_closing_says_goodbye_and_may_be_repeated(self, rig: PublisherRig) -> None:
        """`close` ends with `Lost`, and is harmless before and after a connection."""
        rig.publisher.close(1)
        rig.connect()
        until(lambda: rig.of(Connected))
        rig.publisher.close(5)
        until(lambda: rig.of(Lost))
        assert rig.heard[-1].fault.name == "closed"
        rig.publisher.close(1)
        assert len(rig.of(Lost)) == 1
