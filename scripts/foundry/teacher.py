"""The teacher: PP-OCRv6 small of the package `rapidocr`, cut before the last stage of its convolutions.

What comes before the cut is kept as it is; what the teacher says of a line (posteriors) and how it gets there (neck output) is
what a student learns from. PaddleOCR authors, Apache-2.0.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as op

from scripts.foundry.tail import FRONT

NECK_OUT: Final = "p2o.pd_op.transpose.8.0"  # N x T x 120, what the last linear layer takes
HEAD: Final = "p2o.pd_op.matmul.12.0"

HEIGHT: Final = 48
STRIDE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What the teacher made of a batch of N lines of T steps."""

    front: NDArray[np.float16]  # N x T x 1152: two columns of three rows of 192 channels
    neck: NDArray[np.float16]  # N x T x 120; its last linear layer makes the posteriors of it


def normalised(images: Sequence[NDArray[np.uint8]], width: int) -> NDArray[np.float32]:
    """A batch N x 3 x 48 x *width* of BGR pictures 48 high, (x/255 - 0.5)/0.5, zeros at the right."""
    batch = np.zeros((len(images), 3, HEIGHT, width), np.float32)
    for row, image in zip(batch, images, strict=True):
        wide = min(width, image.shape[1])
        row[:, :, :wide] = image[:, :wide].transpose(2, 0, 1).astype(np.float32) / 127.5 - 1
    return batch


class Teacher:
    """Answers in batches, one compiled shape per (batch, width)."""

    def __init__(self, onnx: Path, *, threads: int | None = None, precision: str = "f32") -> None:
        self._core = ov.Core()
        self._core.set_property({"CACHE_DIR": ""})
        self._model = self._core.read_model(onnx)
        self._settings = {"INFERENCE_NUM_THREADS": threads or os.cpu_count(), "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": precision}
        self._compiled: dict[tuple[int, int], Any] = {}

    def ask(self, batch: NDArray[np.float32]) -> Taught:
        """What it makes of N x 3 x 48 x W."""
        got = self._request(batch.shape[0], batch.shape[3]).infer([batch], share_inputs=True)
        return Taught(front=_by_step(got[0]), neck=got[1].astype(np.float16))

    def _request(self, count: int, width: int) -> Any:
        key = (count, width)
        if key not in self._compiled:
            graph = self._model.clone()
            out = {name: port for node in graph.get_ops() for port in node.outputs() for name in port.get_names()}
            cut = ov.Model([op.result(out[end]) for end in (FRONT, NECK_OUT)], graph.get_parameters(), "teacher")
            cut.reshape([count, 3, HEIGHT, width])
            self._compiled[key] = self._core.compile_model(cut, "CPU", self._settings).create_infer_request()
        return self._compiled[key]


def _by_step(features: NDArray[np.float32]) -> NDArray[np.float16]:
    """N x 192 x 3 x 2T to N x T x 1152."""
    count, channels, rows, columns = features.shape
    return features.transpose(0, 3, 2, 1).reshape(count, columns // 2, 2 * rows * channels).astype(np.float16)


def characters(onnx: Path) -> list[str]:
    """The teacher's classes: the blank (""), its characters, the space."""
    import onnx as onnx_package  # heavy, and only here

    metadata = {p.key: p.value for p in onnx_package.load(onnx).metadata_props}
    return ["", *metadata["character"].split("\n"), " "]


def head(onnx: Path, origin: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The last linear layer, 120 x C and C, for the classes that stand at *origin* among the teacher's; -1 begins small and unlikely."""
    import onnx as onnx_package
    from onnx import numpy_helper

    graph = onnx_package.load(onnx).graph
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    product = next(node for node in graph.node if node.op_type == "MatMul" and HEAD in node.output)
    weight = next(arrays[name] for name in product.input if name in arrays)
    added = next(node for node in graph.node if node.op_type == "Add" and HEAD in node.input)
    bias = next(arrays[name] for name in added.input if name in arrays)
    known = origin >= 0
    sliced = np.where(known, weight[:, np.maximum(origin, 0)], weight.mean(1, keepdims=True))
    return sliced.astype(np.float32), np.where(known, bias[np.maximum(origin, 0)], bias.min()).astype(np.float32)
