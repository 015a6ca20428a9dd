"""Live signals of a reading, for those who cannot take JSON apart: a text per field, and last the verdict. Pure.

They are of now: whoever publishes them gives them `mqtt.live_seconds` to live, and sends none from an
older backlog or a replay. An empty payload would clear a retained topic, so a field always says something.
"""

from collections.abc import Iterator

from edged.config import MqttSection
from edged.link import Message
from edged.types import FieldState, ReadField, Reading

_UNREAD = (FieldState.NOT_READ, FieldState.CONFUSED)


def signals(reading: Reading, base: str, section: MqttSection) -> Iterator[Message]:
    """What is said below *base*, in this order."""
    for field in reading.fields:
        yield _message(f"{base}/field/{reading.source}/{field.name}", _said(field, section.unread_token), section)
    if reading.verdict is not None:
        yield _message(f"{base}/verdict/{reading.source}", reading.verdict, section)


def _said(field: ReadField, unread_token: str) -> str:
    return unread_token if field.state in _UNREAD else field.text


def _message(topic: str, text: str, section: MqttSection) -> Message:
    return Message(topic=topic, payload=text.encode("utf-8", "replace"), retain=section.live_retained)
