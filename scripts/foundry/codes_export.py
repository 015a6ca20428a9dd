"""From a checkpoint of crnn-codes to OpenVINO IR as the shelf has it: u8 N x 32 x W x 3 in, posteriors out, weights f16.

usage: python -m scripts.foundry.codes_export CHECKPOINT FOLDER        writes FOLDER/model.xml, model.bin, charset.txt
"""

import argparse
import warnings
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
import openvino as ov
import torch
from numpy.typing import NDArray

from edged.manifest import InputSpec
from edged.shelf.convert import as_ir
from scripts.foundry.codes_network import CHARSET, HEIGHT, STRIDE, Answer, Codes, characters
from scripts.foundry.codes_stream import PADDING

SPEC: Final = InputSpec(
    channels=3,
    height=HEIGHT,
    width_buckets=(64, 96, 128, 160, 224, 320, 480, 640),
    overlap=96,
    stride=STRIDE,
    padding=PADDING,
    colours="bgr",
    mean=(127.5, 127.5, 127.5),
    scale=(127.5, 127.5, 127.5),
)
_CLOSE: Final = 0.02  # of posteriors, as the weights are f16


def graph_of(network: Codes) -> ov.Model:
    """The network's graph with the answer of `Answer`, any width."""
    with warnings.catch_warnings():
        # OpenVINO traces, and PyTorch would have it export; both are locked, and `check` compares the answers at another width
        warnings.simplefilter("ignore")
        graph: ov.Model = ov.convert_model(Answer(network).eval(), example_input=torch.zeros(1, 3, HEIGHT, 128))
    graph.reshape({0: [1, 3, HEIGHT, -1]})
    return graph


def export(network: Codes, folder: Path) -> None:
    """Write the IR and its charset.

    Raises:
        ValueError: The plugin does not fuse the LSTM layers, or the graph does not answer as the network does.
    """
    xml, weights = as_ir(graph_of(network), SPEC)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.xml").write_bytes(xml)
    (folder / "model.bin").write_bytes(weights)
    (folder / "charset.txt").write_bytes(CHARSET.read_bytes())
    check(network, folder)


def check(network: Codes, folder: Path) -> None:
    """Compare the IR in *folder* with the network, and look at what the plugin makes of it."""
    compiled = compile_ir(folder, 160)
    kinds = Counter(layer_types(compiled))
    # the conversion has one LSTM a direction
    if kinds["RNNSeq"] != 2 * network.shape.layers or kinds["TensorIterator"]:
        raise ValueError(f"{folder}/model.xml: the CPU plugin does not fuse the LSTM layers: {dict(kinds)}; look at openvino's version")
    picture = np.random.default_rng(5).integers(0, 256, (1, HEIGHT, 160, 3), np.uint8)
    with torch.inference_mode():
        pixels = torch.from_numpy(picture.transpose(0, 3, 1, 2).astype(np.float32)) / 127.5 - 1
        expected = Answer(network).eval()(pixels).numpy()
    off = float(np.abs(expected - posteriors(compiled, picture)).max())
    if not off < _CLOSE:
        raise ValueError(f"{folder}/model.xml: posteriors are {off:.3f} off the network's: the export has changed what it computes")


def compile_ir(folder: Path, width: int) -> ov.CompiledModel:
    """The IR for one line of *width* pixels, as the daemon compiles it."""
    graph = ov.Core().read_model(folder / "model.xml")
    graph.reshape([1, HEIGHT, width, 3])
    return ov.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})


def posteriors(compiled: ov.CompiledModel, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What it answers to 1 x 32 x W x 3."""
    return np.asarray(compiled(picture)[0], np.float32)


def layer_types(compiled: ov.CompiledModel) -> list[str]:
    """What the plugin runs, layer by layer."""
    found = [op.get_rt_info()["layerType"] for op in compiled.get_runtime_model().get_ordered_ops()]
    return [kind if isinstance(kind, str) else str(kind.get()) for kind in found]


def main() -> None:
    """Parse and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    export(Codes.of(torch.load(args.checkpoint, weights_only=False, map_location="cpu")["student"]), args.folder)
    print(f"{args.folder}: {len(characters())} classes and the blank, {(args.folder / 'model.bin').stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
