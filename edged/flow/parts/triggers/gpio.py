"""A line of a GPIO chip: a light barrier or a PLC's output. Never tried on hardware; `Edges` is what a test stands in for.

Needs the extra `gpio` (the package gpiod of libgpiod 2, which talks to the kernel's character device).
"""

import datetime as dt
import importlib
import logging
from collections.abc import Callable
from typing import Any, Protocol

from edged.config import TriggerSection
from edged.flow.parts.looks import Look
from edged.flow.parts.triggers.base import NOTHING, Fired, Sight
from edged.types import TriggerKind

log = logging.getLogger(__name__)

MISSING = "trigger.kind is gpio, and the package gpiod is not installed; pip install 'edged[gpio]'"
_AGAIN_SECONDS = 5.0  # between two tries to get the line
_OLDEST_SECONDS = 60.0  # an edge that the kernel says is older was stamped by another clock


class Edges(Protocol):
    """One line that was asked for."""

    def new(self) -> list[float]:
        """The times of the edges since the last call, monotonic; never waits.

        Raises:
            OSError: The line is gone.
        """

    def close(self) -> None:
        """Give the line back."""


class Gpio:
    """Fires at each edge. A line that cannot be had is asked for again every few seconds."""

    kind: TriggerKind = "gpio"

    def __init__(self, section: TriggerSection, edges: Callable[[TriggerSection], Edges]) -> None:
        """*edges* asks for the line, and raises OSError where it cannot be had."""
        self._section, self._ask = section, edges
        self._edges: Edges | None = None
        self._again = float("-inf")
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Why there is no line."""
        return self._trouble

    def look(self, look: Look | None, at: float, now: float) -> Sight:  # noqa: ARG002 - it does not look
        """What the line said."""
        if self._edges is None and now >= self._again:
            self._again = now + _AGAIN_SECONDS
            self._try(lambda: setattr(self, "_edges", self._ask(self._section)))
        found: list[float] = []
        if self._edges is not None:
            self._try(lambda: found.extend(self._edges.new() if self._edges else ()))
        return Sight(fired=tuple(Fired(at=one if now - _OLDEST_SECONDS <= one <= now else now) for one in found)) if found else NOTHING

    def close(self) -> None:
        """Give the line back."""
        if self._edges is not None:
            self._edges.close()
            self._edges = None

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError as error:
            place = f"line {self._section.line} of {self._section.chip}"
            told = (
                f"{place} cannot be used: {error.strerror or error}; see trigger.chip and trigger.line, who else has it, and the group gpio"
            )
            if told != self._trouble:
                log.warning(told)
            self._trouble = told
            self.close()
        else:
            self._trouble = ""


class LibgpiodEdges:
    """The line by libgpiod 2; edges are queued and stamped by the kernel."""

    def __init__(self, section: TriggerSection) -> None:
        """Ask for the line.

        Raises:
            OSError: It cannot be had, or the package is missing.
        """
        try:
            gpiod: Any = importlib.import_module("gpiod")
            line: Any = importlib.import_module("gpiod.line")
        except ImportError as error:
            raise OSError(MISSING) from error
        settings = gpiod.LineSettings(
            direction=line.Direction.INPUT,
            edge_detection=line.Edge.RISING if section.edge == "rising" else line.Edge.FALLING,
            debounce_period=dt.timedelta(milliseconds=section.debounce_ms),
            event_clock=line.Clock.MONOTONIC,
        )
        self._request = gpiod.request_lines(str(section.chip), consumer="edged", config={section.line: settings})

    def new(self) -> list[float]:
        """What the kernel queued."""
        if not self._request.wait_edge_events(0):
            return []
        return [event.timestamp_ns / 1e9 for event in self._request.read_edge_events()]

    def close(self) -> None:
        """Give the line back."""
        self._request.release()
