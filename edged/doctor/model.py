"""Whether the models load, read their golden lines, and are really executed as meant on this CPU."""

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from edged.config import ModelSection
from edged.doctor.case import Case
from edged.doctor.finding import Finding, doubt, good
from edged.flow.decode import limit_threads
from edged.flow.recognise import Recogniser
from edged.generation import Builder, shelf_of
from edged.lib.clock import SystemClock

_LINES: Final = 20
_SLOW_MS: Final = 200.0
_WIDE_REGISTERS: Final = ("amx_tile", "avx512_vnni", "avx512f", "avx2", "asimdhp", "asimd")  # best first; the last two are Arm's
_NEEDED: Final = frozenset({"avx2", "asimd"})
_COMPUTING: Final = frozenset({"Convolution", "GroupConvolution", "FullyConnected", "MatMul", "RNNSeq", "RNNCell", "Softmax"})
_UNROLLED: Final = ("TensorIterator", "Loop")


class Executed(NamedTuple):
    """What the runtime's own graph says."""

    precisions: Counter[str]  # of the nodes that compute
    kernels: Counter[str]  # what they are made of, such as jit_avx2_FP32
    recurrent: int
    unrolled: int


def check(case: Case) -> Iterator[Finding]:
    """Every model that the configuration names, loaded as the daemon loads it."""
    yield _cpu(Path("/proc/cpuinfo"))
    limit_threads(1)
    config = case.config
    builder = Builder.of(case.loaded, shelf_of(config.state_dir, config.models_dir), SystemClock())
    try:
        for section in sorted(config.models, key=lambda section: section.name):
            yield from _model(builder, section)
        if config.detectors:
            yield _detector(builder)
    finally:
        builder.abandon()


def _model(builder: Builder, section: ModelSection) -> Iterator[Finding]:
    model, recogniser = builder.model(section)
    name = f"model {model.ref.name} {model.ref.precision}"
    yield good(f"{name} ({model.ref.digest[:12]}): reads its {len(model.golden)} golden lines")
    yield from judged(name, executed(recogniser.compiled))
    taken = _time(recogniser, model.manifest.input.height, model.manifest.input.width_buckets[0])
    text = f"{name}: {taken:.1f} ms for a line of {model.manifest.input.width_buckets[0]} pixels, alone"
    yield good(text) if taken < _SLOW_MS else doubt(text, "look at the load of this box (top), or give recognise.threads more cores")


def _detector(builder: Builder) -> Finding:
    model, detector = builder.detector()
    frame = np.full((*model.manifest.input.sizes[-1], 3), model.manifest.input.padding, np.uint8)
    detector.find(frame)  # compiles its size
    begun = time.perf_counter()
    detector.find(frame)
    taken = (time.perf_counter() - begun) * 1000
    size = "{} x {}".format(*reversed(model.manifest.input.sizes[-1]))
    name = f"model {model.ref.name} {model.ref.precision} ({model.ref.digest[:12]})"
    return good(f"{name}: finds the texts of its golden pictures, {taken:.0f} ms for a frame of {size} pixels, alone")


def executed(compiled: Iterator[Any] | tuple[Any, ...]) -> Executed:
    """Read the runtime's graphs."""
    precisions, kernels = Counter[str](), Counter[str]()
    recurrent = unrolled = 0
    for shape in compiled:
        for node in shape.get_runtime_model().get_ops():
            kind, primitive = (str(node.get_rt_info()[key].value) for key in ("layerType", "primitiveType"))
            recurrent += "RNN" in kind or "LSTM" in kind
            unrolled += kind in _UNROLLED
            if kind in _COMPUTING:  # runtimePrecision tells what the weights are kept in; the kernel, what it computes in
                kernel, _, precision = primitive.rpartition("_")
                precisions[precision.lower()] += 1
                kernels[kernel] += 1
    return Executed(precisions, kernels, recurrent, unrolled)


def judged(name: str, found: Executed) -> Iterator[Finding]:
    """Whether that is what was asked for."""
    shown = ", ".join(f"{count} {precision}" for precision, count in found.precisions.most_common())
    kernels = ", ".join(f"{count} {kernel}" for kernel, count in found.kernels.most_common(3))
    if set(found.precisions) == {"f32"}:
        yield good(f"{name}: computes in {shown} ({kernels})")
    else:
        yield doubt(
            f"{name}: computes in {shown} ({kernels}), f32 was asked for: other boxes may read the same picture differently",
            "install the version of openvino that edged is locked to",
        )
    if found.unrolled:
        yield doubt(
            f"{name}: {found.unrolled} recurrent layers run step by step, {found.recurrent} fused: several times slower",
            "build the model again: edged models build",
        )
    elif found.recurrent:
        yield good(f"{name}: its recurrent layers are fused ({found.recurrent})")


def _time(recogniser: Recogniser, height: int, width: int) -> float:
    """Milliseconds for one line at a time, median."""
    line = np.full((height, width, 3), 128, np.uint8)
    taken = []
    for _ in range(_LINES):
        begun = time.perf_counter()
        recogniser.submit(line, lambda _posteriors, _error: None)
        recogniser.drain()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def _cpu(cpuinfo: Path) -> Finding:
    told = dict(_fields(cpuinfo))
    flags = set(f"{told.get('flags', '')} {told.get('Features', '')}".split())
    found = [flag for flag in _WIDE_REGISTERS if flag in flags]
    name = told.get("model name", "CPU")
    if flags and not flags & _NEEDED:
        return doubt(
            f"{name}: neither AVX2 nor NEON: inference will be several times slower", "use a box with AVX2 (2013 or later) or arm64"
        )
    return good(f"{name}: {', '.join(found) or 'no known vector registers'}")


def _fields(cpuinfo: Path) -> Iterator[tuple[str, str]]:
    for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        yield name.strip(), value.strip()
