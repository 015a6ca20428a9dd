"""Waiting for something that another thread or process does."""

import time
from collections.abc import Callable
from threading import Event

_PAUSE = Event()


def until(predicate: Callable[[], object], timeout: float = 10.0, what: str = "") -> None:
    """Return as soon as *predicate* holds; fail the test after *timeout* seconds."""
    deadline = time.monotonic() + timeout
    while not predicate():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what or predicate}"
        _PAUSE.wait(0.005)
