"""Batches of drawn codes, made while the training runs and never stored.

A chunk of lines is told by seed and number alone, so that a run that was cut off, or that has more workers, sees the same lines.
"""

import multiprocessing
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from edged.tuning.vary import varied
from scripts.foundry.codes.turned import reads_both_ways, upside_down
from scripts.foundry.codes_network import HEIGHT, STRIDE, TURNED, characters
from scripts.foundry.lesson import to_height
from scripts.foundry.mix import draw
from scripts.foundry.sample import Image, Sample
from scripts.foundry.shards import steps_needed

CHUNK: Final = 512
WIDEST: Final = 640
PADDING: Final = 128  # what the daemon puts right of a picture
_TURNED_SHARE: Final = 0.15
_TRIES: Final = 50
UNTOLD: Final = -100
"""No class: what PyTorch's cross entropy leaves out."""
_MARGIN: Final = 1  # the daemon looks at one step more than the picture has

MixShares = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One picture 32 high, and what is to be learnt of it."""

    image: Image
    labels: tuple[int, ...]
    turned: bool
    steps: NDArray[np.int64] | None = None  # the class at each step, as far as a larger model told it


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """N lines of at most W pixels."""

    pictures: Tensor  # N x 3 x 32 x W, u8
    lengths: Tensor  # N, steps
    labels: Tensor  # all labels of the upright lines, one after the other
    label_lengths: Tensor  # N, 0 for a line upside down
    turned: Tensor  # N, 1 where the line stands upside down, else 0
    steps: Tensor  # N x T, the class at each step, `UNTOLD` where nobody told it


@cache
def classes() -> dict[str, int]:
    """Class of each character; the blank is 0, and `TURNED` is nobody's label."""
    return {c: i for i, c in enumerate(characters(), start=1) if c != TURNED}


def steps_of(width: int) -> int:
    """How many steps count of a picture of that width."""
    return -(-width // STRIDE) + _MARGIN


def line_of(sample: Sample, *, turned: bool) -> Line | None:
    """The sample as a line, upside down where *turned*; None where it cannot be learnt.

    A text that reads both ways is never turned: nothing but the context could tell, so it counts as upright.
    """
    already = sample.kind.endswith("_upsidedown")
    if reads_both_ways(sample.text) and already:
        return None
    if turned and not already and sample.text and not reads_both_ways(sample.text):
        sample, already = upside_down(sample), True
    image = to_height(sample.image, HEIGHT, 1 << 14)
    labels = tuple(classes().get(c, 0) for c in sample.text)
    if image.shape[1] > WIDEST or 0 in labels or steps_needed(labels) > steps_of(image.shape[1]):
        return None
    return Line(image=image, labels=labels, turned=already)


def chunk(mixes: MixShares, seed: int, number: int, count: int = CHUNK) -> list[Line]:
    """The lines of one chunk.

    Raises:
        ValueError: The mixes hold next to nothing that can be learnt.
    """
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, number])
    shares = np.array([share for _, share in mixes])
    lines: list[Line] = []
    for _ in range(_TRIES * count):
        mix = mixes[int(rng.choice(len(mixes), p=shares / shares.sum()))][0]
        sample = draw(mix, zlib.crc32(f"{mix}/{seed}".encode()), int(rng.integers(1 << 40)))
        line = line_of(sample, turned=rng.random() < _TURNED_SHARE)
        if line:
            lines.append(line)
        if len(lines) == count:
            return lines
    raise ValueError(
        f"of {_TRIES * count} lines of {mixes} only {len(lines)} can be written in {len(classes())} characters: take other mixes"
    )


class Taught:
    """Batches of lines that were drawn before, from the shards of `codes_lesson` and `codes_draw`.

    Each epoch has them in another order, a little different as another shot would be, and others of them turned.
    """

    def __init__(self, paths: Sequence[Path], seed: int, places: int) -> None:
        self._seed, self._places = seed, places
        self._lines = [line for path in paths for line in kept(path)]
        self.count = len(self._lines)

    def batches(self, epoch: int) -> Iterator[Batch]:
        """All lines, once."""
        rng = np.random.default_rng([self._seed, epoch])
        order = rng.permutation(self.count)
        for start in range(0, self.count, CHUNK):
            some = [_another_shot(self._lines[i], rng) for i in order[start : start + CHUNK]]
            yield from gathered(some, rng, self._places)


