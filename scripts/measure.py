"""Measure the daemon on this box: start, latency, CPU, memory. Every figure of the README comes from here.

    .venv/bin/python scripts/measure.py start            process start to READY
    .venv/bin/python scripts/measure.py latency          close-write and moved-in to message, at 5 files per second
    .venv/bin/python scripts/measure.py rate             files per second when the inbox is full
    .venv/bin/python scripts/measure.py memory           resident memory over 20,000 lines of random widths
    .venv/bin/python scripts/measure.py writes           syncs and bytes written per reading when the inbox is full (needs strace)

Machines are shared and noisy: compare figures of one run with each other, not with another day's.
"""

import argparse
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from edged.types import Pixels  # noqa: E402
from tests.end_to_end.box import SAMPLES, Box, Subscriber, running  # noqa: E402 - the project's own box

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def percentile(values: list[float], share: float) -> float:
    return float(np.percentile(values, share * 100))


def line(values: list[float]) -> str:
    shares = "  ".join(f"p{round(share * 100)} {percentile(values, share):6.1f}" for share in (0.5, 0.9, 0.99))
    return f"{shares}  max {max(values):6.1f} ms"


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


def inference_cpu_ms(paths: Sequence[Path | str], pace: float) -> float:
    """CPU per line of the bare inference at the same pace, in a process of its own."""
    code = f"""
import sys, time; sys.path.insert(0, {str(ROOT)!r})
from scripts.measure import bare_inference
bare_inference({[str(p) for p in paths]!r}, {pace})
"""
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def load(path: str) -> Pixels:
    image = cv2.imread(path)
    assert image is not None, path
    return np.asarray(image, np.uint8)


def bare_inference(paths: list[str], pace: float) -> None:
    """Print the CPU milliseconds per line of nothing but inference."""
    from edged.config import FolderSection, ModelSection, RecogniseSection
    from edged.generation import Builder
    from edged.lib.clock import SystemClock

    builder = Builder([ROOT / "models"], RecogniseSection(), config="", clock=SystemClock())
    steps = builder.reader(FolderSection(path=ROOT), ModelSection()).steps
    lines = [steps.cut(line.image) for path in paths for line in steps.layout(load(path))]
    for pieces in lines:  # every shape compiled before anything is measured
        recognise(steps.submit, pieces)
    begun = time.process_time()
    for pieces in lines:
        recognise(steps.submit, pieces)
        time.sleep(pace)
    print((time.process_time() - begun) * 1000 / len(lines))


def recognise(submit: Callable[..., None], pieces: Sequence[object]) -> None:
    answered = threading.Semaphore(0)
    for piece in pieces:
        submit(piece, lambda *_: answered.release())
    for _ in pieces:
        answered.acquire()


def put(box: Box, picture: Path, name: str, closed: dict[str, float]) -> None:
    """Write a file in place; its time is the close."""
    with (box.inbox / name).open("wb") as file:
        file.write(picture.read_bytes())
    closed[name] = time.time()


def move(box: Box, picture: Path, name: str, closed: dict[str, float]) -> None:
    """Move a finished file in; its time is the rename."""
    part = box.path / name
    shutil.copyfile(picture, part)
    part.rename(box.inbox / name)
    closed[name] = time.time()


def latency(place: Path, count: int = 300, pace: float = 0.2) -> None:
    """Close-write to message at the subscriber, moved-in likewise, and CPU per file."""
    paths = pictures()
    for way in (put, move):
        with running(place / way.__name__) as (box, subscriber):
            assert box.daemon
            warm(box, subscriber, paths)
            before = cpu_seconds(box.daemon.pid)
            idle = time.monotonic()
            closed: dict[str, float] = {}
            for number in range(count):
                picture = paths[number % len(paths)]
                way(box, picture, f"m{number}{picture.suffix}", closed)
                time.sleep(pace)
            readings = subscriber.wait(lambda readings: len(readings) >= count + len(paths))
            cpu = (cpu_seconds(box.daemon.pid) - before) * 1000 / count
            print(f"\n{way.__name__}, {count} files at {1 / pace:.0f} per second ({time.monotonic() - idle:.0f} s)")
            report(subscriber, closed)
            recognised = [r["timing_ms"]["recognise"] for r in readings if r["origin"]["name"] in closed]
            print(f"inference (recognise) {line(recognised)}")
            bare = inference_cpu_ms([str(paths[n % len(paths)]) for n in range(min(count, 100))], pace)
            print(f"CPU per file {cpu:.2f} ms, of which inference {bare:.2f} ms, beyond inference {cpu - bare:.2f} ms")
            print(f"resident memory {resident_mib(box.daemon.pid):.0f} MiB")


