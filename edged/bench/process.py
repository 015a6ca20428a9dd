"""What a process costs, as the kernel counts it."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_ATTACHED: Final = re.compile(r"attached")
_COUNTED: Final = re.compile(r"^\s*[\d.]+\s+\S+\s+\S+\s+(\d+)\s.*\b(fsync|fdatasync)$", re.MULTILINE)
_SECONDS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One round."""

    per_second: float
    cpu_ms: float  # for each


def measured() -> Callable[[int], Rate]:
    """Begin a round of this process; what is returned ends it, with the number of things done."""
    cpu, begun = time.process_time(), time.perf_counter()

    def end(done: int) -> Rate:
        return Rate(per_second=done / (time.perf_counter() - begun), cpu_ms=(time.process_time() - cpu) * 1000 / max(1, done))

    return end


def cpu_seconds(pid: int) -> float:
    """Time on the processor so far, its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mib(pid: int) -> float:
    """Resident memory."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def written_bytes(pid: int) -> int:
    """Bytes that it caused to be written to a disk."""
    line = next(line for line in Path(f"/proc/{pid}/io").read_text(encoding="utf-8").splitlines() if line.startswith("write_bytes"))
    return int(line.split()[1])


@dataclass(slots=True)
class Syncs:
    """Counted by strace; None where it is not installed or not allowed."""

    count: int | None = field(default=None)


@contextmanager
def counted_syncs(pid: int) -> Iterator[Syncs]:
    """Count fsync and fdatasync of a process meanwhile; it runs slower."""
    syncs, program = Syncs(), shutil.which("strace")
    if program is None:
        yield syncs
        return
    command = [program, "-f", "-c", "-e", "trace=fsync,fdatasync", "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:  # noqa: S603 - no shell
        assert tracer.stderr is not None
        attached = _ATTACHED.search(tracer.stderr.readline())
        yield syncs
        tracer.send_signal(signal.SIGINT)
        told = tracer.communicate(timeout=_SECONDS)[1]
    if attached:
        syncs.count = sum(int(count) for count, _ in _COUNTED.findall(told))
