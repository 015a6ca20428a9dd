"""The model at work: static shapes, several inferences in flight. The data path's door to OpenVINO.

* f32 is asked for explicitly. By itself the CPU plugin computes in bf16 or f16 where the CPU can, and then
  the same picture reads differently from machine to machine (with bf16 every twelfth labelled line does).
* One stream per request, each as few threads as there are: a second thread for the same line makes it a quarter
  faster and two lines together a quarter slower. Threads are not pinned, the box has other work.
* The graph itself picks the 16 most likely classes of each step (TopK): that costs 5 % of the inference,
  and saves copying and searching 6,625 classes in Python, and nine tenths of the memory in flight.
* A shape is compiled when the first line needs it; the narrowest at once.
"""

import logging
import math
import os
import threading
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import openvino as ov
from openvino import opset13 as opset

from edged.config import RecogniseSection
from edged.errors import ModelError
from edged.flow.golden import prove
from edged.flow.model_files import LoadedModel
from edged.types import Pixels, Posteriors

log = logging.getLogger(__name__)

OnDone = Callable[[Posteriors | None, BaseException | None], None]

_MAX_DEFAULT_REQUESTS: Final = 4  # each costs memory; more are worth it only where somebody asks
_KEPT: Final = 16  # classes per step
_MARGIN: Final = 1  # steps kept right of the picture: the last character may be seen late
_PROOF_SECONDS: Final = 30.0


