"""Measure of the daemon what takes a checkout and long: start, memory, salvage. `edged bench` measures everything else.

    .venv/bin/python scripts/measure.py start            process start to READY
    .venv/bin/python scripts/measure.py memory           resident memory over 20,000 lines of random widths
    .venv/bin/python scripts/measure.py salvage          what a damaged database of 100,000 readings costs at the start

Machines are shared and noisy: compare figures of one run with each other, not with another day's.
"""

import argparse
import random
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from edged.bench.process import resident_mib  # noqa: E402
from edged.lib.ids import IdMint  # noqa: E402
from edged.types import Pixels  # noqa: E402
from tests.doubles.readings import make_outbox  # noqa: E402
from tests.end_to_end.box import SAMPLES, Box, running  # noqa: E402 - the project's own box
from tests.integration.test_week_offline import reading_of_a_line  # noqa: E402


def pictures() -> list[Path]:
    return sorted(path for path in SAMPLES.iterdir() if path.suffix in {".png", ".jpg"})


def start(place: Path, runs: int = 10) -> None:
    """Process start to READY=1, with everything in the page cache."""
    seconds = []
    for number in range(runs):
        path = place / f"notify{number}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(path))
            box = Box(place / str(number), environment={"NOTIFY_SOCKET": str(path)})
            begun = time.monotonic()
            box.start()
            while b"READY=1" not in notify.recv(4096):
                pass
            seconds.append(time.monotonic() - begun)
            box.close()
    print(f"start to READY, {runs} runs: median {statistics.median(seconds):.2f} s, max {max(seconds):.2f} s")


def load(path: str) -> Pixels:
    image = cv2.imread(path)
    assert image is not None, path
    return np.asarray(image, np.uint8)


def at_least(count: int) -> Callable[[list[dict[str, Any]]], bool]:
    return lambda readings: len(readings) >= count


def memory(place: Path, count: int = 20_000) -> None:
    """Resident memory over lines of random widths."""
    rng = random.Random(1)
    paths = pictures()
    big = cv2.resize(load(str(paths[0])), (3000, 32))
    with running(place, log={"level": "warning"}) as (box, subscriber):
        assert box.daemon
        for number in range(count):
            width = rng.randrange(16, 2600)
            cv2.imwrite(str(box.path / "next.png"), np.ascontiguousarray(big[:, :width]), [cv2.IMWRITE_PNG_COMPRESSION, 1])
            (box.path / "next.png").rename(box.inbox / f"{number}.png")
            if number % 250 == 249:
                subscriber.wait(at_least(number - 100), 600)
            if number % 2000 == 1999:
                print(f"{number + 1:6} lines: RSS {resident_mib(box.daemon.pid):.1f} MiB", flush=True)


def salvage(place: Path, count: int = 100_000) -> None:
    """CPU seconds of a salvage: no page is reached by SQL, and every payload proves itself."""
    rng, mint = random.Random(1), IdMint()
    outbox = make_outbox(place, max_bytes=2**33)
    outbox.open()
    for first in range(1, count + 1, 1000):
        outbox.add([reading_of_a_line(number, rng, mint) for number in range(first, first + 1000)])
    outbox.accept(range(1, count // 2))
    outbox.close()
    with (place / "outbox.db").open("r+b") as file:
        file.write(bytes(16))
    again = make_outbox(place, max_bytes=2**33)
    begun = time.process_time()
    again.open()
    seconds = time.process_time() - begun
    assert again.salvaged
    print(f"salvage of {count} readings: {seconds:.1f} s of CPU; {again.salvaged.told}")
    again.close()


MODES: dict[str, Callable[[Path], None]] = {"start": start, "memory": memory, "salvage": salvage}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=MODES)
    with tempfile.TemporaryDirectory(prefix="edged-measure-") as place:
        MODES[parser.parse_args().mode](Path(place))


if __name__ == "__main__":
    main()
