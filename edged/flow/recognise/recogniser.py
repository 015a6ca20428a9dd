"""The model at work: static shapes, several inferences in flight. The data path's door to OpenVINO.

* f32 is asked for explicitly. By itself the CPU plugin computes in bf16 or f16 where the CPU can, and then
  the same picture reads differently from machine to machine (with bf16 every twelfth labelled line does).
* One stream per thread: a second thread for the same line makes it a quarter faster and two lines together a quarter
  slower. Two requests per stream: a stream that is done takes the next line at once, and does not wait until Python
  heard of it. Threads are not pinned, the box has other work.
* The graph itself picks the 16 most likely classes of each step (TopK): that costs 5 % of the inference,
  and saves copying and searching 6,625 classes in Python, and nine tenths of the memory in flight.
* A shape is compiled when the first line needs it, and has its own copy of the weights, 37 MB with two streams. Who reads whole pictures
  needs all widths at once: there one compilation serves them all. It is told the widest and the narrowest, and is given no other widths
  than the buckets and one more. A stream that goes from one width to another takes longer for it, so who has many lines sorts them.
"""

import logging
import math
import os
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import openvino as ov

from edged.config import RecogniseSection
from edged.errors import FrameFailed, ModelError, ModelUnavailable
from edged.flow.golden import prove
from edged.flow.model_files import LoadedModel
from edged.flow.recognise.shape import Job, Request, Shape, for_pages, strongest
from edged.flow.runtime import core, graph_of, opening
from edged.types import Answer, Pixels, Posteriors

log = logging.getLogger(__name__)

_MAX_DEFAULT_STREAMS: Final = 4  # each costs memory; more are worth it only where somebody asks
_AHEAD: Final = 2  # requests per stream: the second costs only its picture and its answer
_MARGIN: Final = 1  # steps kept right of the picture: the last character may be seen late
_PROOF_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 1.0  # how long to wait for a free request before looking for a failed one


