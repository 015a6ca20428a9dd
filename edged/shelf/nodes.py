"""Constants of the graphs that the shelf assembles."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as op

Weights = Mapping[str, NDArray[np.floating[Any]]]


def constant(values: NDArray[np.floating[Any]] | np.floating[Any]) -> ov.Node:
    """Numbers as f32."""
    return op.constant(np.ascontiguousarray(values) if values.ndim else values, np.float32)


def ints(*values: int) -> ov.Node:
    """Axes, shapes."""
    return op.constant(np.array(values, np.int64))
