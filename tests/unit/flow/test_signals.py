"""Live signals: what stands on the topics of fields and of the verdict."""

from typing import Any

from edged.config import MqttSection
from edged.flow.signals import signals
from edged.types import FieldState, ReadField
from tests.doubles.readings import reading


def field(name: str, text: str, state: FieldState) -> ReadField:
    return ReadField(
        name=name, text=text, raw=text, confidence=0.9, state=state, box=None, frames=1, agreement=1.0, characters=(), rules=()
    )


def said(*fields: ReadField, verdict: Any = None, **section: Any) -> list[tuple[str, str, bool]]:
    messages = signals(reading(fields=fields, verdict=verdict), "plant/line3", MqttSection(**section))
    return [(message.topic, message.payload.decode(), message.retain) for message in messages]


def test_each_field_says_its_text() -> None:
    """Plain text, one topic a field; a mismatch was read and says what."""
    assert said(field("lot", "批号 A17", FieldState.READ), field("date", "2027-03", FieldState.MISMATCH)) == [
        ("plant/line3/field/inbox/lot", "批号 A17", False),
        ("plant/line3/field/inbox/date", "2027-03", False),
    ]


def test_what_is_not_to_be_trusted_says_the_token() -> None:
    """A controller never takes a doubtful text for a good one, nor an empty payload, which clears a retained topic."""
    fields = field("lot", "AI7", FieldState.CONFUSED), field("date", "", FieldState.NOT_READ)
    assert [text for _, text, _ in said(*fields)] == ["?", "?"]
    assert [text for _, text, _ in said(*fields, unread_token="UNREAD")] == ["UNREAD", "UNREAD"]


def test_the_verdict_comes_last_and_only_where_there_is_one() -> None:
    """Who waits for the verdict has all fields by then."""
    assert said(field("lot", "A17", FieldState.READ), verdict="fail", live_retained=True)[-1] == (
        "plant/line3/verdict/inbox",
        "fail",
        True,
    )
    assert said() == []
