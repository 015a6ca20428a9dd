"""Room for readings and files, and how long a sync takes."""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edged.config import OutboxSection
from edged.doctor.case import Case, standing
from edged.doctor.finding import Finding, bad, doubt, good

_OWN: Final = ("outbox.db", "outbox.db-wal", "outbox.reserve")
_SYNCS: Final = 100
_BLOCK: Final = bytes(4096)
_SLOW_MS: Final = 50.0  # p99; an SD card keeps within it
_LEAST_BYTES: Final = 64 * 2**20
_LEAST_INODES: Final = 10_000


def check(case: Case) -> Iterator[Finding]:
    """The disk of the database, then those of the folders."""
    config = case.config
    state = standing(config.state_dir)
    yield from _budget(state, config.database, config.outbox)
    places = {"state_dir": state} | {f"source {name}": standing(section.path) for name, section in config.folders.items()}
    for what, place in {place.stat().st_dev: (what, place) for what, place in reversed(places.items())}.values():
        yield from _room(what, place)
    yield _sync(state)


def _budget(state: Path, database: Path, section: OutboxSection) -> Iterator[Finding]:
    """Database, log and reserve; what a salvage set aside is not counted."""
    own = [path for name in _OWN if (path := database.with_name(name)).exists()]
    held, most, free = sum(path.stat().st_size for path in own), section.max_bytes + section.reserve_bytes, _free_bytes(state)
    text = f"the outbox with its reserve may grow from {_mib(held)} to {_mib(most)} MiB, {_mib(free)} MiB are free in {state}"
    if free + held < most:
        yield doubt(f"{text}: the disk is full before the budget is used up", f"make room, or set outbox.max_bytes to {(free + held) // 2}")
    else:
        yield good(text)


def _room(what: str, place: Path) -> Iterator[Finding]:
    free, status = _free_bytes(place), os.statvfs(place)
    text = f"{what}: {_mib(free)} MiB and {status.f_favail} files are free on the disk of {place}"
    if free < _LEAST_BYTES or (status.f_files and status.f_favail == 0):
        yield bad(text, "make room: df -h and df -i say where it went")
    elif status.f_files and status.f_favail < _LEAST_INODES:
        yield doubt(text, "remove small files that nobody needs: df -i says where")
    else:
        yield good(text)


def _sync(folder: Path) -> Finding:
    """What a commit waits for, measured beside the database."""
    taken = []
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            for _ in range(_SYNCS):
                file.write(_BLOCK)
                file.flush()
                begun = time.perf_counter()
                os.fdatasync(file.fileno())
                taken.append((time.perf_counter() - begun) * 1000)
    except OSError as error:
        return bad(
            f"nothing can be written and synced in {folder}: {error.strerror}", "check the disk, and run this as the user of the service"
        )
    median, slow = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
    text = f"a sync in {folder} takes {median:.1f} ms (p50), {slow:.1f} ms (p99 of {_SYNCS})"
    if slow > _SLOW_MS:
        return doubt(text, "readings wait that long for their commit: look at the load of the disk, or use a better one")
    return good(text)


def _free_bytes(place: Path) -> int:
    status = os.statvfs(place)
    return status.f_bavail * status.f_frsize


def _mib(count: int) -> int:
    return count // 2**20