def shard_of(lines: Sequence[Line]) -> dict[str, NDArray[np.generic]]:
    """All arrays of a shard: pictures side by side, steps one after the other."""
    told = [np.full(-(-line.image.shape[1] // STRIDE), UNTOLD) if line.steps is None else line.steps for line in lines]
    return {
        "columns": np.concatenate([line.image.transpose(1, 0, 2) for line in lines]),
        "widths": np.array([line.image.shape[1] for line in lines], np.int32),
        "texts": np.array([text_of(line) for line in lines]),
        "steps": np.concatenate(told).astype(np.int16),
        "turned": np.array([line.turned for line in lines]),
    }


def text_of(line: Line) -> str:
    """What stands on it."""
    return "".join(characters()[label - 1] for label in line.labels)


def kept(path: Path) -> Iterator[Line]:
    """The lines of a shard."""
    arrays = dict(np.load(path).items())
    columns, taken = 0, 0
    for width, text, turned in zip(arrays["widths"].tolist(), arrays["texts"], arrays["turned"].tolist(), strict=True):
        steps = -(-width // STRIDE)
        image = np.ascontiguousarray(arrays["columns"][columns : columns + width].transpose(1, 0, 2))
        labels = tuple(classes()[c] for c in str(text))
        told = arrays["steps"][taken : taken + steps].astype(np.int64)
        yield Line(image=image, labels=labels, turned=turned, steps=None if (told == UNTOLD).all() else told)
        columns, taken = columns + width, taken + steps


def _another_shot(line: Line, rng: np.random.Generator) -> Line:
    image, text = varied(line.image, rng), text_of(line)
    if rng.random() >= _TURNED_SHARE or line.turned or not text or reads_both_ways(text):
        return replace(line, image=image)
    return Line(image=np.ascontiguousarray(image[::-1, ::-1]), labels=line.labels, turned=True)


class Stream:
    """Batches of the mixes; workers draw ahead."""

    def __init__(self, mixes: MixShares, seed: int, *, workers: int, count: int, places: int, by_heart: bool = False) -> None:
        """*workers*: 0 draws in this process; *places*: the widths in a batch, together; *by_heart*: all chunks are the first."""
        self._mixes, self._seed, self._count, self._places = mixes, seed, count, places
        self._ahead, self._by_heart = 2 * workers, by_heart
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(workers, mp_context=context) if workers else None

    def batches(self, first: int, chunks: int) -> Iterator[Batch]:
        """Those of *chunks* chunks from number *first* on."""
        for number, lines in enumerate(self._chunks(first, chunks), start=first):
            yield from gathered(lines, np.random.default_rng([self._seed, number, 1]), self._places)

    def _chunks(self, first: int, chunks: int) -> Iterator[list[Line]]:
        numbers = [0] * chunks if self._by_heart else range(first, first + chunks)
        if not self._pool:
            yield from (chunk(self._mixes, self._seed, number, self._count) for number in numbers)
            return
        coming: deque[Future[list[Line]]] = deque()
        for number in numbers:
            coming.append(self._pool.submit(chunk, self._mixes, self._seed, number, self._count))
            if len(coming) > self._ahead:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()

    def close(self) -> None:
        """End the workers."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)


def gathered(lines: Sequence[Line], rng: np.random.Generator, places: int) -> Iterator[Batch]:
    """Lines of about one width together, in an order by chance."""
    widths = np.array([line.image.shape[1] for line in lines])
    groups: list[list[int]] = [[]]
    for i in np.argsort(widths + rng.uniform(0, 24, len(widths))):
        if groups[-1] and (len(groups[-1]) + 1) * widths[i] > places:
            groups.append([])
        groups[-1].append(int(i))
    for place in rng.permutation(len(groups)):
        yield batch_of([lines[i] for i in groups[place]], room=int(rng.integers(0, 48)))


def batch_of(lines: Sequence[Line], room: int = 0) -> Batch:
    """One batch with *room* pixels at the right, as the daemon's shapes have."""
    upright = [() if line.turned else line.labels for line in lines]
    pictures = padded([line.image for line in lines], room)
    return Batch(
        pictures=torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()),
        lengths=torch.tensor([min(pictures.shape[2] // STRIDE, steps_of(line.image.shape[1])) for line in lines]),
        labels=torch.tensor([c for labels in upright for c in labels], dtype=torch.long),
        label_lengths=torch.tensor([len(labels) for labels in upright]),
        turned=torch.tensor([float(line.turned) for line in lines]),
        steps=torch.from_numpy(_steps(lines, pictures.shape[2] // STRIDE)),
    )


def _steps(lines: Sequence[Line], count: int) -> NDArray[np.int64]:
    """N x *count*; nothing is told of a line that is upside down."""
    found = np.full((len(lines), count), UNTOLD, np.int64)
    for row, line in zip(found, lines, strict=True):
        if line.steps is not None and not line.turned:
            row[: len(line.steps)] = line.steps
            row[len(line.steps) :] = 0
    return found


def padded(images: Sequence[Image], room: int = 0) -> NDArray[np.uint8]:
    """N x 32 x W x 3 with W a multiple of 16."""
    widest = max(image.shape[1] for image in images)
    out = np.full((len(images), HEIGHT, -(-(widest + STRIDE + room) // 16) * 16, 3), PADDING, np.uint8)
    for row, image in zip(out, images, strict=True):
        row[:, : image.shape[1]] = image
    return out
