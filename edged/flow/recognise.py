"""The model at work: static shapes, several inferences in flight. The data path's door to OpenVINO.

* f32 is asked for explicitly. By itself the CPU plugin computes in bf16 or f16 where the CPU can, and then
  the same picture reads differently from machine to machine (with bf16 every twelfth labelled line does).
* One stream per thread: a second thread for the same line makes it a quarter faster and two lines together a quarter
  slower. Two requests per stream: a stream that is done takes the next line at once, and does not wait until Python
  heard of it. Threads are not pinned, the box has other work.
* The graph itself picks the 16 most likely classes of each step (TopK): that costs 5 % of the inference,
  and saves copying and searching 6,625 classes in Python, and nine tenths of the memory in flight.
* A shape is compiled when the first line needs it; the narrowest at once.
"""

import functools
import logging
import math
import os
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as opset

from edged.config import RecogniseSection
from edged.errors import ModelError, ModelUnavailable
from edged.flow.golden import prove
from edged.flow.model_files import LoadedModel
from edged.types import Pixels, Posteriors

log = logging.getLogger(__name__)

OnDone = Callable[[Posteriors | None, BaseException | None], None]

_MAX_DEFAULT_STREAMS: Final = 4  # each costs memory; more are worth it only where somebody asks
_AHEAD: Final = 2  # requests per stream: the second costs only its picture and its answer
_KEPT: Final = 16  # classes per step
_MARGIN: Final = 1  # steps kept right of the picture: the last character may be seen late
_PROOF_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 1.0  # how long to wait for a free request before looking for a failed one


class _Request(NamedTuple):
    """The memory of one request; it stays where it is, because every shape is static."""

    line: Pixels  # 1 x H x W x 3
    shares: npt.NDArray[np.float32]  # 1 x T x K
    classes: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class _Shape:
    """A compiled shape, and its requests by their number in the queue."""

    queue: ov.AsyncInferQueue
    requests: tuple[_Request, ...]
    flying: dict[int, "_Job"] = field(default_factory=dict)  # who takes a job out of it, answers it


class _Job(NamedTuple):
    """One line in flight."""

    on_done: OnDone
    shape: "weakref.ref[_Shape]"  # its queue keeps the last job of each request: a cycle that no collection would see
    number: int  # of its request
    steps: int


