"""Counters for a monitoring system, as a text file in Prometheus' format. The one door to prometheus_client.

The package is an extra (`edged[metrics]`). Without it, or without a file to write, `NoMetrics` has the same shape
and does nothing: nobody who counts asks whether anybody looks.
"""

import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol

INSTALLED: Final = importlib.util.find_spec("prometheus_client") is not None
MISSING: Final = "metrics.file is set, but prometheus_client is not installed"
REMEDY: Final = f"{sys.prefix}/bin/pip install 'prometheus-client>=0.22,<1', or remove the key"

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One metric: what it counts, under which labels, and its values of this moment."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    values: tuple[tuple[tuple[str, ...], float], ...]  # labels' values, value
    labels: tuple[str, ...] = ()


class Metrics(Protocol):
    """Takes what is counted here; the rest is asked for when the file is written."""

    def took(self, stage: str, seconds: float) -> None:
        """A stage of one input took that long."""

    def reloaded(self, *, ok: bool) -> None:
        """A reload was done, or refused."""

    def write(self, path: Path) -> None:
        """Replace the file as a whole.

        Raises:
            OSError: It cannot be written.
        """


class NoMetrics:
    """Counts nothing."""

    def took(self, stage: str, seconds: float) -> None:
        """Nobody looks."""

    def reloaded(self, *, ok: bool) -> None:
        """Nobody looks."""

    def write(self, path: Path) -> None:
        """There is nothing to write."""


class TextMetrics:
    """Histograms and counters of its own, and families asked for at each write. Any thread may count."""

    def __init__(self, ask: Callable[[], Iterable[Family]], stages: Sequence[str]) -> None:
        """Write what *ask* tells; a histogram of each of *stages* stands there from the start."""
        import prometheus_client as prometheus  # noqa: PLC0415 - the extra; loaded only where it is used

        self._prometheus, self._ask = prometheus, ask
        self._registry = prometheus.CollectorRegistry(auto_describe=False)
        self._registry.register(_Asked(ask))
        timing = prometheus.Histogram("edged_stage_seconds", _STAGES, ["stage"], registry=self._registry, buckets=_BUCKETS)
        self._timing = {stage: timing.labels(stage) for stage in stages}
        reloads = prometheus.Counter("edged_reloads", _RELOADS, ["result"], registry=self._registry)
        self._reloads = {True: reloads.labels("ok"), False: reloads.labels("failed")}

    def took(self, stage: str, seconds: float) -> None:
        """A stage of one input took that long; one that nobody named is not counted."""
        if stage in self._timing:
            self._timing[stage].observe(seconds)

    def reloaded(self, *, ok: bool) -> None:
        """A reload was done, or refused."""
        self._reloads[ok].inc()

    def write(self, path: Path) -> None:
        """Replace the file as a whole; not synced, for after a power cut its figures mean nothing.

        Raises:
            OSError: It cannot be written.
        """
        part = path.with_name(f".{path.name}.part")  # the collector reads *.prom only
        part.write_bytes(self._prometheus.generate_latest(self._registry))
        os.replace(part, path)  # noqa: PTH105 - one atomic call, as everywhere


_STAGES: Final = "time of each stage of an input, in seconds"
_RELOADS: Final = "reloads since start"


class _Asked:
    """A collector in prometheus_client's sense."""

    def __init__(self, ask: Callable[[], Iterable[Family]]) -> None:
        self._ask = ask

    def collect(self) -> Iterator[Any]:
        from prometheus_client import core  # noqa: PLC0415 - see above

        kinds = {"counter": core.CounterMetricFamily, "gauge": core.GaugeMetricFamily}
        for family in self._ask():
            made = kinds[family.kind](family.name, family.help, labels=family.labels)
            for labels, value in family.values:
                made.add_metric(list(labels), value)
            yield made
