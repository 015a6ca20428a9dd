"""From a checkpoint of crnn-codes to its finished folder, as `edged models build` puts it on the shelf.

usage: python -m scripts.foundry.codes_export CHECKPOINT [--figures FILE …] [--out FOLDER] [--mix codes=0.8 real=0.2 …]

Writes `crnn-codes/` (manifest, charset, IR in INT8 and FP16, golden lines, card, licence) and `crnn-codes.digests.json` into
`edged/shelf/weights`: all that is committed. `FILE`s are what `card.py` describes. Nothing is changed where the IR does not answer as the
network does, or does not read its golden lines.
"""

import argparse
import hashlib
import json
import shutil
import tempfile
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import openvino as ov
import torch
from numpy.typing import NDArray

from edged.config import RecogniseSection
from edged.flow.model_files import load_model
from edged.flow.recognise import Recogniser
from edged.manifest import GoldenLine, InputSpec, Provenance
from edged.shelf.convert import CONVERTER, as_ir
from edged.shelf.folder import Parts, save
from edged.shelf.quantise import quantise
from edged.shelf.recipes import CRNN_CODES
from scripts.foundry.card import CODES, Origin, card, read_figures
from scripts.foundry.codes_network import CHARSET, HEIGHT, STRIDE, TURNED, Answer, Codes, weights
from scripts.foundry.codes_stream import PADDING, Line, chunk
from scripts.foundry.codes_train import MIX, mixes_of
from scripts.foundry.paths import PROJECT, WEIGHTS
from scripts.foundry.pixels import opened
from scripts.foundry.ranges import measured
from scripts.foundry.sample import Image

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
_MEASURED: Final = 192  # lines on which the ranges of INT8 are measured
_SEED: Final = 990018
_GOLDEN: Final = {"lot.png": "LOT A17-042", "date.png": "2027-03-15"}  # of `edged/shelf/golden`
_CLOSE: Final = 0.02  # of posteriors, as the weights are f16


def graph_of(network: Codes) -> ov.Model:
    """The network's graph with the answer of `Answer`, any width."""
    with warnings.catch_warnings():
        # OpenVINO traces, and PyTorch would have it export; both are locked, and `check` compares the answers at another width
        warnings.simplefilter("ignore")
        graph: ov.Model = ov.convert_model(Answer(network).eval(), example_input=torch.zeros(1, 3, HEIGHT, 128))
    graph.reshape({0: [1, 3, HEIGHT, -1]})
    return graph


def in_eight_bits(graph: ov.Model, lines: Sequence[Line]) -> ov.Model:
    """The graph, changed: all convolutions but the first and the depthwise ones round what they take, in ranges measured on *lines*."""
    dense = [node for node in graph.get_ordered_ops() if node.get_type_name() == "Convolution"][1:]
    names = [f"codes.{number}" for number in range(len(dense))]
    for node, name in zip(dense, names, strict=True):
        node.output(0).add_names({name})
    quantise(graph, measured(graph, names, (normalised(in_bucket(line.image)) for line in lines), _SEED))
    return graph


def in_bucket(image: Image) -> NDArray[np.uint8]:
    """A picture 32 high, 1 x 32 x W x 3, in a width that the daemon has."""
    width = next(bucket for bucket in SPEC.width_buckets if bucket >= image.shape[1])
    picture = np.full((1, HEIGHT, width, 3), PADDING, np.uint8)
    picture[0, :, : image.shape[1]] = image
    return picture


