"""The raw limit: the model's own IR, fed as benchmark_app does, with the settings that are fastest on this box.

Each request owns its input, filled once; nothing is copied in, and no answer is looked at. The precision is the one
that the daemon asks for, f32: a limit at another one would be that of another model. The bench's door to OpenVINO.
"""

import itertools
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import openvino as ov

from edged.bench.process import Rate, measured
from edged.flow.model_files import LoadedModel
from edged.flow.runtime import graph_of
from edged.types import Pixels

VERSION: Final = ov.__version__.split("-")[0]
_TRIES: Final = 2  # of each setting, in turns
_FINALISTS: Final = 2  # tried again, longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What may be chosen for an inference on the CPU."""

    streams: int
    requests: int
    pinned: bool

    def __str__(self) -> str:
        """As the table names it."""
        return f"{self.streams} streams, {self.requests} requests{', pinned' if self.pinned else ''}"


class RawLimit:
    """Compiled for one setting."""

    def __init__(self, model: LoadedModel, pieces: Sequence[Pixels], setting: Setting, threads: int) -> None:
        """Compile a queue for each width that the pieces need."""
        spec = model.manifest.input
        buckets = [next(width for width in spec.width_buckets if piece.shape[1] <= width) for piece in pieces]
        graph = graph_of(*model.ir.read())
        self.setting, self._order = setting, buckets
        self._queues = {width: _queue(graph, (1, spec.height, width, spec.channels), setting, threads) for width in Counter(buckets)}
        for width, queue in self._queues.items():
            line = next(piece for piece, bucket in zip(pieces, buckets, strict=True) if bucket == width)
            for request in queue:
                data = request.get_input_tensor().data
                data[...] = spec.padding
                data[0, :, : line.shape[1]] = line

    def run(self, seconds: float) -> Rate:
        """Inferences per second."""
        done, now = 0, measured()
        begun = time.perf_counter()
        turns = itertools.cycle([self._queues[width] for width in self._order])
        while time.perf_counter() - begun < seconds:
            next(turns).start_async()
            done += 1
        for queue in self._queues.values():
            queue.wait_all()
        return now(done)


def fastest(model: LoadedModel, pieces: Sequence[Pixels], threads: int, seconds: float) -> RawLimit:
    """Try all settings in turns, then the best ones again for longer."""
    limits = [RawLimit(model, pieces, setting, threads) for setting in _settings(threads)]
    for turns, share in ((_TRIES, 0.2), (_TRIES, 0.5)):
        taken: dict[Setting, list[float]] = {limit.setting: [] for limit in limits}
        for _, limit in itertools.product(range(turns), limits):
            taken[limit.setting].append(limit.run(seconds * share).per_second)
        limits.sort(key=lambda limit: statistics.median(taken[limit.setting]), reverse=True)
        limits = limits[:_FINALISTS]
    return limits[0]


def _settings(threads: int) -> Iterator[Setting]:
    for streams in sorted({1, max(1, threads // 2), threads}):
        for requests in sorted({streams, streams + 1, 2 * streams}):
            yield from (Setting(streams=streams, requests=requests, pinned=pinned) for pinned in (False, True))


def _queue(graph: ov.Model, shape: tuple[int, ...], setting: Setting, threads: int) -> ov.AsyncInferQueue:
    shaped = graph.clone()
    shaped.reshape(list(shape))
    compiled = ov.Core().compile_model(
        shaped,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": setting.streams,
            "ENABLE_CPU_PINNING": setting.pinned,
        },
    )
    return ov.AsyncInferQueue(compiled, setting.requests)
