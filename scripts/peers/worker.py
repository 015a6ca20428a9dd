"""One peer in its own process: `python -m scripts.peers.worker KIND`, run by turns.py.

The first line on stdin is the job. Then each `round` reads all crops once and answers with what it took; `end` answers
with the texts. What a library prints goes to stderr: the answers have a descriptor of their own.

This file and the peers' run in an environment without edged: they need the standard library, numpy and cv2.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol


class Peer(Protocol):
    """A reader of text lines."""

    settings: str  # what was chosen, in words
    version: str

    def read(self, paths: Sequence[str]) -> list[str]:
        """The text of each picture, as fast as it goes; "" where nothing was read."""
        ...

    def memory_mib(self) -> float:
        """The most it ever had resident."""
        ...


def peak_mib() -> float:
    """Of this process."""
    status = Path("/proc/self/status").read_text(encoding="utf8")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def cpu_seconds() -> float:
    """Of this process and of those that it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    """Open, and obey."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf8")
    os.dup2(2, 1)

    def tell(**answer: Any) -> None:
        print(json.dumps(answer, ensure_ascii=False), file=answers, flush=True)

    job = json.loads(sys.stdin.readline())
    cores = sorted(os.sched_getaffinity(0))[: job["threads"]]
    os.sched_setaffinity(0, cores)  # before any library counts them
    paths, texts = job["paths"], []
    try:
        peer: Peer = importlib.import_module(f"scripts.peers.{sys.argv[1]}").opened(len(cores), paths, **job["options"])
        peer.read(paths)  # shapes are compiled, files are in memory
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on without it
        tell(problem=f"{type(error).__name__}: {error}")
        return
    tell(settings=peer.settings, version=peer.version)
    for order in sys.stdin:
        if order.strip() != "round":
            break
        begun, cpu = time.perf_counter(), cpu_seconds()
        texts = peer.read(paths)
        tell(seconds=time.perf_counter() - begun, cpu=cpu_seconds() - cpu)
    tell(texts=texts, memory_mib=peer.memory_mib())


if __name__ == "__main__":
    main()
