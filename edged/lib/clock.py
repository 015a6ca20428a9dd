"""What time it is, and whether anybody set the clock."""

import ctypes
import datetime as dt
import time
from pathlib import Path
from typing import Protocol

_adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
_ERROR = 5  # TIME_ERROR of adjtimex(2): the clock is not synchronised
_TIMESYNC = Path("/run/systemd/timesync")


class Clock(Protocol):
    """Wall and monotonic time, handed in so that tests own it."""

    def now(self) -> dt.datetime:
        """Wall time, UTC and aware."""

    def monotonic(self) -> float:
        """Seconds that never go back."""


class SystemClock:
    """The clock of this box."""

    def now(self) -> dt.datetime:
        """Wall time, UTC and aware."""
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


def file_time(mtime_ns: int) -> dt.datetime | None:
    """A file's time; None where no calendar has it, as anybody may set anything."""
    try:
        return dt.datetime.fromtimestamp(mtime_ns / 1e9, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None


def clock_synced(timesync: Path = _TIMESYNC) -> bool | None:
    """Tell whether the clock is synchronised; None where nobody says.

    The kernel knows, whoever sets its clock, but under `ProtectClock=` of the unit it must not answer. Then
    *timesync* tells: it exists while systemd-timesyncd runs, and has `synchronized` once that set the clock.
    """
    if _adjtimex is not None:
        timex = ctypes.create_string_buffer(512)  # struct timex is 208 bytes on Linux; modes 0 only reads
        state = int(_adjtimex(timex))
        if state >= 0:
            return state != _ERROR
    if (timesync / "synchronized").exists():
        return True
    return False if timesync.exists() else None
