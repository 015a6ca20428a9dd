"""What the convolutions take, measured once on drawn lines: `edged/shelf/weights/<name>.ranges.json`, with which the shelf builds INT8.

usage: python -m scripts.foundry.ranges NAME --onnx FILE [--mix zh_en codes] [--count 128] [--seed 990017]

Of each range the ends are those whose 256 steps change the values least (mean square). In f32 stay, by measurement: the depthwise
convolutions (no faster in eight bits), squeeze and excitation (pictures of one pixel), the first convolution, and what stands behind
the last pooling (cheap, and 6 % of error alone). The weights must stand on the shelf before: `export`.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as op
from tqdm import tqdm

from edged.shelf.convert import assembled
from edged.shelf.recipes import CONVERTED, CRNN_ZH_EN
from scripts.foundry.lesson import Drawn, drawn
from scripts.foundry.paths import WEIGHTS
from scripts.foundry.teacher import normalised

_SQUEEZED: Final = (5, 6, 15, 16, 21, 22, 27, 28)
_OURS: Final = [f"tail.{name}" for name in ("widen", "mix", "first.grow", "first.shrink", "second.grow", "second.shrink")]
_CHOSEN: Final = [*(f"p2o.pd_op.conv2d.{i}.0" for i in range(1, 33) if i not in _SQUEEZED), *_OURS]
_SAMPLES: Final = 400  # of a tensor and a line
_SHARES: Final = np.linspace(0.25, 1.0, 24)
_STEPS: Final = 255
_SMALL: Final = 0.2  # a low end that is nearer to zero is kept: the least of a GELU is known


def measured(graph: ov.Model, chosen: Sequence[str], pictures: Iterable[NDArray[Any]], seed: int) -> dict[str, tuple[float, float]]:
    """What the convolutions take whose answers are the tensors *chosen*, as *graph* looks at *pictures*, each as it takes them."""
    return {name: best_range(values) for name, values in samples(graph, chosen, pictures, seed).items()}


def samples(graph: ov.Model, chosen: Sequence[str], pictures: Iterable[NDArray[Any]], seed: int) -> dict[str, NDArray[np.float32]]:
    """Some of the values that each of them takes."""
    found: dict[str, Any] = {name: node for node in graph.get_ops() for port in node.outputs() for name in port.get_names()}
    nodes = {name: found[name] for name in chosen}
    cut = ov.Model([op.result(node.input_value(0)) for node in nodes.values()], graph.get_parameters(), "inputs")
    rng = np.random.default_rng(seed)
    kept: dict[str, list[NDArray[np.float32]]] = {name: [] for name in nodes}
    for answers in _answers(cut, pictures):
        for index, name in enumerate(nodes):
            kept[name].append(rng.choice(answers[index].ravel(), _SAMPLES))
    return {name: np.concatenate(values) for name, values in kept.items()}


def _answers(cut: ov.Model, pictures: Iterable[NDArray[Any]]) -> Iterator[Any]:
    core, compiled = ov.Core(), dict[tuple[int, ...], Any]()
    for picture in pictures:
        if picture.shape not in compiled:
            shaped = cut.clone()
            shaped.reshape(picture.shape)
            compiled[picture.shape] = core.compile_model(shaped, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
        yield compiled[picture.shape].create_infer_request().infer([picture])


def _pictures(lines: Sequence[Drawn]) -> Iterator[NDArray[np.float32]]:
    widths = CRNN_ZH_EN.input.width_buckets
    for line in tqdm(lines, unit="line"):
        yield normalised([line.image], next((w for w in widths if line.image.shape[1] <= w), widths[-1]))


def best_range(values: NDArray[np.float32]) -> tuple[float, float]:
    """The lowest and the highest value of 256 even steps that change *values* least; zero is one of the steps."""
    low, high = min(0.0, float(values.min())), float(values.max())
    found = [aligned(low * down, high * up) for down in (_SHARES if low < -_SMALL * high else (1.0,)) for up in _SHARES]
    return min(found, key=lambda ends: float(np.square(rounded(values, *ends) - values).mean()))


def aligned(low: float, high: float) -> tuple[float, float]:
    """The range moved so that zero falls on a step."""
    step = (high - low) / _STEPS
    below = round(-low / step)
    return 0.0 - below * step, (_STEPS - below) * step


def rounded(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """As FakeQuantize does it."""
    step = (high - low) / _STEPS
    found: NDArray[np.float32] = (np.clip(np.rint((values - low) / step), 0, _STEPS) * step + low).astype(np.float32)
    return found


def written(ranges: dict[str, tuple[float, float]]) -> str:
    """One line per tensor."""
    lines = [f" {json.dumps(name)}: [{low:.7g}, {high:.7g}]" for name, (low, high) in ranges.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Draw, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[recipe.name for recipe in CONVERTED if recipe.neck])
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--mix", nargs="+", default=["zh_en", "codes"])
    parser.add_argument("--count", type=int, default=128, help="lines of each mix")
    parser.add_argument("--seed", type=int, default=990017)
    args = parser.parse_args()
    lines = [line for mix in args.mix for line in drawn(mix, args.seed, 0, args.count)]
    graph = assembled(args.onnx, next(recipe.neck for recipe in CONVERTED if recipe.name == args.name))
    ranges = measured(graph, _CHOSEN, _pictures(lines), args.seed)
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    path = WEIGHTS / f"{args.name}.ranges.json"
    path.write_text(written(ranges), encoding="utf-8")
    print(f"{path}: {len(ranges)} ranges of {len(lines)} lines")


if __name__ == "__main__":
    main()
