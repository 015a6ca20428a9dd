"""How well the daemon is, from the checks that know."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class HealthState(StrEnum):
    """From best to worst."""

    OK = "ok"
    DEGRADED = "degraded"  # it works, but somebody should look
    FAILING = "failing"  # it does not do its job


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A state and why; `ok` has no reasons."""

    state: HealthState = HealthState.OK
    reasons: tuple[str, ...] = ()


def doubts(reasons: Iterable[str]) -> Health:
    """Degraded for these reasons; well without any."""
    told = tuple(reasons)
    return Health(state=HealthState.DEGRADED, reasons=told) if told else Health()


class Check(Protocol):
    """Something that knows how well one part is. Called from any thread, at once and without I/O."""

    @property
    def name(self) -> str:
        """Stands before each of its reasons."""

    def health(self) -> Health:
        """How well it is now."""


def overall(checks: Iterable[Check]) -> Health:
    """The worst state of all checks, with every reason under its check's name."""
    found = [(check.name, check.health()) for check in checks]
    order = list(HealthState)
    worst = max((health.state for _, health in found), key=order.index, default=HealthState.OK)
    return Health(state=worst, reasons=tuple(f"{name}: {reason}" for name, health in found for reason in health.reasons))