class Recogniser:
    """Reads text lines with one model. `submit` may be called from any thread."""

    def __init__(self, model: LoadedModel, section: RecogniseSection, *, pages: bool = False) -> None:
        """Keep what to do; `open` does it. For whole *pages* one compilation serves all widths."""
        self.section, self.pages = section, pages
        self._name, self._input, self._classes = model.ref.name, model.manifest.input, model.manifest.charset.classes
        self._model = model
        self._buckets = for_pages(self._input) if pages else self._input.width_buckets
        self.threads = section.threads or len(os.sched_getaffinity(0))
        self.requests = section.requests or _AHEAD * min(self.threads, _MAX_DEFAULT_STREAMS)
        self._streams = min(self.threads, self.requests) if section.requests else self.requests // _AHEAD
        self._free = threading.Semaphore(self.requests)
        self._lock = threading.Lock()  # an AsyncInferQueue is fed by one thread at a time
        self._shapes: dict[int, Shape] = {}
        self._retired: list[Shape] = []
        self._graph: ov.Model | None = None
        self._closed = False

    def open(self) -> None:
        """Build the model and let it read its golden lines; no other shapes than theirs are compiled before they are needed.

        Raises:
            ModelError: The runtime refuses it, it contradicts its manifest, or it reads something else.
        """
        if self._model.manifest.task != "recognise":
            msg = f"the model {self._name} is made to {self._model.manifest.task}, not to recognise"
            raise ModelError(msg, hint="name a model for recognition in `model.name`")
        with opening(self._name):
            self._graph = self._built()
            self._model.ir.let_go()
            self.prove(self._model)

    def adopt(self, model: LoadedModel) -> None:
        """Take the files of *model*, whose digest is its own, for the day when they are wanted again."""
        model.ir.let_go()
        self._model = model

    def prove(self, model: LoadedModel) -> None:
        """Let it read the golden lines of *model*, whose digest is its own; also while others read.

        Raises:
            ModelError: It reads something else.
        """
        prove(model, self._now)

    def submit(self, pixels: Pixels, on_done: Answer) -> None:
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
                    self._give_up(self._widths(self._bucket(pixels.shape[1]))[-1], error)
                    self._start(pixels, on_done)
        except BaseException:
            self._free.release()
            raise

    def check(self) -> None:
        """Answer lines whose inference failed: OpenVINO calls nobody back for them. For whoever waits long."""
        with self._lock:
            for widest, shape in list(self._shapes.items()):
                errors = [error for number in list(shape.flying) if (error := shape.error_of(number))]
                if errors:
                    self._give_up(widest, errors[0])

    def rest(self) -> None:
        """Give the memory of inferences back, unless one is in flight; the next one takes it anew. For who needs it before that."""
        with self._lock:
            for shape in self._shapes.values():
                shape.rest()

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
            self._graph, self._closed = None, True

    @property
    def compiled(self) -> tuple[ov.CompiledModel, ...]:
        """The shapes compiled so far: for those who look at the runtime's graph."""
        return tuple(shape.compiled for shape in self._shapes.values())

    def _start(self, pixels: Pixels, on_done: Answer) -> None:
        """Put the line into an idle request and start it; the lock is held."""
        width, bucket = pixels.shape[1], self._bucket(pixels.shape[1])
        shape = self._shape(bucket)
        number = shape.queue.get_idle_request_id()  # the one that is started next
        lines, tensors = shape.requests[number]
        line = lines[bucket]
        shape.queue[number].set_input_tensor(tensors[bucket])
        line[0, :, :width] = pixels
        line[0, :, width:] = self._input.padding
        job = Job(on_done, weakref.ref(shape), number, steps=math.ceil(width / self._input.stride) + _MARGIN)
        shape.flying[number] = job
        try:
            shape.queue.start_async(None, job)
        except BaseException:
            del shape.flying[number]
            raise

    def _give_up(self, widest: int, error: RuntimeError) -> None:
        """Retire a shape whose queue is broken; it is compiled anew when it is needed. The lock is held.

        The failed line is answered with the error; the others on the same queue still get their own answers.
        """
        shape = self._shapes.pop(widest)
        self._retired.append(shape)  # never freed from within its own callback
        log.error("an inference failed, its shape is built again: %s", error, extra={"model": self._name, "width": widest})
        failed = [number for number in list(shape.flying) if shape.error_of(number)]
        for number in failed or list(shape.flying):
            job = shape.flying.pop(number, None)
            if job is not None:
                self._free.release()
                job.on_done(None, error)

    def _bucket(self, width: int) -> int:
        for bucket in self._buckets:
            if width <= bucket:
                return bucket
        msg = f"a piece of {width} pixels is wider than the widest shape {self._buckets[-1]}"
        raise ValueError(msg)

    def _widths(self, bucket: int) -> tuple[int, ...]:
        """What is compiled together with a bucket; the widest is its name."""
        return self._buckets if self.pages else (bucket,)

    def _shape(self, bucket: int) -> Shape:
        """What reads lines of one width, compiled on first use; the lock is held."""
        widths = self._widths(bucket)
        if widths[-1] not in self._shapes:
            try:
                self._shapes[widths[-1]] = self._compiled_shape(widths)
            except (RuntimeError, ModelError) as error:
                msg = f"the model {self._name} cannot be built for lines of {bucket} pixels: {error}"
                raise FrameFailed(msg, hint="look at the memory of this machine, and that its files are there; then reload") from error
        return self._shapes[widths[-1]]

    def _compiled_shape(self, widths: Sequence[int]) -> Shape:
        """For pages the graph is let go with the only compilation there is; where that is to be made anew, the files are read again."""
        assert not self._closed
        height, channels = self._input.height, self._input.channels
        shaped = self._graph.clone() if self._graph else self._built()
        if self.pages:
            self._graph = None
        shaped.reshape([1, height, widths[0] if len(widths) == 1 else ov.Dimension(widths[0], widths[-1]), channels])
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": self.threads,
            "NUM_STREAMS": self._streams,
            "ENABLE_CPU_PINNING": False,
        }
        queue = ov.AsyncInferQueue(core().compile_model(shaped, "CPU", settings), self.requests)
        queue.set_callback(self._answer)
        return Shape(queue, tuple(Request.of(height, widths, channels) for _ in range(self.requests)))

    def _built(self) -> ov.Model:
        return strongest(graph_of(*self._model.ir.read()), self._name, self._input, self._classes)

    def _answer(self, request: ov.InferRequest, job: Job) -> None:
        """Copy the answer out and hand it over. Runs in a thread of OpenVINO, holding the request."""
        shape = job.shape()
        if shape is None or shape.flying.pop(job.number, None) is None:
            return
        try:
            shares, classes = (request.get_output_tensor(index).data[0, : job.steps].copy() for index in range(2))
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

        try:
            self.submit(pixels, keep)
        except FrameFailed as error:
            raise ModelError(error.reason) from error
        if not answered.wait(_PROOF_SECONDS):
            msg = f"the model {self._name} gave no answer within {_PROOF_SECONDS:g} s"
            raise ModelUnavailable(msg, hint="look at the load of this machine, and try again")
        if isinstance(answers[0], BaseException):
            msg = f"the model {self._name} failed: {answers[0]}"
            raise ModelError(msg, hint="build the model again: edged models build") from answers[0]
        return answers[0]
