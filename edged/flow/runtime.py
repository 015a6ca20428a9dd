"""OpenVINO's runtime, one in a process: who computes in the data path takes it from here."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import openvino as ov

from edged.errors import ModelError


@functools.cache
def core() -> ov.Core:
    """The one runtime of this process; made by the main thread, and never destroyed.

    Its CPU plugin gives the thread that loads it a signal stack, and unmaps that when it is itself destroyed, in whatever
    thread that happens: from then on a signal (SIGTERM, SIGHUP) kills the process.
    """
    return ov.Core()


@contextmanager
def opening(name: str) -> Iterator[None]:
    """While the model *name* is opened: what the runtime says against it, in words for the operator.

    Raises:
        ModelError: The runtime refuses it.
    """
    try:
        yield
    except RuntimeError as error:
        msg = f"OpenVINO {ov.__version__} refuses the model {name}: {error}"
        raise ModelError(msg, hint="build the model again with this version: edged models build") from error


def graph_of(xml: bytes, weights: bytes) -> ov.Model:
    """A model as the runtime has it, with a copy of these bytes.

    Raises:
        RuntimeError: The runtime refuses it; see `opening`.
    """
    return core().read_model(xml, ov.Tensor(np.frombuffer(weights, np.uint8)))
