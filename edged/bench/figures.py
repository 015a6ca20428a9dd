"""The figures of one run, and how they are told."""

import json
import platform
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

RAW: Final = "raw"
STEPS: Final = {RAW: "raw inference", "stage": "recogniser stage", "text": "bytes to text", "folder": "folder to PUBACK"}
GOALS: Final = {"stage": 0.95, "text": 0.85, "folder": 0.70}


@dataclass(slots=True)
class Step:
    """One variant: a figure for each round, in inferences per second, and CPU per picture."""

    rates: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Of the round in the middle."""
        return statistics.median(self.rates)


@dataclass(slots=True, kw_only=True)
class Figures:
    """Everything that was measured."""

    setting: str  # of the raw limit
    model: str
    cores: int
    pictures: int  # in the mix
    pieces: int  # that they make
    versions: dict[str, str]
    machine: str = field(default_factory=lambda: f"{platform.machine()}, {cpu()}")
    steps: dict[str, Step] = field(default_factory=lambda: {name: Step() for name in STEPS})
    latency_ms: list[float] = field(default_factory=list)
    idle_share: float | None = None
    memory_mib: float | None = None
    written_bytes: float | None = None
    syncs: float | None = None
    skipped: str = ""  # why there is no folder to PUBACK

    def ratio(self, name: str) -> float:
        """To the raw limit, round by round, the one in the middle."""
        return statistics.median(rate / raw for rate, raw in zip(self.steps[name].rates, self.steps[RAW].rates, strict=True))

    @property
    def pieces_per_picture(self) -> float:
        """Inferences that one picture of the mix takes."""
        return self.pieces / self.pictures

    def percentile(self, share: float) -> float:
        """Of the latencies."""
        ranked = sorted(self.latency_ms)
        return ranked[min(len(ranked) - 1, round(share * (len(ranked) - 1)))]


def table(figures: Figures) -> Iterator[str]:
    """For people."""
    yield f"{figures.machine}, {figures.cores} cores used; edged {figures.versions['edged']}, OpenVINO {figures.versions['openvino']}"
    yield f"model {figures.model}; {figures.pictures} pictures make {figures.pieces} inferences; fastest raw: {figures.setting}"
    yield ""
    yield f"{'':18} {'inferences/s':>12} {'pictures/s':>10} {'of raw':>7} {'goal':>5} {'CPU ms/picture':>15}   rounds"
    for name, step in figures.steps.items():
        if step.rates:
            goal = f"{GOALS[name]:.0%}" if name in GOALS else ""
            cpu = f"{statistics.median(step.cpu_ms):.1f}"
            rounds = " ".join(f"{rate:.0f}" for rate in step.rates)
            share = figures.ratio(name)
            pictures = step.rate / figures.pieces_per_picture
            yield f"{STEPS[name]:18} {step.rate:12.1f} {pictures:10.1f} {share:7.0%} {goal:>5} {cpu:>15}   {rounds}"
    yield ""
    yield from _of_the_daemon(figures)


def _of_the_daemon(figures: Figures) -> Iterator[str]:
    if figures.skipped:
        yield f"folder to PUBACK was not measured: {figures.skipped}"
        return
    shares = ", ".join(f"p{share:.0%}".rstrip("%") + f" {figures.percentile(share):.1f}" for share in (0.5, 0.95, 0.99))
    yield f"moved in -> message   {shares} ms ({len(figures.latency_ms)} pictures, paced)"
    yield f"memory                {figures.memory_mib:.0f} MiB resident"
    yield f"idle                  {figures.idle_share:.2%} of a core"
    syncs = "not counted (strace is not installed or not allowed)" if figures.syncs is None else f"{figures.syncs:.2f} syncs"
    yield f"per reading           {figures.written_bytes or 0:.0f} bytes written, {syncs}"


def as_json(figures: Figures) -> str:
    """For programs; keys may be added later."""
    told = asdict(figures)
    for name, step in figures.steps.items():
        if step.rates:
            told["steps"][name] |= {"per_second": step.rate, "ratio": figures.ratio(name), "goal": GOALS.get(name)}
    if figures.latency_ms:
        told["latency_ms"] = {f"p{share:g}": figures.percentile(share / 100) for share in (50, 95, 99)}
    return json.dumps(told)


def shares(figures: Figures) -> Sequence[tuple[str, float, float]]:
    """What is drawn: name, inferences per second, ratio."""
    return [(STEPS[name], step.rate, figures.ratio(name)) for name, step in figures.steps.items() if step.rates]


def cpu(unknown: str = "CPU") -> str:
    """Its name, or *unknown*."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - a line at a time
            return next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), unknown)
    except OSError:
        return unknown
