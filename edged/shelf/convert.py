"""From ONNX to OpenVINO IR that takes the bytes of a picture. The shelf's door to OpenVINO."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import openvino as ov
from openvino.preprocess import PrePostProcessor

from edged.errors import ModelError
from edged.manifest import DetectorInput, InputSpec
from edged.shelf.neck import with_neck
from edged.shelf.quantise import Ranges, quantise
from edged.shelf.recipes import Neck

CONVERTER: Final = f"OpenVINO {ov.__version__.split('-')[0]}"


def to_ir(onnx: bytes, spec: InputSpec, neck: Neck | None = None, *, ranges: Ranges | None = None) -> tuple[bytes, bytes]:
    """Convert a recogniser: `xml` and `bin` with f16 weights, input u8 N x H x W x C, normalised inside the graph.

    With *neck*, what follows the convolutions is ours; with *ranges*, the convolutions that they name compute in eight bits.

    Raises:
        ModelError: OpenVINO cannot convert it.
    """

    def made(source: Path) -> tuple[bytes, bytes]:
        graph = assembled(source, neck)
        quantise(graph, ranges or {})
        return as_ir(graph, spec)

    return _converted(onnx, made)


def detector_to_ir(onnx: bytes, spec: DetectorInput, *, ranges: Ranges | None = None) -> tuple[bytes, bytes]:
    """Convert a detector: `xml` and `bin` with f16 weights, input u8 1 x H x W x C, normalised inside the graph.

    With *ranges*, the convolutions that they name compute in eight bits.

    Raises:
        ModelError: OpenVINO cannot convert it.
    """

    def made(source: Path) -> tuple[bytes, bytes]:
        graph = assembled(source, None)
        quantise(graph, ranges or {})
        return saved(_with_bytes(graph, [1, -1, -1, spec.channels], spec))

    return _converted(onnx, made)


def _converted(onnx: bytes, made: Callable[[Path], tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """What is *made* of the package's file.

    Raises:
        ModelError: OpenVINO cannot convert it.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "model.onnx")
            source.write_bytes(onnx)
            return made(source)
    except RuntimeError as error:
        msg = f"{CONVERTER} cannot convert the model: {error}"
        raise ModelError(msg, hint="install the version of openvino that edged is locked to") from error


def as_ir(graph: ov.Model, spec: InputSpec) -> tuple[bytes, bytes]:
    """`xml` and `bin` of a graph that takes N x C x H x W normalised: it comes to take the bytes of a picture."""
    return saved(_with_bytes(graph, [1, spec.height, -1, spec.channels], spec))


def saved(graph: ov.Model) -> tuple[bytes, bytes]:
    """`xml` and `bin` of a graph with f16 weights, the same bytes every time."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "model.xml")
        _rename(graph)
        ov.save_model(graph, target, compress_to_fp16=True)
        return target.read_bytes(), target.with_suffix(".bin").read_bytes()


def assembled(onnx: Path, neck: Neck | None) -> ov.Model:
    """The package's graph, with *neck* up to the cut and ours behind it; it takes N x C x H x W normalised."""
    graph = ov.Core().read_model(onnx)
    if not neck:
        return graph
    with np.load(io.BytesIO(neck.arrays)) as arrays:
        return with_neck(graph, {name: arrays[name].astype(np.float32) for name in arrays}, front=neck.front)


def _with_bytes(graph: ov.Model, shape: list[int], spec: InputSpec | DetectorInput) -> ov.Model:
    steps = PrePostProcessor(graph)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC")).set_shape(shape)
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32).mean(list(spec.mean)).scale(list(spec.scale))
    return steps.build()


def _rename(graph: ov.Model) -> None:
    """Name the nodes by their place: OpenVINO numbers some by a counter of the process, and digests would differ."""
    for index, node in enumerate(graph.get_ordered_ops()):
        node.set_friendly_name(f"{node.get_type_name()}_{index}")
