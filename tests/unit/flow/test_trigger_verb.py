"""`request/trigger`."""

from typing import Any

import pytest

from edged.errors import UsageError
from edged.flow.trigger_verb import TriggerVerb
from edged.types import FrameId, SourceName


class Gate:
    """A camera that takes every trigger."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, float]] = []

    def ask(self, part: str | None, age_seconds: float = 0.0) -> FrameId:
        self.asked.append((part, age_seconds))
        return FrameId("id")


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ({"source": "gate", "part": "4711", "age_seconds": 0.25}, ("4711", 0.25)),
        ({"part": 4711}, ("4711", 0.0)),
        ({"source": "gate", "age_seconds": None}, (None, 0.0)),
    ],
)
def test_the_camera_is_asked_and_the_answer_tells_the_id(arguments: dict[str, Any], asked: tuple[str | None, float]) -> None:
    """A part is a text or a number, or left out; so is the source where there is one camera."""
    gate = Gate()
    assert TriggerVerb({SourceName("gate"): gate})(arguments) == {"reading": "id", "source": "gate", "part": asked[0]}
    assert gate.asked == [asked]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ({"source": "inbox"}, "name one of gate, yard"),
        ({}, "name one of gate, yard"),
        ({"source": ["gate"]}, "name one of"),
        ({"source": "gate", "part": "x" * 300}, "at most 256"),
        ({"source": "gate", "part": {"a": 1}}, "send a text"),
        ({"source": "gate", "part": True}, "send a text"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_advice(arguments: dict[str, Any], hint: str) -> None:
    """Nothing is triggered."""
    gate = Gate()
    with pytest.raises(UsageError) as raised:
        TriggerVerb({SourceName("gate"): gate, SourceName("yard"): gate})(arguments)
    assert hint in raised.value.hint
    assert gate.asked == []
