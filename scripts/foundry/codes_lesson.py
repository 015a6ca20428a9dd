"""Lessons for crnn-codes: kept lines, with the class that a larger model sees at each step.

usage: python -m scripts.foundry.codes_lesson LINES OUT [--model FOLDER] [--shards N]

LINES is what `codes_draw` made, FOLDER a model of the shelf. A small network that begins with nothing says nothing but blanks for a long
time; told where each character stands, it reads after minutes (distillation: Hinton, Vinyals and Dean, 2015, arXiv:1503.02531, here with
the best class alone). What the larger model misreads keeps its true text, and nothing is told of its steps.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from edged.config import RecogniseSection
from edged.flow.model_files import load_model
from edged.flow.recognise import Recogniser
from edged.types import Posteriors
from scripts.foundry.codes_network import HEIGHT, STRIDE
from scripts.foundry.codes_stream import UNTOLD, Line, classes, kept, shard_of, text_of
from scripts.foundry.lesson import save, to_height
from scripts.foundry.paths import PROJECT
from scripts.foundry.shards import greedy


class Teller:
    """What a model of the shelf sees of a line, step by step, in the classes of crnn-codes."""

    def __init__(self, folder: Path, threads: int) -> None:
        """Open the model in *folder*.

        Raises:
            ModelError: It cannot be used.
        """
        model = load_model([folder.parent], folder.name)
        self._height, self._stride = model.manifest.input.height, model.manifest.input.stride
        self._widest = model.manifest.input.width_buckets[-1]
        self._characters = list(model.charset[1:])
        self._ours = np.array([classes().get(c, UNTOLD) if c else 0 for c in model.charset], np.int64)
        self._recogniser = Recogniser(model, RecogniseSection(threads=threads))
        self._recogniser.open()

    def close(self) -> None:
        """Release the model."""
        self._recogniser.close()

    def tells(self, lines: Sequence[Line]) -> list[Line]:
        """The lines, with the class at each step where the model reads what stands there."""
        seen: dict[int, NDArray[np.int64]] = {}

        def keep(index: int, posteriors: Posteriors | None, _: BaseException | None) -> None:
            if posteriors is not None:  # else the recogniser has said why, and nothing is told
                seen[index] = posteriors.classes[:, 0].astype(np.int64)

        for index, line in enumerate(lines):
            if not line.turned:
                self._recogniser.submit(to_height(line.image, self._height, self._widest), partial(keep, index))
        self._recogniser.drain()
        return [self._told(line, seen.get(index)) for index, line in enumerate(lines)]

    def _told(self, line: Line, steps: NDArray[np.int64] | None) -> Line:
        if steps is None or _plain(greedy(steps.tolist(), self._characters)) != _plain(text_of(line)):
            return line
        return replace(line, steps=told(line, self._ours[steps], self._height / HEIGHT / self._stride))


def told(line: Line, steps: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """The class at each of our steps: that of their step at the same place; *share* of their steps to one of our pixels."""
    places = ((np.arange(-(-line.image.shape[1] // STRIDE)) + 0.5) * STRIDE * share).astype(int)
    found: NDArray[np.int64] = steps[np.minimum(places, len(steps) - 1)]
    return found


def _plain(text: str) -> str:
    return text.replace(" ", "")


def missing(lines: Path, out: Path, count: int | None) -> Iterator[Path]:
    """The first *count* shards of *lines* that have no lesson yet."""
    yield from (path for path in sorted(lines.glob("*.npz"))[:count] if not (out / path.name).exists())


def main() -> None:
    """Make what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", type=Path, default=PROJECT / "models" / "crnn-zh-en")
    parser.add_argument("--shards", type=int, help="only the first of them")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with closing(Teller(args.model, args.threads)) as teller:
        for path in tqdm(list(missing(args.lines, args.out, args.shards)), unit="shard"):
            save(args.out / path.name, shard_of(teller.tells(list(kept(path)))))


if __name__ == "__main__":
    main()
