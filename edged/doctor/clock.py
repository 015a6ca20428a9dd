"""The clock: set by somebody, and not before what was already written."""

import datetime as dt
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from edged.doctor.case import Case, folders_of
from edged.doctor.finding import Finding, bad, doubt, good
from edged.lib.clock import clock_synced

_YEARS: Final = range(2026, 2100)  # no edged is older than this
_AHEAD: Final = dt.timedelta(minutes=5)
_LOOKED_AT: Final = 1000  # entries of a folder
_REMEDY: Final = "set it up: systemctl enable --now systemd-timesyncd (or chrony), and see that the time server is reached"


def check(case: Case) -> Iterator[Finding]:
    """What the kernel says, what the calendar says, and what the files say."""
    now = dt.datetime.now(dt.UTC)
    yield from judged(now, clock_synced(), _newest(case))


def judged(now: dt.datetime, synced: bool | None, newest: tuple[Path, dt.datetime] | None) -> Iterator[Finding]:
    """The findings for a moment; *newest* is what was written last by an earlier run."""
    shown = f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC"
    if now.year not in _YEARS:
        yield bad(f"{shown}, which cannot be: certificates will not be trusted, and captured_at is wrong", _REMEDY)
    elif synced is None:
        yield doubt(f"{shown}; the kernel does not say whether it is synchronised", _REMEDY)
    elif not synced:
        yield doubt(f"{shown}; it was never synchronised: nothing is forgotten by age, clock_synced is false", _REMEDY)
    else:
        yield good(f"{shown}, synchronised")
    if newest is not None and newest[1] > now + _AHEAD:
        yield doubt(f"the clock is behind {newest[0]}, which is of {newest[1]:%Y-%m-%d %H:%M} UTC: it went back", _REMEDY)


def _newest(case: Case) -> tuple[Path, dt.datetime] | None:
    """What an edged wrote last: its database, and the folders of days in done."""
    paths = [path for path in (case.config.database,) if path.exists()]
    for name, section in case.config.folders.items():
        done = folders_of(name, section).get("done")
        if done is not None and done.is_dir():
            with os.scandir(done) as entries:
                paths += [Path(entry.path) for entry in islice(entries, _LOOKED_AT)]
    dated = [(path, dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)) for path in paths]
    return max(dated, key=lambda pair: pair[1], default=None)
