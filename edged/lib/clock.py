"""What time it is, and whether anybody set the clock."""

import ctypes
import datetime as dt
import time
from typing import Protocol

_ERROR = 5  # TIME_ERROR of adjtimex(2): the clock is not synchronised


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


def clock_synced() -> bool | None:
    """Tell whether the kernel's clock is synchronised; None where the kernel does not say."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "adjtimex"):
        return None
    timex = ctypes.create_string_buffer(512)  # struct timex is 208 bytes on Linux; modes 0 only reads
    state = int(libc.adjtimex(timex))
    return None if state < 0 else state != _ERROR
