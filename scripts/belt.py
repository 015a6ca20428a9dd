"""A rendered belt: parts with printed codes pass a camera, five a second, blurred, noisy, glaring and tilted.

    python -m scripts.belt --parts 600            # how best frame and vote do beside a single frame; the table goes to stdout
    python -m scripts.belt --parts 40 --film DIR    # the frames as pictures, for a camera of kind file

Every frame is drawn from its number and the seed: the same belt everywhere, with OpenCV's own letters, so that no font is needed.
The single frame is the one in which the code stands in the middle of the view, as a light barrier would choose it; it goes through
the same reader with the same limits. Spaces at the ends of a line are no part of a text, for neither.
"""

import argparse
import datetime as dt
import os
import queue
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from edged.config import CameraSection, Config
from edged.config.file import LoadedConfig, digest_of
from edged.flow.decode import limit_threads
from edged.flow.part_reader import PartReader
from edged.flow.parts.source import Camera
from edged.flow.parts.window import PartWindow
from edged.generation import build_generation
from edged.lib.clock import SystemClock
from edged.types import Delivery, Frame, FrameId, Origin, Outcome, Pixels, Reading, SourceName

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 640, 64  # of the view, in pixels
CODE = 300  # pixels that a code is wide
FRAMES_PER_SECOND, PARTS_PER_SECOND = 60, 5
FRAMES = FRAMES_PER_SECOND // PARTS_PER_SECOND  # of one part
STEP = 80  # pixels from frame to frame
BOX = 880  # pixels of a part; between two of them the belt shows
FIRST = FRAMES  # number of the frame in which the first code stands in the middle

SECTION: Mapping[str, Any] = {
    "kind": "camera",
    "url": "file:///belt",
    "trigger": {"kind": "presence", "region": ["25%", "0%", "50%", "100%"]},
    "window": {"seconds": 0.5, "deadline_seconds": 1.0, "frames": 5, "agree": 2},
}


def codes(parts: int, seed: int) -> list[str]:
    """A code for each part: of every twenty, ten in a row are equal."""
    rng = np.random.default_rng(seed)
    found: list[str] = []
    while len(found) < parts:
        found += [_code(rng)] * 10 + [_code(rng) for _ in range(10)]
    return found[:parts]


def _code(rng: np.random.Generator) -> str:
    return f"L{rng.integers(10_000, 99_999)} EXP {rng.integers(2026, 2030)}-{rng.integers(1, 13):02d}"


