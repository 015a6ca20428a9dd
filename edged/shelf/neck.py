"""A recurrent neck on the convolutions of a published recogniser, assembled from the package and our weights.

The package's graph is cut before the last stage of its convolutions; that stage with our weights, layer norm, bidirectional LSTM
layers and two linear layers take the place of the rest. Tensors of the neck have names of ours, which stay in the IR: by them
`graft` finds it again.
"""

from typing import Any, Final

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as op

from edged.shelf.nodes import Weights, constant, ints
from edged.shelf.tail import with_tail

CONVOLVED: Final = "neck.convolved"  # N x F x 1 x T, what the neck takes
SKIP: Final = "neck.skip"  # of the same shape, added to what it gives
PREFIX: Final = "neck."  # before the names of its weights

_EPSILON: Final = 1e-5
_GATES: Final = (1, 0, 2, 3)  # ours as they were trained: input, forget, cell, output; OpenVINO's: forget, input, cell, output


def with_neck(graph: ov.Model, weights: Weights, *, front: str) -> ov.Model:
    """The pictures of *graph* to posteriors N x T x C.

    Args:
        graph: The published recogniser.
        weights: Named as the training names them: `tail`, `norm`, `rnn`, `back`, `head`.
        front: Name of the tensor N x C x 3 x 2T that the last stage of the convolutions takes.
    """
    convolved, skip = (node.output(0) for node in with_tail(ports_of(graph)[front], weights))
    convolved.set_names({CONVOLVED})
    skip.set_names({SKIP})
    return behind(graph, convolved, skip, weights)


def ports_of(graph: ov.Model) -> dict[str, ov.Output]:
    """Where the named tensors of a graph come from."""
    return {name: port for node in graph.get_ops() for port in node.outputs() for name in port.get_names()}


def behind(graph: ov.Model, convolved: ov.Output, skip: ov.Output, weights: Weights) -> ov.Model:
    """The pictures of *graph* to posteriors N x T x C, by a neck that takes *convolved* and *skip*, both N x F x 1 x T."""
    steps = _normalised(_by_step(convolved), weights)
    layer = 0
    while f"rnn.weight_ih_l{layer}" in weights:
        steps = _recurrent(steps, weights, layer)
        layer += 1
    neck = op.add(_linear(steps, weights, "back"), _by_step(skip))
    posteriors = op.softmax(_linear(neck, weights, "head"), axis=2)
    posteriors.output(0).set_names({"posteriors"})  # else OpenVINO takes a number that counts what this process made, and digests differ
    return ov.Model([op.result(posteriors)], graph.get_parameters(), "recogniser")


def _by_step(features: ov.Output) -> ov.Node:
    """N x F x 1 x T to N x T x F."""
    return op.transpose(op.squeeze(features, ints(2)), ints(0, 2, 1))


def _normalised(steps: ov.Node, weights: Weights) -> ov.Node:
    mean_and_variance = op.mvn(steps, ints(-1), normalize_variance=True, eps=_EPSILON, eps_mode="inside_sqrt")
    return op.add(op.multiply(mean_and_variance, _named(weights, "norm.weight")), _named(weights, "norm.bias"))


def _recurrent(steps: ov.Node, weights: Weights, layer: int) -> ov.Node:
    """One bidirectional layer, N x T x F to N x T x 2H."""
    ends = (f"_l{layer}", f"_l{layer}_reverse")
    both = {f"rnn.weight_{part}_l{layer}": np.stack([gates(weights[f"rnn.weight_{part}{end}"]) for end in ends]) for part in ("ih", "hh")}
    none = np.float32(0)  # a neck that was read back has one bias, the sum
    both[f"rnn.bias_ih_l{layer}"] = np.stack([gates(weights[f"rnn.bias_ih{end}"] + weights.get(f"rnn.bias_hh{end}", none)) for end in ends])
    into, again, bias = (_named(both, name) for name in both)
    hidden = weights[f"rnn.weight_hh{ends[0]}"].shape[1]
    shape = op.shape_of(steps, output_type="i64")
    count, length = (op.gather(shape, ints(axis), ints(0)) for axis in (0, 1))
    zeros = op.broadcast(constant(np.zeros(1)), op.concat([count, ints(2), ints(hidden)], 0))
    lengths = op.broadcast(length, count)
    answer = op.lstm_sequence(steps, zeros, zeros, lengths, into, again, bias, hidden, "bidirectional")
    together = op.transpose(answer.output(0), ints(0, 2, 1, 3))  # N x 2 x T x H
    return op.reshape(together, ints(0, 0, 2 * hidden), special_zero=True)


def gates(weight: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """From one order of the gates to the other, and back."""
    return np.concatenate([np.split(weight, len(_GATES))[gate] for gate in _GATES])


def _linear(steps: ov.Node, weights: Weights, name: str) -> ov.Node:
    return op.add(op.matmul(steps, _named(weights, f"{name}.weight"), False, True), _named(weights, f"{name}.bias"))


def _named(weights: Weights, name: str) -> ov.Node:
    node = constant(weights[name])
    node.output(0).set_names({PREFIX + name})
    return node
