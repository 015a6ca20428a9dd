"""The worst of all checks, with every reason under its name."""

from dataclasses import dataclass

import pytest

from edged.control.health import Check, Health, HealthState, overall


@dataclass(frozen=True)
class Fixed:
    """A check that always says the same."""

    name: str
    found: Health

    def health(self) -> Health:
        """What it was given."""
        return self.found


_: type[Check] = Fixed
OK = Fixed("relay", Health())
DEGRADED = Fixed("broker", Health(state=HealthState.DEGRADED, reasons=("away since 10:00", "3 rows wait")))
FAILING = Fixed("outbox", Health(state=HealthState.FAILING, reasons=("full",)))


@pytest.mark.parametrize(
    ("checks", "state", "reasons"),
    [
        ([], "ok", ()),
        ([OK, OK], "ok", ()),
        ([DEGRADED, OK], "degraded", ("broker: away since 10:00", "broker: 3 rows wait")),
        ([FAILING, DEGRADED], "failing", ("outbox: full", "broker: away since 10:00", "broker: 3 rows wait")),
    ],
)
def test_the_worst_check_decides(checks: list[Check], state: str, reasons: tuple[str, ...]) -> None:
    """One bad check is enough, and every reason is told with the name of who found it."""
    assert overall(checks) == Health(state=HealthState(state), reasons=reasons)
