"""How long the certificates between us and the broker are still good, as a part of health."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from edged.config import TlsSection
from edged.control.health import Health, HealthState
from edged.lib.clock import Clock
from edged.lib.x509 import good_until

WARNING_DAYS = 30
_LOOK_SECONDS = 600.0
_MANY_BYTES = 4 * 2**20  # the bundle of a system; more is none

Ends = list[tuple[str, dt.datetime]]  # what it is, until when


class Certificates:
    """A health check; `look` reads the files, in a thread that may wait for a disk."""

    name = "certificates"

    def __init__(
        self, section: TlsSection | None, seen: Callable[[], dt.datetime | None], *, clock: Clock, synced: Callable[[], bool | None]
    ) -> None:
        """Watch the files of *section*, and the end of the broker's certificate as it was *seen* last."""
        self._seen, self._clock, self._synced = seen, clock, synced
        self._ends: Ends = []
        self.adapt(section)

    def adapt(self, section: TlsSection | None) -> None:
        """Watch these files from now on; the next `look` reads them. From any thread."""
        self._section = section
        self._look_at = self._clock.monotonic()

    def look(self) -> None:
        """Read the files, now and then: a renewed certificate needs no restart."""
        if self._clock.monotonic() < self._look_at:
            return
        self._look_at = self._clock.monotonic() + _LOOK_SECONDS
        self._ends = ends_of(self._section)

    def health(self) -> Health:
        """Degraded from 30 days before the first end on, failing past it; nothing while the clock was never set."""
        if self._synced() is False:
            return Health()
        seen = self._seen()
        ends = [*self._ends, *([("the broker's certificate", seen)] if seen else [])]
        now = self._clock.now()
        near = [(what, end) for what, end in ends if end - now < dt.timedelta(days=WARNING_DAYS)]
        if not near:
            return Health()
        past = any(end <= now for _, end in near)
        return Health(state=HealthState.FAILING if past else HealthState.DEGRADED, reasons=tuple(_reason(*one, now) for one in near))


def ends_of(section: TlsSection | None) -> Ends:
    """What the files of *section* say of themselves."""
    files = [] if section is None else [("client certificate", section.cert_file), ("authority", section.ca_file)]
    return [end for what, path in files if path is not None for end in _ends(what, path)]


def _ends(what: str, path: Path) -> Ends:
    """The first end in a chain, or of the last authority of a bundle; what cannot be read is a fault of the connection."""
    try:
        with path.open("rb") as file:
            found = good_until(file.read(_MANY_BYTES).decode("ascii", "replace"))
    except (OSError, ValueError, OverflowError):
        return []
    # One authority that ended among others that did not is usual.
    return [(f"{what} {path}", max(found) if what == "authority" else min(found))]


def _reason(what: str, end: dt.datetime, now: dt.datetime) -> str:
    days = (end - now).days
    when = f"ended on {end:%Y-%m-%d}" if end <= now else f"ends in {days} days, on {end:%Y-%m-%d}"
    return f"{what} {when}; renew it, the files are read again at each connect"
