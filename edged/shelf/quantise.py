"""Convolutions to eight bits: what they take and their weights are rounded in the graph, where OpenVINO finds it and computes in INT8.

Ranges of activations were measured once and are handed in; ranges of weights follow from the weights. Nothing is measured here, so
every machine makes the same bytes.

Not every machine computes the same from them: an x86 without VNNI sums two neighbouring products in 16 bits and cuts what is more,
which takes two large weights at two large values. `edged models eval` tells what a CPU makes of a model; see ARCHITECTURE.md.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as op

_CONVOLUTIONS: Final = {"Convolution", "GroupConvolution"}
_LEVELS: Final = 256
_WIDEST_BYTE: Final = 127  # of a weight; -128 is left out, so that both signs are alike

Ranges = Mapping[str, tuple[float, float]]


def quantise(graph: ov.Model, ranges: Ranges) -> None:
    """Round what the convolutions of *graph* take.

    Args:
        graph: Changed in place.
        ranges: By the tensor that a convolution gives: the lowest and the highest value that it takes.
            A convolution without a range stays as it is.
    """
    for node in graph.get_ordered_ops():
        if node.get_type_name() not in _CONVOLUTIONS:
            continue
        name = next((n for n in node.output(0).get_names() if n in ranges), None)
        if name is None:
            continue
        node.input(0).replace_source_output(_rounded(node.input_value(0), ranges[name]))
        node.input(1).replace_source_output(_rounded_weights(_weights(node)))


def _rounded(values: ov.Output, between: tuple[float, float]) -> ov.Output:
    low, high = (op.constant(np.full((1, 1, 1, 1), end), np.float32) for end in between)
    return op.fake_quantize(values, low, high, low, high, _LEVELS).output(0)


def _weights(node: ov.Node) -> NDArray[np.float32]:
    """The weights in the shape that the convolution takes: those of groups come out of a reshape."""
    source = node.input_value(1).get_node()
    while source.get_type_name() != "Constant":
        source = source.input_value(0).get_node()
    return np.asarray(source.get_data(), np.float32).reshape(node.input_value(1).get_shape())


def _rounded_weights(weights: NDArray[np.float32]) -> ov.Output:
    """As bytes times a scale per channel that is given; the scale is one that f16 has, because f16 is what is written."""
    widest = np.abs(weights).max(tuple(range(1, weights.ndim)), keepdims=True)
    scale = np.maximum(widest / _WIDEST_BYTE, np.finfo(np.float16).tiny).astype(np.float16).astype(np.float32)
    steps = np.clip(np.rint(weights / scale), -_WIDEST_BYTE, _WIDEST_BYTE).astype(np.int8)
    return op.multiply(op.convert(op.constant(steps), np.float32), op.constant(scale)).output(0)