def at_least(count: int) -> Callable[[list[dict[str, Any]]], bool]:
    return lambda readings: len(readings) >= count


def warm(box: Box, subscriber: Subscriber, paths: list[Path]) -> None:
    """Read every sample once, so that every bucket is compiled."""
    for path in paths:
        box.drop(path)
    subscriber.wait(lambda readings: len(readings) >= len(paths))


def report(subscriber: Subscriber, closed: dict[str, float]) -> None:
    arrived = {p["origin"]["name"]: at for at, topic, p in subscriber.messages if "/read/" in topic}
    print(f"to message            {line([(arrived[name] - at) * 1000 for name, at in closed.items()])}")


def rate(place: Path, count: int = 2000) -> None:
    """Files per second and CPU per file with a full inbox."""
    paths = pictures()
    with running(place) as (box, subscriber):
        assert box.daemon
        warm(box, subscriber, paths)
        before, begun = cpu_seconds(box.daemon.pid), time.monotonic()
        for number in range(count):
            shutil.copyfile(paths[number % len(paths)], box.inbox / f"r{number}.png")
        subscriber.wait(lambda readings: len(readings) >= count + len(paths), 600)
        seconds = time.monotonic() - begun
        cpu = (cpu_seconds(box.daemon.pid) - before) * 1000 / count
        print(f"{count} files in {seconds:.1f} s: {count / seconds:.0f} per second, {cpu:.1f} ms CPU per file")


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


def writes(place: Path, count: int = 1000) -> None:
    """Syncs and bytes written per reading with a full inbox: what the daemon asks for, and what reaches the disk."""
    paths = pictures()
    with running(place, log={"level": "warning"}) as (box, subscriber):
        assert box.daemon
        warm(box, subscriber, paths)
        calls = place / "calls"
        trace = ["strace", "-f", "-c", "-o", str(calls), "-e", "trace=fsync,fdatasync", "-p", str(box.daemon.pid)]
        tracer = subprocess.Popen(trace, stderr=subprocess.PIPE, text=True)
        assert tracer.stderr
        tracer.stderr.readline()  # it is attached
        before = written(box.daemon.pid)
        for number in range(count):
            shutil.copyfile(paths[number % len(paths)], box.inbox / f"w{number}.png")
        subscriber.wait(at_least(count + len(paths)), 600)
        after = written(box.daemon.pid)
        tracer.terminate()
        tracer.communicate()
        rows = (line.split() for line in calls.read_text().splitlines())
        syncs = {row[-1]: int(row[3]) for row in rows if row and row[-1] in ("fsync", "fdatasync")}
        asked, reached = ((now - then) / count / 1024 for now, then in zip(after, before, strict=True))
        each = sum(syncs.values()) / count
        print(f"{count} readings: {each:.2f} syncs each {syncs}, {asked:.1f} KiB written each, {reached:.1f} KiB to the disk")


def written(pid: int) -> tuple[int, int]:
    """Bytes that a process wrote, and those of them that were sent to a disk."""
    told = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(told["wchar"]), int(told["write_bytes"])


MODES: dict[str, Callable[[Path], None]] = {"start": start, "latency": latency, "rate": rate, "memory": memory, "writes": writes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=MODES)
    with tempfile.TemporaryDirectory(prefix="edged-measure-") as place:
        MODES[parser.parse_args().mode](Path(place))


if __name__ == "__main__":
    main()