def normalised(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """As the network takes it: N x 3 x 32 x W from N x 32 x W x 3."""
    found: NDArray[np.float32] = picture.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
    return found


def export(checkpoint: Path, folder: Path, lines: Sequence[Line], figures: Sequence[Path] = ()) -> dict[str, str]:
    """Write the model's *folder*; its digests by precision.

    Args:
        checkpoint: Of `codes_train`.
        folder: A new one.
        lines: On which the ranges of INT8 are measured.
        figures: For the card.

    Raises:
        ValueError: The plugin does not fuse the LSTM layers, or the graph does not answer as the network does.
    """
    state = torch.load(checkpoint, weights_only=False, map_location="cpu")
    network, charset = Codes.of(state["student"]), CHARSET.read_bytes()
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    origin = Origin(steps=state["step"], checkpoint_sha256=digest, weights=weights(network), classes=charset.count(b"\n") + 1, words=CODES)
    parts = Parts(
        name=CRNN_CODES.name,
        architecture="crnn-ctc: separable convolutions, 2 x BiLSTM, upside down as a class",
        input=SPEC,
        charset=charset,
        turned=TURNED,
        irs={"int8": as_ir(in_eight_bits(graph_of(network), lines), SPEC), "fp16": as_ir(graph_of(network), SPEC)},
        golden=golden(),
        provenance=Provenance(trained_by="edged", checkpoint_sha256=digest, converter=CONVERTER),
        licence="Apache-2.0",
        licence_text=(PROJECT / "LICENSE").read_bytes(),
        card=card(CRNN_CODES.name, origin, read_figures(*figures)).encode(),
    )
    found = save(parts, folder)
    check(network, folder / "fp16")
    return found


def golden() -> tuple[GoldenLine, ...]:
    """Lines of the project's own, and one of them upside down, which is read as that."""
    place = PROJECT / "edged" / "shelf" / "golden"
    upright = [GoldenLine(name=name, data=(place / name).read_bytes(), text=text) for name, text in _GOLDEN.items()]
    turned = cv2.rotate(opened(place / "date.png"), cv2.ROTATE_180)
    return (*upright, GoldenLine(name="turned.png", data=cv2.imencode(".png", turned)[1].tobytes(), text=TURNED))


def put(checkpoint: Path, out: Path, lines: Sequence[Line], figures: Sequence[Path] = ()) -> Path:
    """Write the folder and its digests into *out*, once it reads its golden lines.

    Raises:
        ValueError: See `export`.
        ModelError: It does not read its golden lines.
    """
    out.mkdir(parents=True, exist_ok=True)
    target = out / CRNN_CODES.name
    with tempfile.TemporaryDirectory(dir=out, prefix=".exporting-") as place:
        digests = export(checkpoint, Path(place, CRNN_CODES.name), lines, figures)
        for precision in digests:
            recogniser = Recogniser(load_model([Path(place)], CRNN_CODES.name, precision), RecogniseSection(threads=1))
            recogniser.open()
            recogniser.close()
        shutil.rmtree(target, ignore_errors=True)
        Path(place, CRNN_CODES.name).rename(target)
    (out / f"{CRNN_CODES.name}.digests.json").write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
    return target


def check(network: Codes, folder: Path) -> None:
    """Compare the IR in *folder* with the network, and look at what the plugin makes of it."""
    compiled = compile_ir(folder, 160)
    kinds = Counter(layer_types(compiled))
    # the conversion has one LSTM a direction
    if kinds["RNNSeq"] != 2 * network.shape.layers or kinds["TensorIterator"]:
        raise ValueError(f"{folder}/model.xml: the CPU plugin does not fuse the LSTM layers: {dict(kinds)}; look at openvino's version")
    picture = np.random.default_rng(5).integers(0, 256, (1, HEIGHT, 160, 3), np.uint8)
    with torch.inference_mode():
        expected = Answer(network).eval()(torch.from_numpy(normalised(picture))).numpy()
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
    return [str(op.get_rt_info()["layerType"].value) for op in compiled.get_runtime_model().get_ordered_ops()]


def main() -> None:
    """Parse and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--figures", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--mix", nargs="+", default=MIX, help="NAME=SHARE of the lines on which the ranges of INT8 are measured")
    args = parser.parse_args()
    folder = put(args.checkpoint, args.out, chunk(mixes_of(args.mix), _SEED, 0, _MEASURED), args.figures)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        print(f"{path}: {path.stat().st_size} bytes, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
