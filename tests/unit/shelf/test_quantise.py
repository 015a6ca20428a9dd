import numpy as np
import openvino as ov
from openvino import opset13 as op

from edged.shelf.quantise import quantise


def convolution(weights: np.ndarray, *, groups: bool = False) -> ov.Model:
    """One convolution whose result is called `given`."""
    source = op.parameter([1, 2, 1, 8], np.float32)
    make = op.group_convolution if groups else op.convolution
    node = make(source, op.constant(weights), [1, 1], [0, 0], [0, 0], [1, 1])
    node.output(0).set_names({"given"})
    return ov.Model([op.result(node)], [source], "one")


def answer(graph: ov.Model, values: np.ndarray) -> np.ndarray:
    compiled = ov.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found: np.ndarray = compiled([values])[0]
    return found


def test_a_convolution_with_a_range_answers_nearly_the_same() -> None:
    """Its error is that of 256 steps; one without a range does not change at all."""
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(3, 2, 1, 1)).astype(np.float32)
    values = rng.uniform(-1, 0.5, (1, 2, 1, 8)).astype(np.float32)  # as most are: half of the range, see the module
    exact = answer(convolution(weights), values)
    graph = convolution(weights)
    quantise(graph, {"another": (-1.0, 3.0)})
    assert np.array_equal(answer(graph, values), exact)
    quantise(graph, {"given": (-1.0, 3.0)})
    error = np.abs(answer(graph, values) - exact).max()
    assert 0 < error < 0.05


def test_values_beyond_the_range_are_cut() -> None:
    """The highest step is the highest value."""
    graph = convolution(np.array([1, 0.01], np.float32).reshape(1, 2, 1, 1))
    quantise(graph, {"given": (0.0, 1.0)})
    assert np.allclose(answer(graph, np.full((1, 2, 1, 8), 5, np.float32)), 1.01, atol=0.01)


def test_weights_have_a_range_for_each_channel() -> None:
    """A channel of small weights keeps them beside one of large ones; one of zeros stays zero."""
    weights = np.array([[100, -100], [0.01, 0.02], [0, 0]], np.float32).reshape(3, 2, 1, 1)
    graph = convolution(weights)
    quantise(graph, {"given": (0.0, 1.0)})
    found = answer(graph, np.full((1, 2, 1, 8), 0.5, np.float32))[0, :, 0, 0]
    assert np.allclose(found, [0, 0.015, 0], atol=0.0003)


def test_groups_are_channels() -> None:
    """The weights of a depthwise convolution keep their shape."""
    weights = np.array([3.0, -0.5], np.float32).reshape(2, 1, 1, 1, 1)
    graph = convolution(weights, groups=True)
    quantise(graph, {"given": (0.0, 1.0)})
    assert np.allclose(answer(graph, np.ones((1, 2, 1, 8), np.float32))[0, :, 0, 0], [3, -0.5], atol=0.02)
