"""Whether the daemon runs with what the files say."""

from collections.abc import Sequence

from edged.control.health import Health, HealthState

_TOLD = 20  # in health, which is published; the journal has all


class ConfigurationCheck:
    """Failing from a start with the last good configuration until the files are good and in effect. It is a health `Check`."""

    name = "configuration"

    def __init__(self, reasons: Sequence[str]) -> None:
        """*reasons* say why the files are not in effect; none where they are."""
        self._health = Health(state=HealthState.FAILING, reasons=_some(reasons)) if reasons else Health()

    def good(self) -> None:
        """A reload put the files into effect. Any thread may call it."""
        self._health = Health()

    def health(self) -> Health:
        """Failing or well."""
        return self._health


def _some(reasons: Sequence[str]) -> tuple[str, ...]:
    left = len(reasons) - _TOLD
    return (*reasons[:_TOLD], f"and {left} more; `edged check` tells all") if left > 0 else tuple(reasons)
