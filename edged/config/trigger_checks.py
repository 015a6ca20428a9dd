"""What no single key can tell of a camera's trigger and window."""

from collections.abc import Iterator
from typing import Any

from edged.config.document import Document, Finding, KeyPath, sections
from edged.config.trigger import WindowSection


class TriggerChecks:
    """Looks at one document."""

    def __init__(self, document: Document) -> None:
        self._document, self._find = document, document.finding

    def findings(self) -> list[Finding]:
        """Everything that is wrong, in no order."""
        cameras = ((name, section) for name, section in sections(self._document.data.get("sources")) if section.get("kind") == "camera")
        return [
            finding
            for name, section in cameras
            if isinstance(section.get("window"), dict)
            for finding in self._window(("sources", name, "window"), section["window"])
        ]

    def _window(self, at: KeyPath, window: dict[str, Any]) -> Iterator[Finding]:
        seconds, deadline, frames, agree = (_number(window, key) for key in ("seconds", "deadline_seconds", "frames", "agree"))
        if deadline < seconds:
            key = "deadline_seconds" if "deadline_seconds" in window else "seconds"
            yield self._find(
                (*at, key), f"deadline_seconds ({deadline:g}) comes before seconds ({seconds:g}) are over; make it at least as long"
            )
        if agree > frames:
            key = "agree" if "agree" in window else "frames"
            yield self._find((*at, key), f"agree ({agree:g}) is more than the frames that are read ({frames:g}); make it at most as many")


def _number(window: dict[str, Any], key: str) -> float:
    """What it says, or the default; a value of the wrong type is told by its own key."""
    default: float = WindowSection.model_fields[key].default
    value = window.get(key, default)
    return value if type(value) in (int, float) else default
