"""Remembered lines: what a model takes along so that learning on the box forgets nothing.

usage: python -m scripts.foundry.remembered [OUT.zip] [--count 1200] [--seed 77]

Rendered lines of the mixes, never a photograph of anybody: `labels.tsv` and pictures of the model's height in WebP, in
`edged/shelf/weights/crnn-zh-en.remembered.zip` unless another file is named. As pictures they serve every precision and every later
training; features would be of one.
"""

import argparse
from collections.abc import Iterator
from itertools import count as numbers
from itertools import islice
from pathlib import Path
from typing import Final

import cv2
from tqdm import tqdm

from edged.shelf.recipes import CRNN_ZH_EN
from edged.tuning.examples import packed
from scripts.foundry import charset
from scripts.foundry.lesson import to_height
from scripts.foundry.mix import draw
from scripts.foundry.paths import WEIGHTS
from scripts.foundry.sample import Image

MIXES: Final = ("zh_en", "zh_en", "zh_en", "zh_en", "codes")  # in turn; the seed is not one of the trainings'
QUALITY: Final = 75
_WIDEST: Final = CRNN_ZH_EN.input.width_buckets[-1]  # what is wider does not fit into a shape


def lines(seed: int, characters: set[str]) -> Iterator[tuple[bytes, str]]:
    """Lines without end that have text, all of it in our classes, and fit into a shape."""
    for index in numbers():
        sample = draw(MIXES[index % len(MIXES)], seed, index)
        image: Image = to_height(sample.image)
        if sample.text and characters.issuperset(sample.text) and image.shape[1] <= _WIDEST:
            yield cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1].tobytes(), sample.text


def main() -> None:
    """Parse and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", default=WEIGHTS / "crnn-zh-en.remembered.zip")
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=77)
    args = parser.parse_args()
    characters = set(charset.load())
    args.out.write_bytes(packed(list(tqdm(islice(lines(args.seed, characters), args.count), total=args.count, unit="line"))))
    print(f"{args.out}: {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
