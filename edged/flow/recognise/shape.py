"""What is compiled for lines of one width or of several, and what its requests are given."""

import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import openvino as ov
from openvino import opset13 as opset

from edged.errors import ModelError
from edged.manifest import InputSpec
from edged.types import Answer, Pixels

_KEPT: Final = 16  # classes per step


class Request(NamedTuple):
    """What one request is given; it stays where it is."""

    lines: dict[int, Pixels]  # by width: 1 x H x W x 3, all in the same place
    tensors: dict[int, ov.Tensor]  # the same for OpenVINO

    @classmethod
    def of(cls, height: int, widths: Sequence[int], channels: int) -> "Request":
        """For lines of all these widths, in rising order."""
        place = np.empty(height * widths[-1] * channels, np.uint8)
        lines = {width: place[: height * width * channels].reshape(1, height, width, channels) for width in widths}
        return cls(lines, {width: ov.Tensor(line, shared_memory=True) for width, line in lines.items()})


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Shape:
    """What is compiled for one width, or for all, and its requests by their number in the queue."""

    queue: ov.AsyncInferQueue
    requests: tuple[Request, ...]
    flying: dict[int, "Job"] = field(default_factory=dict)  # who takes a job out of it, answers it

    @property
    def compiled(self) -> ov.CompiledModel:
        """The runtime's own."""
        return self.queue[0].get_compiled_model()

    def error_of(self, number: int) -> RuntimeError | None:
        """How the inference of a request failed; None where it did not, or still runs."""
        try:
            self.queue[number].wait_for(0)
        except RuntimeError as error:
            return error
        return None

    def rest(self) -> None:
        """Give the memory of inferences back, unless one is in flight."""
        if not self.flying:
            with suppress(RuntimeError):  # one is in flight all the same
                self.compiled.release_memory()


class Job(NamedTuple):
    """One line in flight."""

    on_done: Answer
    shape: "weakref.ref[Shape]"  # its queue keeps the last job of each request: a cycle that no collection would see
    number: int  # of its request
    steps: int


def for_pages(spec: InputSpec) -> tuple[int, ...]:
    """The widths that lines of whole pages are padded to: those of the manifest, and the middle of the widest gap, which wastes most."""
    buckets = spec.width_buckets
    gap, narrower = max((wider - narrower, narrower) for narrower, wider in pairwise((0, *buckets)))
    middle = narrower + -(-gap // (2 * spec.stride)) * spec.stride
    return tuple(sorted({*buckets, middle}))


def strongest(graph: ov.Model, name: str, spec: InputSpec, classes: int) -> ov.Model:
    """The graph with its answer cut down to the strongest classes of each step.

    Raises:
        ModelError: Its answer is not what the manifest says.
    """
    widest = spec.width_buckets[-1]
    graph.reshape([1, spec.height, widest, spec.channels])
    found = tuple(graph.output(0).shape)
    expected = (1, widest // spec.stride, classes)
    if found != expected:
        msg = f"the model {name} answers {found} for {widest} pixels, its manifest says {expected} (lines, steps, classes)"
        raise ModelError(msg, hint="the charset or the manifest belongs to another model: build the model again")
    answer = graph.output(0).get_node().input_value(0)
    kept = opset.topk(answer, np.int32(min(_KEPT, classes)), -1, "max", "value")
    return ov.Model(kept.outputs(), graph.get_parameters())