class Recogniser:
    """Reads text lines with one model. `submit` may be called from any thread."""

    def __init__(self, model: LoadedModel, section: RecogniseSection) -> None:
        """Keep what to do; `open` does it."""
        self.section = section
        self._name, self._input, self._classes = model.ref.name, model.manifest.input, model.manifest.charset.classes
        self._model: LoadedModel | None = model  # until it is open, and as long: the graph lives on its bytes
        self.threads = section.threads or len(os.sched_getaffinity(0))
        self.requests = section.requests or _AHEAD * min(self.threads, _MAX_DEFAULT_STREAMS)
        self._streams = min(self.threads, self.requests) if section.requests else self.requests // _AHEAD
        self._free = threading.Semaphore(self.requests)
        self._lock = threading.Lock()  # an AsyncInferQueue is fed by one thread at a time
        self._shapes: dict[int, _Shape] = {}
        self._retired: list[_Shape] = []
        self._graph: ov.Model | None = None

    def open(self) -> None:
        """Build the model for its narrowest shape and let it read its golden lines.

        Raises:
            ModelError: The runtime refuses it, it contradicts its manifest, or it reads something else.
        """
        assert self._model is not None  # opened once
        if self._model.manifest.task != "recognise":
            msg = f"the model {self._name} is made to {self._model.manifest.task}, not to recognise"
            raise ModelError(msg, hint="name a model for recognition in `model.name`")
        try:
            graph = _core().read_model(self._model.xml, ov.Tensor(np.frombuffer(self._model.weights, np.uint8)))
            self._graph = self._strongest(graph)
            with self._lock:
                self._shape(self._input.width_buckets[0])
        except RuntimeError as error:
            msg = f"OpenVINO {ov.__version__} refuses the model {self._name}: {error}"
            raise ModelError(msg, hint="build the model again with this version: edged models build") from error
        self.prove(self._model)

    def prove(self, model: LoadedModel) -> None:
        """Let it read the golden lines of *model*, whose digest is its own; also while others read.

        Raises:
            ModelError: It reads something else.
        """
        prove(model, self._now)

    def submit(self, pixels: Pixels, on_done: OnDone) -> None:
        """Start reading one line; blocks while all requests are busy.

        Args:
            pixels: Model height x W x 3, at most as wide as the widest shape.
            on_done: Called once, in a thread of OpenVINO that waits for it, with the posteriors (only the steps
                of the picture and a margin) or with what went wrong. It only hands over.
        """
        while not self._free.acquire(timeout=_LOOK_SECONDS):  # released by the answer, in another thread
            self.check()
        try:
            with self._lock:
                try:
                    self._start(pixels, on_done)
                except RuntimeError as error:  # an earlier inference failed: its queue tells it to the next caller
                    self._give_up(self._bucket(pixels.shape[1]), error)
                    self._start(pixels, on_done)
        except BaseException:
            self._free.release()
            raise

    def check(self) -> None:
        """Answer lines whose inference failed: OpenVINO calls nobody back for them. For whoever waits long."""
        with self._lock:
            for bucket, shape in list(self._shapes.items()):
                errors = [error for number in list(shape.flying) if (error := _error_of(shape.queue[number]))]
                if errors:
                    self._give_up(bucket, errors[0])

    def drain(self) -> None:
        """Wait until every line submitted so far has its answer."""
        with self._lock:
            for shape in self._shapes.values():
                shape.queue.wait_all()

    def close(self) -> None:
        """Drain, and release the model. Idempotent; nothing is submitted afterwards."""
        self.check()
        with self._lock:
            for shape in (*self._shapes.values(), *self._retired):
                with suppress(RuntimeError):  # why it was retired
                    shape.queue.wait_all()
            self._shapes.clear()
            self._retired.clear()
            self._graph = self._model = None

    @property
    def compiled(self) -> tuple[ov.CompiledModel, ...]:
        """The shapes compiled so far: for those who look at the runtime's graph."""
        return tuple(shape.queue[0].get_compiled_model() for shape in self._shapes.values())

    def _start(self, pixels: Pixels, on_done: OnDone) -> None:
        """Put the line into an idle request and start it; the lock is held."""
        width = pixels.shape[1]
        shape = self._shape(self._bucket(width))
        number = shape.queue.get_idle_request_id()  # the one that is started next
        line = shape.requests[number].line
        line[0, :, :width] = pixels
        line[0, :, width:] = self._input.padding
        job = _Job(on_done, weakref.ref(shape), number, steps=math.ceil(width / self._input.stride) + _MARGIN)
        shape.flying[number] = job
        try:
            shape.queue.start_async(None, job)
        except BaseException:
            del shape.flying[number]
            raise

    def _give_up(self, bucket: int, error: RuntimeError) -> None:
        """Retire a shape whose queue is broken; it is compiled anew when it is needed. The lock is held.

        The failed line is answered with the error; the others on the same queue still get their own answers.
        """
        shape = self._shapes.pop(bucket)
        self._retired.append(shape)  # never freed from within its own callback
        log.error("an inference failed, its shape is built again: %s", error, extra={"model": self._name, "width": bucket})
        failed = [number for number in list(shape.flying) if _error_of(shape.queue[number])]
        for number in failed or list(shape.flying):
            job = shape.flying.pop(number, None)
            if job is not None:
                self._free.release()
                job.on_done(None, error)

    def _bucket(self, width: int) -> int:
        for bucket in self._input.width_buckets:
            if width <= bucket:
                return bucket
        msg = f"a piece of {width} pixels is wider than the widest shape {self._input.width_buckets[-1]}"
        raise ValueError(msg)

    def _shape(self, bucket: int) -> _Shape:
        """What reads lines of one width, compiled on first use; the lock is held."""
        if bucket not in self._shapes:
            self._shapes[bucket] = self._compiled_shape(bucket)
        return self._shapes[bucket]

    def _compiled_shape(self, bucket: int) -> _Shape:
        assert self._graph is not None  # opened
        shaped = self._graph.clone()
        shaped.reshape([1, self._input.height, bucket, self._input.channels])
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": self.threads,
            "NUM_STREAMS": self._streams,
            "ENABLE_CPU_PINNING": False,
        }
        queue = ov.AsyncInferQueue(_core().compile_model(shaped, "CPU", settings), self.requests)
        queue.set_callback(self._answer)
        return _Shape(queue, tuple(_Request(r.get_input_tensor().data, *(r.get_output_tensor(i).data for i in range(2))) for r in queue))

    def _strongest(self, graph: ov.Model) -> ov.Model:
        """The graph with its answer cut down to the strongest classes of each step.

        Raises:
            ModelError: Its answer is not what the manifest says.
        """
        widest, classes = self._input.width_buckets[-1], self._classes
        graph.reshape([1, self._input.height, widest, self._input.channels])
        found = tuple(graph.output(0).shape)
        expected = (1, widest // self._input.stride, classes)
        if found != expected:
            msg = f"the model {self._name} answers {found} for {widest} pixels, its manifest says {expected} (lines, steps, classes)"
            raise ModelError(msg, hint="the charset or the manifest belongs to another model: build the model again")
        answer = graph.output(0).get_node().input_value(0)
        strongest = opset.topk(answer, np.int32(min(_KEPT, classes)), -1, "max", "value")
        return ov.Model(strongest.outputs(), graph.get_parameters())

    def _answer(self, _request: object, job: _Job) -> None:
        """Copy the answer out and hand it over. Runs in a thread of OpenVINO, holding the request."""
        shape = job.shape()
        if shape is None or shape.flying.pop(job.number, None) is None:
            return
        try:
            answer = shape.requests[job.number]
            classes, shares = answer.classes[0, : job.steps].copy(), answer.shares[0, : job.steps].copy()
            job.on_done(Posteriors(classes=classes, shares=shares), None)
        except Exception as error:  # what escapes into OpenVINO stops its queue for ever
            log.exception("handing over an answer failed")
            job.on_done(None, error)
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
            msg = f"the model {self._name} gave no answer within {_PROOF_SECONDS:g} s"
            raise ModelUnavailable(msg, hint="look at the load of this machine, and try again")
        if isinstance(answers[0], BaseException):
            msg = f"the model {self._name} failed: {answers[0]}"
            raise ModelError(msg, hint="build the model again: edged models build") from answers[0]
        return answers[0]


@functools.cache
def _core() -> ov.Core:
    """The one runtime of this process; made by the main thread, and never destroyed.

    Its CPU plugin gives the thread that loads it a signal stack, and unmaps that when it is itself destroyed, in whatever
    thread that happens: from then on a signal (SIGTERM, SIGHUP) kills the process.
    """
    return ov.Core()


def _error_of(request: ov.InferRequest) -> RuntimeError | None:
    """How the inference failed; None where it did not, or still runs."""
    try:
        request.wait_for(0)
    except RuntimeError as error:
        return error
    return None