class Recogniser:
    """Reads text lines with one model. `submit` may be called from any thread."""

    def __init__(self, model: LoadedModel, section: RecogniseSection) -> None:
        """Keep what to do; `open` does it."""
        self._model, self._input = model, model.manifest.input
        self.threads = section.threads or len(os.sched_getaffinity(0))
        self.requests = section.requests or min(self.threads, _MAX_DEFAULT_REQUESTS)
        self._free = threading.Semaphore(self.requests)
        self._lock = threading.Lock()  # an AsyncInferQueue is fed by one thread at a time
        self._queues: dict[int, ov.AsyncInferQueue] = {}
        self._graph: ov.Model | None = None

    def open(self) -> None:
        """Build the model for its narrowest shape and let it read its golden lines.

        Raises:
            ModelError: The runtime refuses it, it contradicts its manifest, or it reads something else.
        """
        if self._model.manifest.task != "recognise":
            msg = f"the model {self._model.ref.name} is made to {self._model.manifest.task}, not to recognise"
            raise ModelError(msg, hint="name a model for recognition in `model.name`")
        try:
            graph = ov.Core().read_model(self._model.xml, ov.Tensor(np.frombuffer(self._model.weights, np.uint8)))
            self._graph = self._strongest(graph)
            with self._lock:
                self._queue(self._input.width_buckets[0])
        except RuntimeError as error:
            msg = f"OpenVINO {ov.__version__} refuses the model {self._model.ref.name}: {error}"
            raise ModelError(msg, hint="build the model again with this version: edged models build") from error
        prove(self._model, self._now)

    def submit(self, pixels: Pixels, on_done: OnDone) -> None:
        """Start reading one line; blocks while all requests are busy.

        Args:
            pixels: Model height x W x 3, at most as wide as the widest shape.
            on_done: Called once, in a thread of OpenVINO that waits for it, with the posteriors (only the steps
                of the picture and a margin) or with what went wrong. It only hands over.
        """
        bucket = self._bucket(pixels.shape[1])
        padded = np.full((1, self._input.height, bucket, self._input.channels), self._input.padding, np.uint8)
        padded[0, :, : pixels.shape[1]] = pixels
        steps = math.ceil(pixels.shape[1] / self._input.stride) + _MARGIN
        self._free.acquire()  # released by the answer, in another thread
        try:
            with self._lock:
                self._queue(bucket).start_async({0: padded}, (on_done, steps))
        except BaseException:
            self._free.release()
            raise

    def drain(self) -> None:
        """Wait until every line submitted so far has its answer."""
        with self._lock:
            for queue in self._queues.values():
                queue.wait_all()

    def close(self) -> None:
        """Drain, and release the model. Idempotent; nothing is submitted afterwards."""
        self.drain()
        self._queues.clear()
        self._graph = None

    @property
    def compiled(self) -> tuple[ov.CompiledModel, ...]:
        """The shapes compiled so far: for those who look at the runtime's graph."""
        return tuple(queue[0].get_compiled_model() for queue in self._queues.values())

    def _bucket(self, width: int) -> int:
        for bucket in self._input.width_buckets:
            if width <= bucket:
                return bucket
        msg = f"a piece of {width} pixels is wider than the widest shape {self._input.width_buckets[-1]}"
        raise ValueError(msg)

    def _queue(self, bucket: int) -> ov.AsyncInferQueue:
        """The queue of one shape, compiled on first use; the lock is held."""
        if bucket not in self._queues:
            self._queues[bucket] = self._compiled_queue(bucket)
        return self._queues[bucket]

    def _compiled_queue(self, bucket: int) -> ov.AsyncInferQueue:
        assert self._graph is not None  # opened
        shaped = self._graph.clone()
        shaped.reshape([1, self._input.height, bucket, self._input.channels])
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": self.threads,
            "NUM_STREAMS": self.requests,
            "ENABLE_CPU_PINNING": False,
        }
        queue = ov.AsyncInferQueue(ov.Core().compile_model(shaped, "CPU", settings), self.requests)
        queue.set_callback(self._answer)
        return queue

    def _strongest(self, graph: ov.Model) -> ov.Model:
        """The graph with its answer cut down to the strongest classes of each step.

        Raises:
            ModelError: Its answer is not what the manifest says.
        """
        widest, classes = self._input.width_buckets[-1], self._model.manifest.charset.classes
        graph.reshape([1, self._input.height, widest, self._input.channels])
        found = tuple(graph.output(0).shape)
        expected = (1, widest // self._input.stride, classes)
        if found != expected:
            name = self._model.ref.name
            msg = f"the model {name} answers {found} for {widest} pixels, its manifest says {expected} (lines, steps, classes)"
            raise ModelError(msg, hint="the charset or the manifest belongs to another model: build the model again")
        answer = graph.output(0).get_node().input_value(0)
        strongest = opset.topk(answer, np.int32(min(_KEPT, classes)), -1, "max", "value")
        return ov.Model(strongest.outputs(), graph.get_parameters())

    def _answer(self, request: Any, job: tuple[OnDone, int]) -> None:
        """Copy the answer out and hand it over. Runs in a thread of OpenVINO, holding the request."""
        on_done, steps = job
        try:
            shares, classes = (request.get_output_tensor(index).data[0, :steps].copy() for index in range(2))
            on_done(Posteriors(classes=classes, shares=shares), None)
        except Exception as error:  # what escapes into OpenVINO stops its queue for ever
            log.exception("handing over an answer failed")
            on_done(None, error)
        finally:
            self._free.release()

    def _now(self, pixels: Pixels) -> Posteriors:
        """Read one line and wait for it."""
        answers: list[Posteriors | BaseException] = []
        answered = threading.Event()

        def keep(posteriors: Posteriors | None, error: BaseException | None) -> None:
            answers.append(error if posteriors is None else posteriors)  # type: ignore[arg-type]
            answered.set()

        self.submit(pixels, keep)
        if not answered.wait(_PROOF_SECONDS):
            msg = f"the model {self._model.ref.name} gave no answer within {_PROOF_SECONDS:g} s"
            raise ModelError(msg, hint="look at the load of this machine, and try again")
        if isinstance(answers[0], BaseException):
            msg = f"the model {self._model.ref.name} failed: {answers[0]}"
            raise ModelError(msg, hint="build the model again: edged models build") from answers[0]
        return answers[0]
