"""Labelled photographs that may be trained on, each time a little different: angle, light, blur, noise, colour."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from scripts.foundry.codes.chance import between, chance
from scripts.foundry.codes.finish import Wear, shot
from scripts.foundry.paths import SHARED
from scripts.foundry.pixels import opened
from scripts.foundry.sample import Image, Sample, Source

FOLDERS = ("wire_markers", "plate_cn", "wire_markers_upsidedown")
_WEAR = Wear(tilt=1.5, shear=0.08, bend=0.05, blur=0.02, motion=0.06, shade=0.15, flatten=0.25, noise=4, jpeg=0.25)
_HELD_PERCENT = 5


@dataclass(frozen=True)
class Example:
    path: Path
    text: str

    @property
    def held(self) -> bool:
        """Whether the example is kept for our own validation: by its text, so that no marker stands on both sides."""
        return zlib.crc32(self.text.encode()) % 100 < _HELD_PERCENT


@dataclass(frozen=True)
class Real:
    """One folder of `train/`: `labels.tsv` with path and text."""

    folder: str

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """All labelled pictures, in the order of the file; raises with the path where there are none."""
        root = SHARED / "train" / self.folder
        labels = root / "labels.tsv"
        if not labels.exists():
            raise FileNotFoundError(f"{labels} is not there: set EDGED_SHARED to the folder that has train/{self.folder}")
        rows = (line.split("\t") for line in labels.read_text(encoding="utf8").splitlines() if "\t" in line)
        return tuple(Example(root / row[0], row[1]) for row in rows if row[1])

    def split(self) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
        """The examples to train on, and those held out."""
        return tuple(each for each in self.examples if not each.held), tuple(each for each in self.examples if each.held)

    def source(self) -> Source:
        """Draws from the training side, worn anew each time."""
        chosen, _ = self.split()

        def draw(rng: np.random.Generator) -> Sample:
            example = chosen[int(rng.integers(len(chosen)))]
            return Sample(image=worn(rng, opened(example.path)), text=example.text, kind=f"real_{self.folder}")

        return draw

    def held_out(self) -> list[Sample]:
        """The held-out side as it was photographed."""
        return [Sample(image=opened(example.path), text=example.text, kind=f"real_{self.folder}") for example in self.split()[1]]


def worn(rng: np.random.Generator, image: Image) -> Image:
    """The picture as a second photograph of the same thing might show it; the first of four stays as it is."""
    if chance(rng, 0.25):
        return image
    rows, columns = image.shape[:2]
    left, right, top, bottom = (round(between(rng, -0.04, 0.12) * rows) for _ in range(4))
    cut = image[max(0, -top) : rows - max(0, -bottom), max(0, -left) : columns - max(0, -right)]
    cut = np.asarray(cv2.copyMakeBorder(cut, max(0, top), max(0, bottom), max(0, left), max(0, right), cv2.BORDER_REPLICATE), np.uint8)
    height = max(8, round(cut.shape[0] * between(rng, 0.75, 1.2)))
    width = max(8, round(cut.shape[1] * height / cut.shape[0] * between(rng, 0.88, 1.14)))
    return shot(rng, np.asarray(cut, np.float32), height, _WEAR, width=width)
