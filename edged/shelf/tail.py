"""The last stage of a published recogniser's convolutions with weights that we went on training: blocks of PP-LCNetV4 as in PP-OCRv6 small.

`scripts/foundry/tail.py` is the same in PyTorch, where it learns.
"""

from typing import Final

import numpy as np
import openvino as ov
from openvino import opset13 as op

from edged.shelf.nodes import Weights, constant, ints

_POOLED: Final = (3, 2)  # rows and columns that become one step
_PREFIX: Final = "tail."


def with_tail(front: ov.Output, weights: Weights) -> tuple[ov.Node, ov.Node]:
    """What the neck takes and its skip, both N x F x 1 x T, of *front*, N x C x 3 x 2T.

    Each convolution gives a tensor of the name of its weights, `tail.widen` and so on, for `quantise.quantise`.
    """
    features = _convolution(op.gelu(_convolution(front, weights, "widen"), "erf"), weights, "mix")
    features = _block(_block(features, weights, "first."), weights, "second.")
    zeros = [0, 0]
    pooled = op.avg_pool(features, list(_POOLED), zeros, zeros, list(_POOLED), exclude_pad=True)
    narrow = op.swish(_convolution(pooled, weights, "narrow"))
    convolved = op.add(narrow, op.swish(_convolution(narrow, weights, "along")))
    return convolved, op.swish(_convolution(pooled, weights, "skip"))


def _block(features: ov.Node, weights: Weights, name: str) -> ov.Node:
    features = _convolution(features, weights, f"{name}around")
    if f"{_PREFIX}{name}squeeze.weight" in weights:
        whole = op.reduce_mean(features, ints(2, 3), keep_dims=True)
        squeezed = op.relu(_convolution(whole, weights, f"{name}squeeze"))
        share = op.hard_sigmoid(_convolution(squeezed, weights, f"{name}excite"), constant(np.float32(1 / 6)), constant(np.float32(0.5)))
        features = op.multiply(features, share)
    grown = op.gelu(_convolution(features, weights, f"{name}grow"), "erf")
    return op.add(features, _convolution(grown, weights, f"{name}shrink"))


def _convolution(features: ov.Node | ov.Output, weights: Weights, name: str) -> ov.Node:
    """A convolution that keeps the size, of each channel alone where the weights say so, and its bias."""
    weight, bias = (weights[f"{_PREFIX}{name}.{part}"] for part in ("weight", "bias"))
    pads = [size // 2 for size in weight.shape[2:]]
    ones = [1, 1]
    if weight.shape[1] == 1:
        node = op.group_convolution(features, constant(weight[:, None]), ones, pads, pads, ones)
    else:
        node = op.convolution(features, constant(weight), ones, pads, pads, ones)
    node.output(0).set_names({f"{_PREFIX}{name}"})
    return op.add(node, constant(bias.reshape(1, -1, 1, 1)))
