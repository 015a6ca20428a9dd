"""What a camera in a process of its own costs, and how long its troubles last.

usage: python -m scripts.camera_bench [--frames 300] [--rounds 5]

The cost is measured with a film of 1920 x 1080 in MJPEG, read by OpenCV alone and through the other process in the same run, in turns.
The troubles are those of a real RTSP server on loopback (`make setup` brings it), with the settings that an operator has by default.
"""

import argparse
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from edged.capture.look import looked_at
from edged.capture.ring import RingReader, RingWriter
from edged.flow.camera.capture import Capture
from edged.flow.camera.course import Times
from tests.doubles.cameras import capture_of
from tests.doubles.rtsp_camera import RtspCamera, render_parts


def film(path: Path, frames: int) -> Path:
    """Noise that moves over a part, as a sensor has it."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (1920, 1080))
    noise = np.random.default_rng(1).integers(0, 40, (1180, 2020, 3), np.uint8)
    for index in range(frames):
        image = np.ascontiguousarray(noise[index % 100 : index % 100 + 1080, index % 100 : index % 100 + 1920])
        cv2.putText(image, f"LOT A{index:04}", (200 + index % 300, 500), cv2.FONT_HERSHEY_SIMPLEX, 4, (220, 230, 240), 9)
        writer.write(image)
    writer.release()
    return path


def bare(path: Path, frames: int) -> tuple[float, float]:
    """Seconds for each frame by OpenCV alone, in this process, with one thread, and CPU of it."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    began, used = time.perf_counter(), _own()
    for _ in range(frames):
        assert capture.read()[0]
    return (time.perf_counter() - began) / frames, (_own() - used) / frames


def through(path: Path, frames: int) -> tuple[float, float, float]:
    """Seconds for each frame through the other process, in lock step, and CPU of this one and of that one for it."""
    capture = capture_of({"url": f"file://{path}", "file": {"pace": "fast"}})
    capture.open()
    try:
        assert capture.newer(0, 30) is not None
        began, used, theirs = time.perf_counter(), _own(), _of(capture)
        for than in range(1, frames):
            assert capture.newer(than, 30) is not None
        passed, used, theirs = time.perf_counter() - began, _own() - used, _of(capture) - theirs
        return passed / (frames - 1), used / (frames - 1), theirs / (frames - 1)
    finally:
        capture.close()


def _own() -> float:
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def _of(capture: Capture) -> float:
    """CPU that the other process used so far, in seconds."""
    fields = Path(f"/proc/{_pid(capture)}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pid(capture: Capture) -> int:
    link = capture._link  # noqa: SLF001 - a measurement may look inside
    assert link is not None
    assert link._child is not None  # noqa: SLF001
    return link._child.pid  # noqa: SLF001


def pieces() -> dict[str, float]:
    """Milliseconds of each piece of handing one 1080p frame over, at best of 50."""
    writer = RingWriter(1920, 1080)
    reader = RingReader(writer.fd, 1920, 1080, writer.slots)
    frame = np.random.default_rng(1).integers(0, 255, (1080, 1920, 3), np.uint8)
    stamp = 0

    def put() -> None:
        nonlocal stamp
        writer.begin(0)[:] = frame
        stamp = writer.end(0)

    def best(work: Callable[[], object]) -> float:
        times = []
        for _ in range(50):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
        return 1000 * min(times)

    return {"into shared memory": best(put), "look": best(lambda: looked_at(frame)), "out of it": best(lambda: reader.copy(0, stamp))}


def cost(folder: Path, frames: int) -> None:
    path = film(folder / "film.avi", frames)
    rounds = [(*bare(path, frames), *through(path, frames)) for _ in range(3)]
    wall, cpu, other, own, theirs = (1000 * min(column) for column in zip(*rounds, strict=True))
    print(f"1920 x 1080, {frames} frames, best of 3, ms a frame: OpenCV alone {wall:.2f}, through the other process {other:.2f}")
    both = (own + theirs) / cpu
    print(f"CPU, ms a frame: OpenCV alone {cpu:.2f}; the daemon {own:.2f} and the other process {theirs:.2f}: {both:.2f} times")
    print("pieces, ms: " + ", ".join(f"{name} {value:.2f}" for name, value in pieces().items()))


def _wait(predicate: Callable[[], bool]) -> float:
    began = time.monotonic()
    while not predicate():
        time.sleep(0.01)
        assert time.monotonic() - began < 60, "not within a minute"
    return time.monotonic() - began


def troubles(folder: Path, rounds: int) -> None:
    """With default settings: how long until a freeze is told, and until frames are back."""
    server = RtspCamera(render_parts(folder / "parts"))
    server.start()
    capture = capture_of({"url": server.url}, times=Times())
    capture.open()
    seen: list[float] = []
    back: dict[str, list[float]] = {"thawed": [], "after 1 s off": [], "after 20 s off": []}
    try:
        _wait(lambda: capture.told()["state"] == "streaming")
        for _ in range(rounds):
            _wait(lambda: capture.newer(capture.told()["frames"], 5) is not None)
            server.freeze()
            seen.append(_wait(lambda: capture.trouble != ""))
            server.thaw()
            back["thawed"].append(_back(capture))
            for off in (1, 20):
                server.kill()
                time.sleep(off)
                server.start()
                back[f"after {off} s off"].append(_back(capture))
    finally:
        capture.close()
        server.kill()
    print(f"a freeze is told after {statistics.median(seen):.2f} s in the median, {max(seen):.2f} s at worst of {rounds} (read_seconds 4)")
    for name, times in back.items():
        print(f"frames are back, {name}: {statistics.median(times):.2f} s in the median, {max(times):.2f} s at worst")


def _back(capture: Capture) -> float:
    frames = capture.told()["frames"]
    return _wait(lambda: capture.told()["state"] == "streaming" and capture.told()["frames"] > frames)


def child_memory(folder: Path) -> None:
    """What the other process holds while it plays 1080p."""
    path = film(folder / "short.avi", 40)
    capture = capture_of({"url": f"file://{path}", "file": {"loop": True}})
    capture.open()
    assert capture.newer(30, 30) is not None
    status = Path(f"/proc/{_pid(capture)}/status").read_text(encoding="ascii")
    told = dict(line.split(":", 1) for line in status.splitlines())
    shown = ("VmRSS", "RssAnon", "RssFile", "RssShmem", "Threads")
    print("the other process: " + ", ".join(f"{name} {told[name].strip()}" for name in shown))
    capture.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    folder = Path(tempfile.mkdtemp(prefix="camera-bench-"))
    try:
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        cost(folder, arguments.frames)
        child_memory(folder)
        if arguments.rounds:
            troubles(folder, arguments.rounds)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
