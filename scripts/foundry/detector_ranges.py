"""What the convolutions of a detector take, measured once on drawn pages: `edged/shelf/weights/<name>.ranges.json`.

usage: python -m scripts.foundry.detector_ranges [--count 48] [--seed 990021] [--models-dir models] [--sheet FILE]

A page is a ground with drawn lines of many kinds and sizes, some of them turned or tilted. In f32 stay, as in `ranges`: the depthwise
convolutions, squeeze and excitation (pictures of one pixel), and the first convolution; and four that alone make half of the error of
the map (on drawn pages 0.031 with them, 0.018 without, for hardly any of the speed). The detector must stand on the shelf before, in
FP16. With --sheet some of the pages are written as a picture, to look at.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import openvino as ov
from numpy.typing import NDArray
from tqdm import tqdm

from edged.shelf.recipes import DB_V6_SMALL, DetectorRecipe
from scripts.foundry.lesson import drawn
from scripts.foundry.paths import WEIGHTS
from scripts.foundry.ranges import measured, written

MIXES: Final = ("zh_en", "codes", "scene", "document", "label", "receipt")
_KEPT: Final = {f"p2o.pd_op.conv2d.{number}.0" for number in (7, 11, 15, 19)}
_LINES: Final = 24  # of a page at most
_HEIGHTS: Final = 10.0, 140.0  # of a line in pixels
_TILT: Final = 12.0  # degrees
_TRIES: Final = 20  # to find a free place
_SHOWN: Final = 12  # pages of the sheet

Page = NDArray[np.uint8]


def page(size: tuple[int, int], seed: int, index: int) -> Page:
    """A page of *size* (height, width) as the detector is shown it, H x W x 3; the same for the same seed and index."""
    rng = np.random.default_rng((seed, index))
    ground = _ground(size, rng)
    taken: list[tuple[int, int, int, int]] = []
    mix = MIXES[index % len(MIXES)]
    for line in drawn(mix, seed, index * _LINES, int(rng.integers(0, _LINES + 1))):
        _paste(ground, _turned(line.image, rng), taken, rng)
    blurred = cv2.GaussianBlur(ground, (0, 0), float(rng.uniform(0.3, 1.2))) if rng.random() < 0.3 else ground
    return np.asarray(blurred, np.uint8)


def _ground(size: tuple[int, int], rng: np.random.Generator) -> Page:
    """One colour, with light that falls off, blotches, and a little noise."""
    tall, wide = size
    colour = rng.uniform(0, 255, 3) if rng.random() < 0.5 else np.full(3, rng.uniform(140, 255))
    cells = rng.uniform(-1, 1, (int(rng.integers(2, 12)), int(rng.integers(2, 20)), 3)).astype(np.float32)
    blotches = cv2.resize(cells, (wide, tall), interpolation=cv2.INTER_CUBIC) * rng.uniform(0, 60)
    noise = rng.normal(0, rng.uniform(0, 10), (tall, wide, 1))
    return np.clip(colour + blotches + noise, 0, 255).astype(np.uint8)


def _turned(line: Page, rng: np.random.Generator) -> Page:
    """The line in another size, tilted now and then, on its side now and then."""
    height = float(np.exp(rng.uniform(*np.log(_HEIGHTS))))
    scale = height / line.shape[0]
    sized = cv2.resize(line, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if rng.random() < 0.15:
        sized = np.rot90(sized)
    if rng.random() < 0.3:
        tall, wide = sized.shape[:2]
        turn = cv2.getRotationMatrix2D((wide / 2, tall / 2), float(rng.uniform(-_TILT, _TILT)), 1)
        sized = cv2.warpAffine(sized, turn, (wide, tall), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sized, np.uint8)


def _paste(ground: Page, line: Page, taken: list[tuple[int, int, int, int]], rng: np.random.Generator) -> None:
    """Somewhere free; what finds no place is left out."""
    tall, wide = (min(side, whole) for side, whole in zip(line.shape[:2], ground.shape[:2], strict=True))
    for _ in range(_TRIES):
        y, x = (int(rng.integers(0, whole - side + 1)) for whole, side in zip(ground.shape[:2], (tall, wide), strict=True))
        if all(x >= right or y >= bottom or x + wide <= left or y + tall <= top for left, top, right, bottom in taken):
            ground[y : y + tall, x : x + wide] = line[:tall, :wide]
            taken.append((x, y, x + wide, y + tall))
            return


def chosen(graph: ov.Model) -> list[str]:
    """The tensors of the convolutions that are rounded."""
    nodes = (node for node in graph.get_ordered_ops() if node.get_type_name() == "Convolution" and not _is_one_pixel(node.input_value(0)))
    found = [next(name for name in sorted(node.output(0).get_names()) if name.startswith("p2o.")) for node in nodes]
    return [name for name in found[1:] if name not in _KEPT]


def _is_one_pixel(source: ov.Output) -> bool:
    height = source.get_partial_shape()[2]
    return bool(height.is_static and height.get_length() == 1)


def shown(recipe: DetectorRecipe, count: int, seed: int) -> Iterator[NDArray[np.uint8]]:
    """Pages of all sizes, each 1 x H x W x 3, bytes: the graph normalises them."""
    for index in tqdm(range(count), unit="page"):
        yield page(recipe.input.sizes[0 if index % 4 == 0 else -1], seed, index)[None]


def main() -> None:
    """Draw, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=48, help="pages")
    parser.add_argument("--seed", type=int, default=990021)
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--sheet", type=Path)
    args = parser.parse_args()
    recipe = DB_V6_SMALL
    if args.sheet:
        pages = [page(recipe.input.sizes[-1], args.seed, index) for index in range(_SHOWN)]
        cv2.imwrite(str(args.sheet), np.concatenate([np.concatenate(pages[i : i + 3], axis=1) for i in range(0, _SHOWN, 3)]))
    graph = ov.Core().read_model(args.models_dir / recipe.name / "fp16" / "model.xml")
    ranges = measured(graph, chosen(graph), shown(recipe, args.count, args.seed), args.seed)
    path = WEIGHTS / f"{recipe.name}.ranges.json"
    path.write_text(written(ranges), encoding="utf-8")
    print(f"{path}: {len(ranges)} ranges of {args.count} pages")


if __name__ == "__main__":
    main()
