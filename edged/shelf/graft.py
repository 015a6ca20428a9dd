"""A model of the shelf opened where its neck begins: what its convolutions say, its neck's weights, and itself under other weights."""

import functools
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as op

from edged.errors import ModelError
from edged.manifest import InputSpec
from edged.shelf.convert import saved
from edged.shelf.neck import CONVOLVED, PREFIX, SKIP, behind, gates, ports_of
from edged.shelf.nodes import Weights

_SETTINGS: Final = {"INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False}  # f32: as the recogniser


class Grafted:
    """One precision of a model."""

    def __init__(self, name: str, xml: bytes, weights: bytes, spec: InputSpec) -> None:
        """Look for the neck in the IR.

        Raises:
            ModelError: The model has no neck of ours, or OpenVINO refuses it.
        """
        self._bytes, self._spec, self._shapes = weights, spec, dict[int, Any]()  # the graph lives on the bytes
        try:
            self._graph = _core().read_model(xml, ov.Tensor(np.frombuffer(weights, np.uint8)))
        except RuntimeError as error:
            msg = f"OpenVINO {ov.__version__} refuses the model {name}: {error}"
            raise ModelError(msg, hint="build the model again with this version: edged models build") from error
        self.neck: dict[str, NDArray[np.float32]] = _weights_of(self._graph)
        if not self.neck:
            msg = f"{name} cannot learn: its IR has no recurrent neck that edged put in"
            raise ModelError(msg, hint="tune a model that edged trained, such as crnn-zh-en; `edged models list` shows what there is")

    def steps(self, width: int) -> int:
        """How many steps show a line of that width, and one more, as the recogniser keeps it; none where it is wider than every shape."""
        bucket = next((w for w in self._spec.width_buckets if width <= w), 0)
        return min(bucket // self._spec.stride, -(-width // self._spec.stride) + 1)

    def features(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
        """What the neck takes of a line of model height that fits into a shape: two T x F, to the end of the shape."""
        width = image.shape[1]
        bucket = next(w for w in self._spec.width_buckets if width <= w)
        line = np.full((1, self._spec.height, bucket, 3), self._spec.padding, np.uint8)
        line[0, :, :width] = image
        answers: Sequence[NDArray[np.float32]] = self._request(bucket).infer([line]).to_tuple()
        convolved, skip = (answer[0, :, 0].T.astype(np.float16) for answer in answers)
        return convolved, skip

    def with_neck(self, weights: Weights) -> tuple[bytes, bytes]:
        """The `xml` and `bin` of the same model with other weights in its neck."""
        graph = self._graph.clone()
        ports = ports_of(graph)
        return saved(behind(graph, ports[CONVOLVED], ports[SKIP], weights))

    def _request(self, bucket: int) -> Any:
        if bucket not in self._shapes:
            graph = self._graph.clone()
            ports = ports_of(graph)
            cut = ov.Model([op.result(ports[end]) for end in (CONVOLVED, SKIP)], graph.get_parameters(), "convolutions")
            cut.reshape([1, self._spec.height, bucket, self._spec.channels])
            self._shapes[bucket] = _core().compile_model(cut, "CPU", _SETTINGS).create_infer_request()
        return self._shapes[bucket]


def _weights_of(graph: ov.Model) -> dict[str, NDArray[np.float32]]:
    """The weights that `neck.behind` put in, one bias for each LSTM; empty where the graph has no neck of ours."""
    ports = ports_of(graph)
    if not {CONVOLVED, SKIP} <= ports.keys():
        return {}
    weights = dict[str, NDArray[np.float32]]()
    for name in sorted(name for name in ports if name.startswith(PREFIX) and name not in (CONVOLVED, SKIP)):
        plain, value = name.removeprefix(PREFIX), _value(ports[name].get_node())
        if plain.startswith("rnn."):
            weights |= {f"{plain}{end}": gates(way) for way, end in zip(value, ("", "_reverse"), strict=True)}
        else:
            weights[plain] = value
    return weights


def _value(node: ov.Node) -> NDArray[np.float32]:
    """A constant, also where f16 is made f32."""
    return np.array((node.input_value(0).get_node() if node.get_type_name() == "Convert" else node).data, np.float32)


@functools.cache
def _core() -> ov.Core:
    """Never destroyed, see `flow.runtime`."""
    return ov.Core()
