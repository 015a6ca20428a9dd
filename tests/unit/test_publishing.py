"""What a configuration means for the way to the broker."""

from pathlib import Path
from typing import Any

from edged.config import Config
from edged.daemon.publishing import Live, relay_options
from edged.flow.signals import signals
from edged.link import Message
from edged.types import FieldState, ReadField
from tests.doubles.readings import reading

LOT = ReadField(
    name="lot", text="A17", raw="A17", confidence=0.9, state=FieldState.READ, box=None, frames=1, agreement=1.0, characters=(), rules=()
)


def config(**mqtt: Any) -> Config:
    """One folder with one field."""
    sources = {"inbox": {"kind": "folder", "path": Path("/srv/inbox"), "fields": {"lot": {}}}}
    return Config.model_validate({"version": 1, "device": "line3", "sources": sources, "mqtt": mqtt})


def test_every_signal_that_is_retained_is_known_to_be_in_use() -> None:
    """Otherwise it would be cleared with the next status; the verdict is one, too."""
    made = config(live_retained=True)
    said = list(signals(reading(fields=(LOT,), verdict="pass"), made.base, made.mqtt))
    assert len(said) == 2
    assert all(message.retain and relay_options(made).keeps(message.topic) for message in said)
    assert not relay_options(config()).keeps(said[0].topic)


def test_what_waited_longer_than_a_signal_lives_is_not_told() -> None:
    """A PLC sees what is, not what was when the outbox had no room."""
    told = list[Message]()
    live = Live(config(live_seconds=10), lambda messages, _: told.extend(messages))
    live([(reading(1, fields=(LOT,)), 10.5)])
    assert told == []
    live([(reading(1, fields=(LOT,)), 10.5), (reading(2, fields=(LOT,)), 9.5)])
    assert [message.payload for message in told] == [b"A17"]
