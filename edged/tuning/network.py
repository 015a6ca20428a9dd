"""The neck forwards and backwards: layer norm, bidirectional LSTM layers, a linear layer, plus the skip.

Weights have the names and shapes of `edged.shelf.graft`. Steps come first (T x N x F): each step is one contiguous product.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]
Weights: TypeAlias = Mapping[str, Array]

_EPSILON: Final = np.float32(1e-5)
_HALF: Final = np.float32(0.5)
_ENDS: Final = ("", "_reverse")


class _Normed(NamedTuple):
    standard: Array
    deviation: Array


class _Layer(NamedTuple):
    """What a recurrent layer must remember; both directions side by side, each in its own order of time."""

    inputs: Array  # T x N x F
    gates: Array  # T x 2 x N x 4H: input, forget, cell, output
    cells: Array  # T x 2 x N x H
    bent: Array  # their tanh
    hidden: Array


class Trace(NamedTuple):
    """A way forwards, for the way back."""

    norm: _Normed
    layers: tuple[_Layer, ...]
    answer: Array  # of the last layer, T x N x 2H


def depth(weights: Weights) -> int:
    """How many recurrent layers there are."""
    return sum(name.startswith("rnn.weight_ih_l") and not name.endswith("_reverse") for name in weights)


def forward(weights: Weights, convolved: Array, skip: Array) -> tuple[Array, Trace]:
    """What the last linear layer takes, T x N x F, of features of the same shape."""
    steps, norm = _norm(weights, convolved)
    layers = []
    for number in range(depth(weights)):
        steps, layer = _layer(weights, number, steps)
        layers.append(layer)
    return steps @ weights["back.weight"].T + weights["back.bias"] + skip, Trace(norm, tuple(layers), steps)


def backward(weights: Weights, trace: Trace, slope: Array) -> dict[str, Array]:
    """Gradients of all weights of the neck, where *slope* is that of what `forward` gave."""
    grads = {"back.weight": _flat(slope).T @ _flat(trace.answer), "back.bias": _flat(slope).sum(0)}
    slope = slope @ weights["back.weight"]
    for number in reversed(range(len(trace.layers))):
        slope, found = _layer_back(weights, number, trace.layers[number], slope)
        grads |= found
    grads["norm.weight"] = _flat(slope * trace.norm.standard).sum(0)
    grads["norm.bias"] = _flat(slope).sum(0)
    return grads


def _norm(weights: Weights, x: Array) -> tuple[Array, _Normed]:
    centred = x - x.mean(-1, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(-1, keepdims=True) + _EPSILON)
    standard = centred / deviation
    return standard * weights["norm.weight"] + weights["norm.bias"], _Normed(standard, deviation)


def _layer(weights: Weights, number: int, inputs: Array) -> tuple[Array, _Layer]:
    """One bidirectional layer, T x N x F to T x N x 2H."""
    steps, count, _ = inputs.shape
    again = np.stack([weights[f"rnn.weight_hh_l{number}{end}"].T for end in _ENDS])
    wide, hidden = again.shape[2], again.shape[1]
    gates = np.empty((steps, 2, count, wide), np.float32)
    for way, end in enumerate(_ENDS):
        bias = weights[f"rnn.bias_ih_l{number}{end}"]
        gates[:, way] = (inputs[::-1] if way else inputs) @ weights[f"rnn.weight_ih_l{number}{end}"].T + bias
    cells, bent, outs = (np.empty((steps, 2, count, hidden), np.float32) for _ in range(3))
    out = cell = np.zeros((2, count, hidden), np.float32)
    for t, gate in enumerate(gates):
        gate += out @ again  # noqa: PLW2901  # in place: it is a view of what is remembered
        _bend(gate, hidden)
        in_, forget, new, show = _parts(gate, hidden)
        cell = np.add(forget * cell, in_ * new, out=cells[t])
        out = np.multiply(show, np.tanh(cell, out=bent[t]), out=outs[t])
    answer = np.concatenate([outs[:, 0], outs[::-1, 1]], 2)
    return answer, _Layer(inputs, gates, cells, bent, outs)


def _bend(gate: Array, hidden: int) -> None:
    """Sigmoid, but tanh for the cell: one tanh for all, as sigmoid(x) is (tanh(x/2) + 1)/2."""
    new = slice(2 * hidden, 3 * hidden)
    gate *= _HALF
    gate[..., new] *= 2
    np.tanh(gate, out=gate)
    kept = gate[..., new].copy()
    gate *= _HALF
    gate += _HALF
    gate[..., new] = kept


def _parts(gate: Array, hidden: int) -> tuple[Array, Array, Array, Array]:
    a, b, c, d = (gate[..., at : at + hidden] for at in range(0, 4 * hidden, hidden))
    return a, b, c, d


def _layer_back(weights: Weights, number: int, layer: _Layer, slope: Array) -> tuple[Array, dict[str, Array]]:
    """The slope of the layer's inputs and the gradients of its weights."""
    hidden = layer.hidden.shape[3]
    back = np.stack([weights[f"rnn.weight_hh_l{number}{end}"] for end in _ENDS])
    slopes = np.stack([slope[..., :hidden], slope[::-1, :, hidden:]], 1)
    raw = np.empty_like(layer.gates)
    out = cell = np.zeros_like(layer.cells[0])
    for t in reversed(range(len(raw))):
        in_, forget, new, show = _parts(layer.gates[t], hidden)
        d_in, d_forget, d_new, d_show = _parts(raw[t], hidden)
        out = slopes[t] + out
        np.multiply(out * layer.bent[t], show * (1 - show), out=d_show)
        cell = cell + out * show * (1 - layer.bent[t] ** 2)
        before = layer.cells[t - 1] if t else np.zeros_like(cell)
        np.multiply(cell * before, forget * (1 - forget), out=d_forget)
        np.multiply(cell * new, in_ * (1 - in_), out=d_in)
        np.multiply(cell * in_, 1 - new * new, out=d_new)
        cell = cell * forget
        out = raw[t] @ back
    down = np.zeros_like(layer.inputs)
    grads: dict[str, Array] = {}
    for way, end in enumerate(_ENDS):
        mine, ordered = np.ascontiguousarray(raw[:, way]), layer.inputs[::-1] if way else layer.inputs
        grads[f"rnn.weight_ih_l{number}{end}"] = _flat(mine).T @ _flat(ordered)
        grads[f"rnn.weight_hh_l{number}{end}"] = _flat(mine[1:]).T @ _flat(layer.hidden[:-1, way])
        grads[f"rnn.bias_ih_l{number}{end}"] = _flat(mine).sum(0)
        found = mine @ weights[f"rnn.weight_ih_l{number}{end}"]
        down += found[::-1] if way else found
    return down, grads


def _flat(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])
