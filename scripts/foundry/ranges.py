"""What the convolutions take, measured once on drawn lines: `edged/shelf/weights/<name>.ranges.json`, with which the shelf builds INT8.

usage: python -m scripts.foundry.ranges NAME --onnx FILE [--mix zh_en codes] [--count 128] [--seed 990017]

Of each range the ends are those whose 256 steps change the values least (mean square). In f32 stay, by measurement: the depthwise
convolutions (no faster in eight bits), squeeze and excitation (pictures of one pixel), the first convolution, and the tail behind
the last pooling (cheap, and 6 % of error alone).
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as op
from tqdm import tqdm

from scripts.foundry.lesson import Drawn, drawn
from scripts.foundry.paths import WEIGHTS
from scripts.foundry.teacher import HEIGHT, normalised

_SQUEEZED: Final = (5, 6, 15, 16, 21, 22, 27, 28, 35, 36)
_CHOSEN: Final = [f"p2o.pd_op.conv2d.{i}.0" for i in range(1, 41) if i not in _SQUEEZED]
_WIDTHS: Final = (80, 112, 144, 184, 240, 320, 448, 640)
_SAMPLES: Final = 400  # of a tensor and a line
_SHARES: Final = np.linspace(0.25, 1.0, 24)
_STEPS: Final = 255
_SMALL: Final = 0.2  # a low end that is nearer to zero is kept: the least of a GELU is known


def convolutions(graph: ov.Model) -> dict[str, Any]:
    """The convolutions that are quantised, by the tensor that they give."""
    found = {name: node for node in graph.get_ops() for port in node.outputs() for name in port.get_names()}
    return {name: found[name] for name in _CHOSEN}


def samples(onnx: Path, lines: Sequence[Drawn], seed: int) -> dict[str, NDArray[np.float32]]:
    """Some of the values that each of them takes."""
    graph = ov.Core().read_model(onnx)
    nodes = convolutions(graph)
    cut = ov.Model([op.result(node.input_value(0)) for node in nodes.values()], graph.get_parameters(), "inputs")
    rng = np.random.default_rng(seed)
    kept: dict[str, list[NDArray[np.float32]]] = {name: [] for name in nodes}
    for answers in _answers(cut, lines):
        for index, name in enumerate(nodes):
            kept[name].append(rng.choice(answers[index].ravel(), _SAMPLES))
    return {name: np.concatenate(values) for name, values in kept.items()}


def _answers(cut: ov.Model, lines: Sequence[Drawn]) -> Iterator[Any]:
    core, compiled = ov.Core(), dict[int, Any]()
    for line in tqdm(lines, unit="line"):
        width = next((w for w in _WIDTHS if line.image.shape[1] <= w), _WIDTHS[-1])
        if width not in compiled:
            shaped = cut.clone()
            shaped.reshape([1, 3, HEIGHT, width])
            compiled[width] = core.compile_model(shaped, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
        yield compiled[width].create_infer_request().infer([normalised([line.image], width)])


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
    parser.add_argument("name")
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--mix", nargs="+", default=["zh_en", "codes"])
    parser.add_argument("--count", type=int, default=128, help="lines of each mix")
    parser.add_argument("--seed", type=int, default=990017)
    args = parser.parse_args()
    lines = [line for mix in args.mix for line in drawn(mix, args.seed, 0, args.count)]
    ranges = {name: best_range(values) for name, values in samples(args.onnx, lines, args.seed).items()}
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    path = WEIGHTS / f"{args.name}.ranges.json"
    path.write_text(written(ranges), encoding="utf-8")
    print(f"{path}: {len(ranges)} ranges of {len(lines)} lines")


if __name__ == "__main__":
    main()
