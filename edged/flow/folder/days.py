"""The day folders of done and failed, and how many days each of them has lasted.

A folder's name is what the clock said, and the clock of a box without a battery says 1970 until somebody
sets it. So age is counted, not computed: one more day whenever the date of a clock that is set changed.
A clock that jumps by ten years and back makes everything two days older, at most.
"""

import json
import os
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from edged.lib.clock import Clock
from edged.lib.files import atomic_write

_NAME = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LEAST_SECONDS = 20 * 3600.0  # between two changes of date that count, within one process


def day_folders(root: Path) -> list[str]:
    """Names of the day folders in *root*, by name; none where it cannot be listed."""
    try:
        with os.scandir(root) as items:
            return sorted(item.name for item in items if _NAME.fullmatch(item.name) and item.is_dir(follow_symlinks=False))
    except OSError:
        return []


class Days:
    """Counts days, and remembers on which of them a folder was seen first."""

    def __init__(self, memory: Path, clock: Clock, synced: Callable[[], bool | None]) -> None:
        """Remember in the file *memory*; without it, everything is as new."""
        self._memory, self._clock, self._synced = memory, clock, synced
        self._counted_at: float | None = None
        told = _read(memory)
        self._date, self._day = str(told.get("date", "")), int(told.get("day", 0))
        self._first: dict[str, int] = told.get("first", {})

    def count(self, folders: Collection[Path]) -> None:
        """See whether a day has passed, and which folders are new or gone.

        Raises:
            OSError: It cannot be remembered.
        """
        before = (self._date, self._day, dict(self._first))
        now, today = self._clock.monotonic(), str(self._clock.now().date())
        if self._synced() is not False and today != self._date:
            self._date = today
            if self._counted_at is None or now - self._counted_at >= _LEAST_SECONDS:
                self._day, self._counted_at = self._day + 1, now
        known = {str(folder) for folder in folders}
        self._first = {folder: self._first.get(folder, self._day) for folder in known}
        after = (self._date, self._day, self._first)
        if after != before:
            content: dict[str, Any] = {"date": self._date, "day": self._day, "first": dict(sorted(self._first.items()))}
            atomic_write(self._memory, json.dumps(content, indent=1).encode("utf-8", "surrogateescape"), mode=0o640)

    def age(self, folder: Path) -> int:
        """How many days a folder has lasted."""
        return self._day - self._first.get(str(folder), self._day)

    def order(self, folder: Path) -> tuple[int, str]:
        """Sorts folders: those that were seen first go first."""
        return self._first.get(str(folder), self._day), folder.name


def _read(memory: Path) -> dict[str, Any]:
    try:
        told = json.loads(memory.read_bytes())
        if isinstance(told["day"], int) and all(isinstance(day, int) for day in told["first"].values()):
            return dict(told)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # not there, or not ours
        pass
    return {}
