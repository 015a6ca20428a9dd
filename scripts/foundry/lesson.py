"""Lessons: what the teacher says of drawn or real lines, computed once, kept in shards.

usage: python -m scripts.foundry.lesson MIX OUT --count N [--seed S] [--onnx FILE] [--workers 1] [--threads 2] [--precision bf16]

A shard has the lines of one stretch of indices: whoever asks for the same mix, seed and count gets the same lines, and
a run that was cut off goes on with the next shard.
"""

import argparse
import multiprocessing
import os
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from scripts.foundry.teacher import HEIGHT, STRIDE, Taught, Teacher, normalised

SHARD: Final = 2048
BATCH: Final = 16
WIDTHS: Final = (64, 96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 960, 1280)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A line ready for the teacher."""

    image: NDArray[np.uint8]  # 48 x W x 3
    text: str
    kind: str


def to_height(image: NDArray[np.uint8], height: int = HEIGHT, widest: int = WIDTHS[-1]) -> NDArray[np.uint8]:
    """As the daemon does it: areas where it shrinks, bilinear where it grows, width rounded up."""
    tall, wide = image.shape[:2]
    size = (min(widest, max(STRIDE, -(-height * wide // tall))), height)
    how = cv2.INTER_AREA if tall > height else cv2.INTER_LINEAR
    return image if (wide, tall) == size else cv2.resize(image, size, interpolation=how)  # type: ignore[return-value]


def drawn(mix: str, seed: int, first: int, count: int) -> list[Drawn]:
    """Draw one stretch of a mix."""
    from scripts.foundry.mix import draw  # fonts are opened in the worker

    cv2.setNumThreads(1)
    lines = []
    for index in range(first, first + count):
        sample = draw(mix, seed, index)
        lines.append(Drawn(image=to_height(sample.image), text=sample.text, kind=sample.kind))
    return lines


def taught(teacher: Teacher, lines: Sequence[Drawn]) -> dict[str, NDArray[np.generic]]:
    """All arrays of a shard; steps of all lines one after the other, `starts` says where each begins."""
    order = sorted(range(len(lines)), key=lambda i: lines[i].image.shape[1])
    answers: dict[int, tuple[Taught, int, int]] = {}
    for width, group in _batches(lines, order):
        images = [lines[i].image for i in group]
        spare = at_once(width) - len(images)
        answer = teacher.ask(normalised([*images, *[images[0][:, :STRIDE]] * spare], width))
        answers |= {i: (answer, row, min(width // STRIDE, -(-lines[i].image.shape[1] // STRIDE) + 2)) for row, i in enumerate(group)}
    parts = [answers[i] for i in range(len(lines))]
    lengths = np.array([steps for _, _, steps in parts], np.int32)
    names = ("front", "neck")
    arrays: dict[str, NDArray[np.generic]] = {n: np.concatenate([getattr(a, n)[row, :steps] for a, row, steps in parts]) for n in names}
    return arrays | {
        "starts": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        "texts": np.array([line.text for line in lines]),
        "kinds": np.array([line.kind for line in lines]),
    }


def _batches(lines: Sequence[Drawn], order: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    """The width of a batch and its lines, out of an *order* by width."""
    for width, found in groupby(order, key=lambda i: bucket(lines[i].image.shape[1])):
        group = list(found)
        for start in range(0, len(group), at_once(width)):
            yield width, group[start : start + at_once(width)]


def at_once(width: int) -> int:
    """How many lines of that width a batch has: fewer wide ones, so that memory stays small."""
    return BATCH if width <= 640 else BATCH // 4


def bucket(width: int) -> int:
    """The narrowest shape that holds *width* pixels."""
    return next((w for w in WIDTHS if width <= w), WIDTHS[-1])


def save(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    """Write a shard whole or not at all."""
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    partial.rename(path)


def main() -> None:
    """Compute what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mix")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of the teacher; 1 where the machine does other work as well")
    parser.add_argument("--precision", default="bf16")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    seed = zlib.crc32(f"{args.mix}/{args.seed}".encode())
    firsts = [first for first in range(0, args.count, SHARD) if not _path(args, first).exists()]
    teacher = Teacher(args.onnx, precision=args.precision, threads=args.threads)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(args.workers, mp_context=context) as pool, tqdm(total=len(firsts) * SHARD, unit="line") as bar:
        ahead = {}
        for number, first in enumerate(firsts):
            for coming in firsts[number : number + 2]:
                if coming not in ahead:
                    ahead[coming] = [pool.submit(drawn, args.mix, seed, part, 256) for part in range(coming, coming + SHARD, 256)]
            lines = [line for part in ahead.pop(first) for line in part.result()]
            save(_path(args, first), taught(teacher, lines))
            bar.update(SHARD)


def _path(args: argparse.Namespace, first: int) -> Path:
    return Path(args.out, f"{args.mix}-{args.seed}-{first:08d}.npz")


if __name__ == "__main__":
    main()
