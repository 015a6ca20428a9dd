"""`request/trigger`: somebody says that a part is there; the answer tells the id that its reading will have."""

from collections.abc import Mapping
from typing import Any, Protocol

from edged.errors import UsageError
from edged.flow.parts.source import PART_CHARACTERS
from edged.types import FrameId, SourceName


class Asked(Protocol):
    """A camera that can be triggered."""

    def ask(self, part: str | None, age_seconds: float = 0.0) -> FrameId:
        """Accept a trigger of that age: the id that its reading will have.

        Raises:
            UsageError: It is refused.
        """


class TriggerVerb:
    """The verb `trigger`: `{"source": "gate", "part": "4711"}`; the part may be left out, and the source where there is one camera."""

    def __init__(self, cameras: Mapping[SourceName, Asked]) -> None:
        self._cameras = dict(cameras)

    def __call__(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Hand it to the camera.

        Raises:
            UsageError: There is no such camera, or it refuses.
        """
        name, part = self._source(arguments.get("source")), _part(arguments.get("part"))
        return {"reading": self._cameras[name].ask(part, arguments.get("age_seconds") or 0.0), "source": name, "part": part}

    def _source(self, name: Any) -> SourceName:
        if name is None and len(self._cameras) == 1:
            return next(iter(self._cameras))
        if not isinstance(name, str) or name not in self._cameras:
            message = f"source is {name!r:.80}, which is no camera here"
            cameras = ", ".join(self._cameras)
            raise UsageError(message, hint=f"name one of {cameras}" if cameras else "add a source of kind camera with trigger.kind mqtt")
        return SourceName(name)


def _part(part: Any) -> str | None:
    if type(part) is int:  # as PLCs count
        return str(part)
    if part is not None and (not isinstance(part, str) or len(part) > PART_CHARACTERS):
        message = f"part is {part!r:.80}"
        raise UsageError(message, hint=f"send a text of at most {PART_CHARACTERS} characters, a whole number, or none")
    return part