@dataclass(frozen=True)
class Belt:
    """What the camera sees."""

    parts: int
    seed: int = 1
    hardness: float = 0.7  # of blur, noise and glare
    texts: list[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", codes(self.parts, self.seed))

    @property
    def frames(self) -> int:
        """How many there are; frames are numbered from 1."""
        return FIRST + self.parts * FRAMES

    def part_of(self, number: int) -> int:
        """Whose code is nearest to the middle of a frame."""
        return round((number - FIRST) / FRAMES)

    def middle(self, part: int) -> int:
        """The frame in which its code stands in the middle."""
        return FIRST + part * FRAMES

    def frame(self, number: int, take: int = 0) -> Pixels:
        """One frame, HEIGHT x WIDTH x 3; another *take* differs in blur, light and noise."""
        rng = np.random.default_rng((self.seed, number, take))
        view = np.full((HEIGHT, WIDTH), 60.0, np.float32)  # the belt itself
        near = self.part_of(number)
        for part in (near - 1, near, near + 1):
            if 0 <= part < self.parts:
                left = WIDTH / 2 - BOX / 2 - (number - FIRST - part * FRAMES) * STEP
                _lay(view, self._box(part), left)
        hard = self.hardness
        view = _blurred(view, 1 + hard * rng.uniform(0, 9), rng.uniform(0.4, 0.4 + hard * 1.1))
        view = self._lit(view, near, rng)
        noisy = view[..., None] + rng.normal(0, 3 + hard * rng.uniform(2, 16), (HEIGHT, WIDTH, 3))
        return np.clip(noisy, 0, 255).astype(np.uint8)

    def _lit(self, view: npt.NDArray[np.float32], part: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
        """A lamp that mirrors in the part: a spot that stands still while the code passes under it."""
        own = np.random.default_rng((self.seed, 7, max(0, part)))
        x, y = own.uniform(0, WIDTH) + rng.normal(0, 6), own.uniform(0, HEIGHT)
        across, down = own.uniform(14, 34), own.uniform(8, 20)
        grid_x, grid_y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
        spot = np.exp(-(((grid_x - x) / across) ** 2) - ((grid_y - y) / down) ** 2)
        return view * np.float32(rng.uniform(0.8, 1.1)) + (self.hardness * own.uniform(60, 260) * spot).astype(np.float32)

    def _box(self, part: int) -> npt.NDArray[np.float32]:
        return _drawn(self.texts[part], self.seed, part)


@lru_cache(maxsize=8)
def _drawn(text: str, seed: int, part: int) -> npt.NDArray[np.float32]:
    """The face of one part with its code, HEIGHT x BOX."""
    rng = np.random.default_rng((seed, 3, part))
    ground = rng.uniform(150, 200)
    face = np.full((HEIGHT, BOX), ground, np.float32)
    face += cv2.GaussianBlur(rng.normal(0, 18, face.shape).astype(np.float32), (0, 0), 2)
    font, thickness = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX)[rng.integers(2)], int(rng.integers(1, 3))
    (wide, tall), _ = cv2.getTextSize(text, font, 1.0, thickness)
    scale = CODE / wide
    ink = np.zeros((HEIGHT, BOX), np.float32)
    place = round((BOX - CODE) / 2), round((HEIGHT + tall * scale) / 2 + rng.uniform(-6, 6))
    cv2.putText(ink, text, place, font, scale, 1.0, thickness, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((BOX / 2, HEIGHT / 2), float(rng.uniform(-3.5, 3.5)), 1.0)
    ink = cv2.warpAffine(ink, turn, (BOX, HEIGHT))  # type: ignore[assignment]
    return face * (1 - ink * np.float32(rng.uniform(0.35, 0.85)))


def _lay(view: npt.NDArray[np.float32], box: npt.NDArray[np.float32], left: float) -> None:
    """Put a part into the view where its left side stands."""
    start = round(left)
    first, last = max(0, start), min(WIDTH, start + box.shape[1])
    if first < last:
        view[:, first:last] = box[:, first - start : last - start]


def _blurred(view: npt.NDArray[np.float32], across: float, lens: float) -> npt.NDArray[np.float32]:
    """What moves while the shutter is open, and a lens that is not quite in focus."""
    length = max(1, round(across))
    moved = cv2.blur(view, (length, 1))
    return cv2.GaussianBlur(moved, (0, 0), lens)  # type: ignore[return-value]


class Nothing:
    """Where no frames come from."""

    waits, trouble, stopped = False, "", False

    def step(self, seconds: float) -> None:
        """Nothing comes."""
        time.sleep(seconds)


class BeltCamera:
    """A `FrameSource` on the belt: in real time, where who is slow misses frames, or as fast as it is read."""

    def __init__(self, belt: Belt, *, fast: bool = False) -> None:
        self.belt, self.fast, self._number = belt, fast, 0
        self._since = 0.0
        self.passed_over = 0
        self._drawn: dict[int, Pixels] = {}

    def open(self) -> None:
        """In real time, everything is drawn before it is played."""
        self._drawn = {} if self.fast else {number: self.belt.frame(number) for number in range(1, self.belt.frames + 1)}

    def newer(self, than: int, timeout: float) -> Frame | None:
        """The newest, or the next."""
        if self.fast:
            self._number = min(self._number + 1, self.belt.frames)
            image = self.belt.frame(self._number)
            return (
                Frame(image=image, number=self._number, captured_at=dt.datetime.now(dt.UTC), at=time.monotonic())
                if than < self._number
                else None
            )
        self._since = self._since or time.monotonic()
        due = self._since + (than + 1) / FRAMES_PER_SECOND
        now = time.monotonic()
        if now < due:
            time.sleep(min(timeout, due - now))
        now = time.monotonic()
        number = min(self.belt.frames, int((now - self._since) * FRAMES_PER_SECOND))
        if number <= than:
            return None
        self.passed_over += number - than - 1
        at = self._since + number / FRAMES_PER_SECOND
        captured = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=now - at)
        return Frame(image=self._drawn[number].copy(), number=number, captured_at=captured, at=at)

    @property
    def looked(self) -> bool:
        return True

    @property
    def ended(self) -> bool:
        return (
            self._number == self.belt.frames
            if self.fast
            else self._since > 0 and time.monotonic() > self._since + (self.belt.frames + FRAMES) / FRAMES_PER_SECOND
        )

    @property
    def trouble(self) -> str:
        return ""

    def told(self) -> Mapping[str, Any]:
        return {"state": "playing", "passed_over": self.passed_over}

    def change(self, section: CameraSection) -> None:
        pass

    def close(self) -> None:
        pass


def reader_of(models: Path, keys: Mapping[str, Any]) -> tuple[PartReader, CameraSection]:
    """The reader that the daemon would have for this camera."""
    config = Config.model_validate({"version": 1, "device": "belt", "models_dir": models, "sources": {"belt": {**SECTION, **keys}}})
    generation = build_generation(LoadedConfig(config=config, digest=digest_of(config), path=ROOT), SystemClock())
    reader = generation.readers[SourceName("belt")]
    assert isinstance(reader, PartReader)
    return reader, config.cameras["belt"]


def single(reader: PartReader, image: Pixels) -> Reading:
    """What one frame alone reads as, as the only frame of its part."""
    now = dt.datetime.now(dt.UTC)
    frame = Frame(image=image, number=1, captured_at=now, at=time.monotonic())
    window = PartWindow(frame.at, frame.at, frame.at + 60, keep=1, pump=Nothing())
    window.offer(frame, lambda: 0.0)
    window.shut()
    delivery = Delivery(
        id=FrameId("single"),
        source=SourceName("belt"),
        captured_at=now,
        origin=Origin(name="single", sha256=None, bytes=None, modified_at=None),
        attempt=1,
        window=window,
    )
    done: queue.SimpleQueue[Any] = queue.SimpleQueue()
    reader.begin(delivery, done.put)
    return reader.conclude(done.get())


def readings(camera: Camera, frames: BeltCamera, reader: PartReader) -> Iterator[Reading]:
    """Every reading of the belt."""
    stop = threading.Event()

    def beat() -> None:
        if frames.ended:
            stop.set()

    for delivery in camera.deliveries(stop, beat):
        done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        window = delivery.window
        assert window is not None
        reader.begin(delivery, done.put, beat)
        reading = reader.conclude(done.get())
        camera.finish(reading.id, reading.outcome, reading.reasons)
        yield reading


@dataclass(frozen=True)
class Score:
    """How many of how many."""

    parts: int
    right: int
    answered: int  # `ok`
    wrong: int  # of the answered

    @property
    def misread(self) -> float:
        """The share that does not say what is printed."""
        return 1 - self.right / self.parts

    def row(self, name: str) -> str:
        """For the table."""
        wrong = self.wrong / max(1, self.answered)
        return f"| {name} | {self.misread:.1%} | {self.answered / self.parts:.1%} | {self.wrong} of {self.answered} ({wrong:.2%}) |"


@dataclass(frozen=True)
class Tally:
    """How a belt was read."""

    score: Score
    doubled: int = 0
    merged: int = 0
    missed: int = 0
    passed_over: int = 0  # frames
    voted: Mapping[int, int] = field(default_factory=dict)  # parts by the number of frames that voted


def scored(found: list[tuple[Reading, str]], parts: int) -> Score:
    """Readings beside what they should say."""
    right = [reading.text == text for reading, text in found]
    sure = [reading.outcome is Outcome.OK for reading, _ in found]
    wrong = sum(one and not two for one, two in zip(sure, right, strict=True))
    return Score(parts=parts, right=sum(right), answered=sum(sure), wrong=wrong)


def singles(belt: Belt, reader: PartReader) -> Tally:
    """Each part by the one frame in which it stands in the middle."""
    found = [(single(reader, belt.frame(belt.middle(part))), belt.texts[part]) for part in range(belt.parts)]
    return Tally(score=scored(found, belt.parts))


def played(belt: Belt, reader: PartReader, section: CameraSection, journal: Path, *, fast: bool) -> Tally:
    """The parts as the camera reads them."""
    frames = BeltCamera(belt, fast=fast)
    camera = Camera(SourceName("belt"), section, frames, journal=journal, find=lambda _: None, clock=SystemClock())
    camera.open()
    found: dict[int, list[Reading]] = {}
    for reading in readings(camera, frames, reader):
        number = int(reading.origin.name.rpartition(" ")[2]) if reading.origin.width else -FRAMES
        found.setdefault(belt.part_of(number), []).append(reading)
    told = camera.told()
    camera.close()
    firsts = [(one, belt.texts[part]) for part, all_of in found.items() if 0 <= part < belt.parts for one in all_of[:1]]
    return Tally(
        score=scored(firsts, belt.parts),
        doubled=sum(len(all_of) - 1 for all_of in found.values()),
        merged=sum(part not in found for part in range(belt.parts)),
        missed=told["missed"],
        passed_over=frames.passed_over,
        voted=Counter(max((line.frames for line in one.lines), default=0) for all_of in found.values() for one in all_of),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hardness", type=float, default=0.7)
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--fast", action="store_true", help="not in real time: as fast as it is read, every frame seen, on any machine")
    parser.add_argument("--film", type=Path, help="only write the frames into this folder")
    arguments = parser.parse_args()
    belt = Belt(arguments.parts, arguments.seed, arguments.hardness)
    if arguments.film:
        arguments.film.mkdir(parents=True, exist_ok=True)
        for number in range(1, belt.frames + 1):
            cv2.imwrite(str(arguments.film / f"{number:06d}.jpg"), belt.frame(number))
        return 0
    limit_threads(1)
    patient = {"window": {"seconds": 30, "deadline_seconds": 30}, "file": {"pace": "fast"}} if arguments.fast else {}
    reader, section = reader_of(arguments.models, patient)
    return measure(belt, reader, section, fast=arguments.fast)


def measure(belt: Belt, reader: PartReader, section: CameraSection, *, fast: bool) -> int:
    """Play the belt, and print how it went."""
    alone = singles(belt, reader)
    with tempfile.TemporaryDirectory() as folder:
        voted = played(belt, reader, section, Path(folder) / "belt", fast=fast)
    paces = "as fast as read" if fast else f"{PARTS_PER_SECOND} a second, {FRAMES_PER_SECOND} frames a second"
    print(f"{belt.parts} parts, {paces}, seed {belt.seed}, hardness {belt.hardness:g}\n")
    print("| | misread | answered | wrong of these |\n|---|---|---|---|")
    print(alone.score.row("single frame"))
    print(voted.score.row("best frame and vote"))
    told = f"doubled {voted.doubled}, merged {voted.merged}, {voted.missed} missed"
    print(f"\n{told}; {voted.passed_over} of {belt.frames} frames passed over")
    print(f"frames that voted: {', '.join(f'{count} x {number}' for number, count in sorted(voted.voted.items()))}")
    return 0 if not voted.doubled and not voted.merged else 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # while threads of the runtime end, the interpreter is not taken down
