"""Large frames by a real daemon with layout detect: what is read, how fast, and how much memory it takes.

    python -m scripts.large_frames [--megapixels 12 48] [--frames 100] [--height 40]

Draws frames of 40 lines of known text, drops them one after another, each after the reading of the one before, and tells the lines that
are right to the last character, the time from bytes to reading as readings tell it, and the memory of the daemon: resident, and its own.

Needs pillow (not a dependency of edged), mosquitto and the Debian package fonts-dejavu-core. Machines are shared and noisy: the fastest
frame is told beside the median, and the load with them.
"""

import argparse
import io
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont  # type: ignore[import-not-found,unused-ignore]

from tests.end_to_end.box import Box, Subscriber, running

FONTS: Final = Path("/usr/share/fonts/truetype/dejavu")
FACES: Final = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSansMono.ttf")
LINES: Final = 40
_CAPITAL: Final = 0.73  # of the size of a font: the height of its capitals
_DISTINCT: Final = 4  # frames that differ; then they come again
_WARM: Final = 3  # frames before the clock runs
_WORDS: Final = ("lot", "serial", "date", "batch", "pump", "valve", "motor", "relay", "panel", "cable", "torque", "grade", "steel", "water")


class Page(NamedTuple):
    """A drawn frame."""

    jpeg: bytes
    lines: tuple[str, ...]  # from top to bottom


def page(wide: int, tall: int, height: int, seed: int) -> Page:
    """A frame with lines of *height* pixels, each at another place of its row, on grained paper."""
    rng = random.Random(seed)
    image = Image.new("RGB", (wide, tall), (228, 224, 214))
    draw = ImageDraw.Draw(image)
    texts = []
    for row in range(LINES):
        face = ImageFont.truetype(str(FONTS / rng.choice(FACES)), round(height / _CAPITAL))
        text = f"{rng.choice(_WORDS).upper()} {rng.randrange(10**6):06d} {rng.choice(_WORDS)}"
        room = wide - round(draw.textlength(text, font=face)) - 2 * height
        draw.text((height + rng.randrange(max(1, room)), round((row + 0.3) * tall / LINES)), text, font=face, fill=(38, 40, 52))
        texts.append(text)
    grain = np.random.default_rng(seed).normal(0, 5, (512, 512, 1)).astype(np.int8)
    pixels = np.asarray(image)
    noisy = np.empty_like(pixels)
    for top in range(0, tall, 512):
        band = pixels[top : top + 512]
        noisy[top : top + 512] = np.clip(band + np.tile(grain, (1, wide // 512 + 1, 1))[: len(band), :wide].astype(np.int16), 0, 255)
    file = io.BytesIO()
    Image.fromarray(noisy).save(file, "JPEG", quality=90)
    return Page(file.getvalue(), tuple(texts))


def memory(pid: int) -> dict[str, float]:
    """Of a process, in MiB: resident, its own (no file behind it), and the most that was ever resident."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines() + Path(f"/proc/{pid}/status").read_text().splitlines()
    values = {row.split(":")[0]: row.split()[1] for row in rows if row.endswith("kB")}
    return {name: int(values[name]) / 1024 for name in ("Rss", "Anonymous", "VmHWM")}


@contextmanager
def daemon() -> Iterator[tuple[Box, Subscriber]]:
    """One that looks for text."""
    with tempfile.TemporaryDirectory(prefix="edged-large-") as place:
        limits = {"max_pixels": 2**26, "max_file_bytes": 2**26}
        inbox = {"layout": "detect", "limits": limits, "after": "delete"}
        with running(Path(place), log={"level": "warning"}, inbox=inbox) as (box, subscriber):
            yield box, subscriber


def read(box: Box, subscriber: Subscriber, data: bytes, name: str) -> dict[str, Any]:
    """Drop a frame and wait for its reading."""
    before = subscriber.count()
    part = box.inbox / f".{name}.part"
    part.write_bytes(data)
    part.rename(box.inbox / name)
    return subscriber.wait(lambda readings: len(readings) > before, 600)[-1]


def measure(box: Box, subscriber: Subscriber, megapixels: float, height: int, frames: int) -> None:
    """Tell the figures of frames of one size."""
    tall = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    wide = round(tall * 4 / 3)
    pages = [page(wide, tall, height, seed) for seed in range(_DISTINCT)]
    right, times, steps = 0, list[float](), dict[str, list[float]]()
    assert box.daemon
    for number in range(frames + _WARM):
        jpeg, lines = pages[number % _DISTINCT]
        reading = read(box, subscriber, jpeg, f"{megapixels:g}-{height}-{number}.jpg")
        if number < _WARM:
            continue
        right += sum(text == line["text"] for text, line in zip(lines, reading["lines"], strict=False)) * (len(reading["lines"]) == LINES)
        times.append(reading["timing_ms"]["total"] / 1000)
        for step, took in reading["timing_ms"].items():
            steps.setdefault(step, []).append(took)
        if number == _WARM or (number - _WARM) % 20 == 19:
            own = memory(box.daemon.pid)
            print(f"  {number - _WARM + 1:4} frames: " + ", ".join(f"{key} {value:.0f} MiB" for key, value in own.items()), flush=True)
    print(
        f"{megapixels:g} MP ({wide} x {tall}, {len(pages[0].jpeg) / 1e6:.1f} MB), capitals of {height} pixels: "
        f"{right} of {LINES * frames} lines right; bytes to reading {min(times):.2f} s at best, median {statistics.median(times):.2f} s; "
        + ", ".join(f"{step} {min(took):.0f}" for step, took in steps.items())
        + f" ms at best; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, nargs="*", default=[12, 48])
    parser.add_argument("--height", type=int, nargs="*", default=[40], help="of capitals, in pixels")
    parser.add_argument("--frames", type=int, default=100)
    args = parser.parse_args()
    with daemon() as (box, subscriber):
        assert box.daemon
        print(f"at rest: {memory(box.daemon.pid)}", flush=True)
        for megapixels in args.megapixels:
            for height in args.height:
                measure(box, subscriber, megapixels, height, args.frames)
        time.sleep(2)
        print(f"afterwards: {memory(box.daemon.pid)}", flush=True)


if __name__ == "__main__":
    main()
