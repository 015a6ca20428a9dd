"""A recurrent neck on the convolutions of a published recogniser, assembled from the package and our weights.

The package's graph is cut where its own neck begins; layer norm, bidirectional LSTM layers and two linear layers take its place.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as op

_EPSILON: Final = 1e-5
_GATES: Final = (1, 0, 2, 3)  # ours as they were trained: input, forget, cell, output; OpenVINO's: forget, input, cell, output

Weights = Mapping[str, NDArray[np.floating[Any]]]


def with_neck(graph: ov.Model, weights: Weights, *, convolved: str, skip: str) -> ov.Model:
    """The pictures of *graph* to posteriors N x T x C.

    Args:
        graph: The published recogniser.
        weights: Of the neck, named as the training names them: `norm`, `rnn`, `back`, `head`.
        convolved: Name of the tensor N x F x 1 x T that the neck takes.
        skip: Name of the tensor of the same shape that is added to what it gives.
    """
    ports = {name: port for node in graph.get_ops() for port in node.outputs() for name in port.get_names()}
    steps = _normalised(_by_step(ports[convolved]), weights)
    layer = 0
    while f"rnn.weight_ih_l{layer}" in weights:
        steps = _recurrent(steps, weights, layer)
        layer += 1
    neck = op.add(_linear(steps, weights, "back"), _by_step(ports[skip]))
    posteriors = op.softmax(_linear(neck, weights, "head"), axis=2)
    return ov.Model([op.result(posteriors)], graph.get_parameters(), "recogniser")


def _by_step(features: ov.Output) -> ov.Node:
    """N x F x 1 x T to N x T x F."""
    return op.transpose(op.squeeze(features, _ints(2)), _ints(0, 2, 1))


def _normalised(steps: ov.Node, weights: Weights) -> ov.Node:
    mean_and_variance = op.mvn(steps, _ints(-1), normalize_variance=True, eps=_EPSILON, eps_mode="inside_sqrt")
    return op.add(op.multiply(mean_and_variance, _constant(weights["norm.weight"])), _constant(weights["norm.bias"]))


def _recurrent(steps: ov.Node, weights: Weights, layer: int) -> ov.Node:
    """One bidirectional layer, N x T x F to N x T x 2H."""
    ends = (f"_l{layer}", f"_l{layer}_reverse")
    into, again = (_constant(np.stack([_gates(weights[f"rnn.weight_{part}{end}"]) for end in ends])) for part in ("ih", "hh"))
    bias = _constant(np.stack([_gates(weights[f"rnn.bias_ih{end}"] + weights[f"rnn.bias_hh{end}"]) for end in ends]))
    hidden = weights[f"rnn.weight_hh{ends[0]}"].shape[1]
    shape = op.shape_of(steps, output_type="i64")
    count, length = (op.gather(shape, _ints(axis), _ints(0)) for axis in (0, 1))
    zeros = op.broadcast(_constant(np.zeros(1)), op.concat([count, _ints(2), _ints(hidden)], 0))
    lengths = op.broadcast(length, count)
    answer = op.lstm_sequence(steps, zeros, zeros, lengths, into, again, bias, hidden, "bidirectional")
    together = op.transpose(answer.output(0), _ints(0, 2, 1, 3))  # N x 2 x T x H
    return op.reshape(together, _ints(0, 0, 2 * hidden), special_zero=True)


def _gates(weight: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    return np.concatenate([np.split(weight, len(_GATES))[gate] for gate in _GATES])


def _linear(steps: ov.Node, weights: Weights, name: str) -> ov.Node:
    return op.add(op.matmul(steps, _constant(weights[f"{name}.weight"]), False, True), _constant(weights[f"{name}.bias"]))


def _constant(values: NDArray[np.floating[Any]]) -> ov.Node:
    return op.constant(np.ascontiguousarray(values), np.float32)


def _ints(*values: int) -> ov.Node:
    return op.constant(np.array(values, np.int64))
