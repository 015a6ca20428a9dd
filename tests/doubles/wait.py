"""Waiting for something that another thread or process does."""

import time
from collections.abc import Callable
from threading import Event

_PAUSE = Event()


def until(predicate: Callable[[], object], timeout: float = 30.0, what: str = "") -> None:
    """Return as soon as *predicate* holds; fail the test after *timeout* seconds, which nothing takes that does not hang."""
    deadline = time.monotonic() + timeout
    while not predicate():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what or predicate}"
        _PAUSE.wait(0.005)


def until_still(predicate: Callable[[], object], progress: Callable[[], object], still: float = 120.0) -> None:
    """Return as soon as *predicate* holds; fail the test once *progress* said the same for *still* seconds.

    For what takes as long as this machine is loaded.
    """
    last, deadline = progress(), time.monotonic() + still
    while not predicate():
        now = progress()
        if now != last:
            last, deadline = now, time.monotonic() + still
        assert time.monotonic() < deadline, f"nothing moved for {still} s: {last}"
        _PAUSE.wait(0.05)
