"""What the box and the unit allow the process: files, memory, processors."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edged.doctor.case import Case
from edged.doctor.finding import Finding, doubt, good
from edged.lib.metrics import INSTALLED, MISSING, REMEDY

_FILES: Final = 512
_MEMORY: Final = 300 * 2**20  # what one model and its pictures take, with a margin
_MEMINFO: Final = Path("/proc/meminfo")


def check(case: Case) -> Iterator[Finding]:
    """The unit's limits where there is one, else our own."""
    yield _files(case)
    yield _memory(case)
    yield _cores(case)
    if case.config.metrics.file and not INSTALLED:
        yield doubt(MISSING, REMEDY)


def _files(case: Case) -> Finding:
    own, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = (case.unit.limit("LimitNOFILE") if case.unit else None) or own
    text = f"{allowed} open files are allowed"
    needed = _FILES + 16 * len(case.config.sources)
    return good(text) if allowed >= needed else doubt(text, f"LimitNOFILE={needed} in the unit, or ulimit -n {needed}")


def _memory(case: Case) -> Finding:
    limits = [limit for name in ("MemoryMax", "MemoryHigh") if case.unit and (limit := case.unit.limit(name))] or _group_limits()
    free = next(int(line.split()[1]) * 1024 for line in _MEMINFO.read_text().splitlines() if line.startswith("MemAvailable"))
    allowed = min([*limits, free])
    text = f"{allowed // 2**20} MiB of memory can be had"
    if allowed < _MEMORY and (case.daemon is None or limits):
        return doubt(text, f"edged takes about {_MEMORY // 2**20} MiB: raise MemoryMax= in the unit, or end what takes the rest")
    return good(text)


def _group_limits() -> list[int]:
    """Limits of the control groups that this process is in, for both versions of cgroups."""
    found = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, inside = line.split(":", 2)
        if controllers in ("", "memory"):
            base, name = ("/sys/fs/cgroup", "memory.max") if not controllers else ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            file = Path(f"{base}{inside}", name)
            text = file.read_text().strip() if file.exists() else "max"
            found += [int(text)] if text.isdecimal() else []
    return found


def _cores(case: Case) -> Finding:
    usable, there = len(os.sched_getaffinity(0)), os.cpu_count() or 1
    threads = case.config.recognise.threads
    if threads > usable:
        return doubt(f"recognise.threads is {threads}, but {usable} cores may be used", "set it to 0: all cores that may be used")
    return good(f"{usable} of {there} cores may be used, {threads or usable} for inference")
