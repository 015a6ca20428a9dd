"""The last stage of the teacher's convolutions, to go on training it: from 3 rows of 192 channels to what the neck takes.

Two blocks of PP-LCNetV4 as PP-OCRv6 small has them (depthwise 3 x 3, squeeze and excitation in the first, a GELU of twice the
width, residual), the pooling, and two narrow convolutions. The norms are folded into the convolutions before them.
"""

from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

FRONT: Final = "p2o.pd_op.add.52.0"  # N x 192 x 3 x 2T, where it begins
CHANNELS: Final = 192
ROWS: Final = 3
_WIDE: Final = 384
_NARROW: Final = 120

# Our convolutions, and the tensors that the teacher's give, in the same order.
_ORIGIN: Final = {
    "widen": "conv2d.33",
    "mix": "conv2d.34",
    "first.around": "depthwise_conv2d.11",
    "first.squeeze": "conv2d.35",
    "first.excite": "conv2d.36",
    "first.grow": "conv2d.37",
    "first.shrink": "conv2d.38",
    "second.around": "depthwise_conv2d.12",
    "second.grow": "conv2d.39",
    "second.shrink": "conv2d.40",
    "skip": "conv2d.41",
    "narrow": "conv2d.42",
    "along": "depthwise_conv2d.13",
}


class Block(nn.Module):
    """Each channel looks around itself, is weighed by what the whole line has, and talks to the others."""

    def __init__(self, *, weighed: bool) -> None:
        super().__init__()
        self.around = nn.Conv2d(_WIDE, _WIDE, 3, padding=1, groups=_WIDE)
        self.weighed = weighed
        if weighed:
            self.squeeze = nn.Conv2d(_WIDE, _WIDE // 4, 1)
            self.excite = nn.Conv2d(_WIDE // 4, _WIDE, 1)
        self.grow = nn.Conv2d(_WIDE, 2 * _WIDE, 1)
        self.shrink = nn.Conv2d(2 * _WIDE, _WIDE, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Same shape in and out."""
        features = self.around(features)
        if self.weighed:
            whole = features.mean((2, 3), keepdim=True)
            features = features * functional.hardsigmoid(self.excite(functional.relu(self.squeeze(whole))))
        grown: Tensor = self.shrink(functional.gelu(self.grow(features)))
        return features + grown


class Tail(nn.Module):
    """N x 192 x 3 x 2T to what the neck takes and its skip, both N x T x 120."""

    def __init__(self) -> None:
        super().__init__()
        self.widen = nn.Conv2d(CHANNELS, _WIDE, 1)
        self.mix = nn.Conv2d(_WIDE, _WIDE, 1)
        self.first, self.second = Block(weighed=True), Block(weighed=False)
        self.skip, self.narrow = (nn.Conv2d(_WIDE, _NARROW, 1) for _ in range(2))
        self.along = nn.Conv2d(_NARROW, _NARROW, (1, 7), padding=(0, 3), groups=_NARROW)

    def forward(self, front: Tensor) -> tuple[Tensor, Tensor]:
        """Convolved and skip."""
        features = self.mix(functional.gelu(self.widen(front)))
        features = functional.avg_pool2d(self.second(self.first(features)), (ROWS, 2))
        narrow = functional.silu(self.narrow(features))
        convolved = narrow + functional.silu(self.along(narrow))
        return by_step(convolved), by_step(functional.silu(self.skip(features)))

    def begin_with(self, onnx: Path) -> None:
        """Take the teacher's weights."""
        arrays = _arrays(onnx)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                parameter.copy_(torch.from_numpy(arrays[name]))


def by_step(features: Tensor) -> Tensor:
    """N x F x 1 x T to N x T x F."""
    return features.squeeze(2).transpose(1, 2)


def _arrays(onnx: Path) -> dict[str, NDArray[np.float32]]:
    """Weight and bias of each convolution; a bias is an addition behind it, or comes with the norm."""
    import onnx as onnx_package  # heavy, and only here
    from onnx import numpy_helper

    graph = onnx_package.load(onnx).graph
    known = {i.name: np.asarray(numpy_helper.to_array(i), np.float32) for i in graph.initializer}
    gives = {output: node for node in graph.node for output in node.output}
    takes = {name: node for node in graph.node for name in node.input}
    found = dict[str, NDArray[np.float32]]()
    for ours, theirs in _ORIGIN.items():
        tensor = f"p2o.pd_op.{theirs}.0"
        weight, after = known[gives[tensor].input[1]], takes[tensor]
        if after.op_type == "BatchNormalization":
            scale, shift, mean, variance = (known[name] for name in after.input[1:5])
            scale = scale / np.sqrt(variance + next(a.f for a in after.attribute if a.name == "epsilon"))
            weight, bias = weight * scale[:, None, None, None], shift - mean * scale
        else:
            bias = next(known[name] for name in after.input if name in known).reshape(-1)
        found |= {f"{ours}.weight": weight, f"{ours}.bias": bias}
    return found
