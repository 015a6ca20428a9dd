"""Writes what the daemon counts into a text file for a monitoring system (`metrics.file`).

All counters are asked for at the moment of the write, each group under one lock, so the conservation laws hold
in every file: accepted = readings + in work; readings = pending + sent + confirmed + dead + pruned; and per source
accepted + recovered = filed + in work.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from edged import __version__
from edged.config import MetricsSection
from edged.control.health import Health, HealthState, doubts
from edged.flow.camera.states import COUNTERS
from edged.flow.evidence import Kept
from edged.flow.ledger import Ledger
from edged.flow.outbox import Outbox
from edged.flow.parts.source import Camera
from edged.flow.ports import ReportedSource
from edged.flow.relay import Relay
from edged.lib.beat import Beat
from edged.lib.metrics import INSTALLED, MISSING, REMEDY, Family, Metrics, NoMetrics, TextMetrics
from edged.lib.sandbox import sandbox_remedy
from edged.types import ModelRef, Outcome, SourceName

log = logging.getLogger(__name__)

_CAMERA_TEXTS: Final[Mapping[str, str]] = {
    "frames": "frames that the camera delivered since start",
    "passed_over": "of these, never asked for: newer ones came",
    "connects": "times that the camera was opened since start",
    "resized": "times that its pictures changed their size since start",
}
STAGES: Final = ("decode", "layout", "recognise", "decode_text", "total")
_PATIENCE: Final = 1.0  # seconds between two beats
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")

Values = Mapping[tuple[str, ...], float]


class Exporter:
    """A worker that replaces the file every few seconds, and once more at the end. It is a health `Check`."""

    name = "metrics"

    def __init__(
        self,
        section: MetricsSection,
        *,
        model: Callable[[], ModelRef],
        sources: Sequence[ReportedSource],
        ledger: Ledger,
        outbox: Outbox,
        relay: Relay,
        evidence: Callable[[], Mapping[SourceName, Kept]] = dict,
    ) -> None:
        """Nothing is counted where no file is asked for."""
        self._path, self._every = section.file, section.every_seconds
        self._model, self._sources, self._ledger, self._outbox, self._relay = model, sources, ledger, outbox, relay
        self._evidence = evidence
        self._overall: Callable[[], Health] = Health
        self._requests_dropped: Callable[[], int] = int
        self._trouble = f"{MISSING}; {REMEDY}" if self._path and not INSTALLED else ""
        self.metrics: Metrics = TextMetrics(self._families, STAGES) if self._path and INSTALLED else NoMetrics()
        if self._trouble:
            log.warning(self._trouble)

    def attach(self, overall: Callable[[], Health], requests_dropped: Callable[[], int]) -> None:
        """Tell these, too. Called once, before anything runs."""
        self._overall, self._requests_dropped = overall, requests_dropped

    def health(self) -> Health:
        """Degraded while the file cannot be written."""
        return doubts([self._trouble] if self._trouble else [])

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Write until *stop* is set, then a last time."""
        waited = self._every
        while not stop.is_set():
            beat()
            if waited >= self._every:
                waited = 0.0
                self._write()
            stop.wait(min(_PATIENCE, self._every))
            waited += min(_PATIENCE, self._every)
        self._write()

    def _write(self) -> None:
        if self._path is None or not INSTALLED:
            return
        try:
            self.metrics.write(self._path)
        except OSError as error:
            if not self._trouble:
                log.warning("the metrics cannot be written: %s; tried again", error)
            remedy = sandbox_remedy([self._path.parent]) or "its folder must exist and be ours to write"
            self._trouble = f"{self._path} cannot be written: {os.strerror(error.errno or 0)}; {remedy}"
        else:
            self._trouble = ""

    def _families(self) -> Iterator[Family]:
        yield _gauge(
            "info", "always 1; which edged, with which model", {(__version__, *_of(self._model())): 1}, "version", "model", "digest"
        )
        yield from self._flow()
        yield from self._rows()
        yield from self._delivery()
        yield from self._of_sources()
        yield from self._pictures()
        state = self._overall().state
        yield _gauge("health", "1 at the state that it is in", {(known,): float(known is state) for known in HealthState}, "state")
        yield _gauge("resident_bytes", "resident memory of the process", {(): _resident_bytes()})

    def _flow(self) -> Iterator[Family]:
        flow, by_outcome = self._ledger.tally()
        readings: Values = {(s.name, outcome): by_outcome.get((s.name, outcome), 0) for s in self._sources for outcome in Outcome}
        yield _counter("accepted", "inputs claimed, or taken up again, since start", {(): flow.accepted})
        yield _counter("readings", "readings committed since start", readings, "source", "outcome")
        yield _gauge("in_work", "inputs between claim and commit", {(): flow.in_work})

    def _rows(self) -> Iterator[Family]:
        stats = self._outbox.stats()
        states = ("pending", "sent", "confirmed", "dead", "pruned")
        yield _gauge("outbox_readings", "readings since the database began", {(): stats.readings})
        yield _gauge("outbox_rows", "of these, by what became of them", {(state,): getattr(stats, state) for state in states}, "state")
        yield _gauge("outbox_unconfirmed", "sent readings whose confirmation by a consumer is awaited", {(): stats.unconfirmed})
        yield _gauge("outbox_bytes", "the database on disk", {(): stats.bytes})

    def _delivery(self) -> Iterator[Family]:
        relay = self._relay.health()
        yield _gauge("broker_connected", "1 while the broker is connected", {(): float(relay.connected)})
        yield _counter("sent", "readings that the broker acknowledged since start", {(): relay.sent})
        yield _counter("sent_without_subscriber", "of these, taken and thrown away for want of a subscriber", {(): relay.no_subscriber})
        yield _counter("dead", "readings given up since start", {(): relay.dead})
        yield _counter("reconnects", "connections lost since start", {(): relay.reconnects})
        yield _counter("sent_again", "readings sent again since start, for nobody confirmed them in time", {(): relay.sent_again})
        left = relay.replaying.last - relay.replaying.first + 1 if relay.replaying else 0
        yield _gauge("replay_left", "numbers that a replay has still before it, at most", {(): left})
        yield _counter("signals", "live signals sent since start", {(): relay.signals})
        yield _counter("signals_dropped", "live signals that came too late, or found no broker", {(): relay.signals_dropped})
        yield _counter("pictures", "pictures sent to the broker since start", {(): relay.pictures})
        yield _counter("inbound_dropped", "messages to us that came faster than they are taken", {(): relay.inbound_dropped})
        yield _counter("requests_dropped", "requests over MQTT that came faster than they are answered", {(): self._requests_dropped()})

    def _of_sources(self) -> Iterator[Family]:
        """Each source is asked once, so that its counts belong together."""
        told = {source.name: source.told() for source in self._sources}
        for field, (kind, text) in _OF_A_SOURCE.items():
            values: Values = {(name,): counters[field] for name, counters in told.items() if field in counters}
            yield _family(kind, f"source_{field}", text, values, ("source",))
        cameras = [source.name for source in self._sources if isinstance(source, Camera)]
        for field, text in _OF_A_CAMERA.items() if cameras else ():
            yield _counter(f"camera_{field}", text, {(name,): told[name][field] for name in cameras}, "source")

    def _pictures(self) -> Iterator[Family]:
        counted = self._evidence()
        for field, text in _OF_EVIDENCE.items():
            yield _counter(f"evidence_{field}", text, {(name,): getattr(kept, field) for name, kept in counted.items()}, "source")


_OF_A_CAMERA: Final[Mapping[str, str]] = {
    "missed": "parts that came while too many waited, since start: their readings failed",
    **{name: _CAMERA_TEXTS.get(name, f"times that the camera was {name}, since start") for name in COUNTERS},
}
_OF_EVIDENCE: Final = {
    "kept": "annotated pictures kept since start",
    "bytes": "bytes of these",
    "dropped": "annotated pictures that came too fast, or that the disk refused",
}
_OF_A_SOURCE: Final[Mapping[str, tuple[Literal["counter", "gauge"], str]]] = {
    "accepted": ("counter", "files claimed, or parts taken up, since start"),
    "recovered": ("counter", "inputs of an earlier process that were taken up again"),
    "filed": ("counter", "files moved away after their commit, or parts that were"),
    "in_work": ("gauge", "inputs claimed and not yet over"),
    "waiting": ("gauge", "files in the drop folder, settled or not; triggers whose part was not taken up yet"),
    "overflows": ("counter", "times that the kernel lost events"),
    "rescans": ("counter", "listings of the folder after the first"),
    "watcher_restarts": ("counter", "times that the folder was watched anew"),
}


def _counter(name: str, text: str, values: Values, *labels: str) -> Family:
    return _family("counter", name, text, values, labels)


def _gauge(name: str, text: str, values: Values, *labels: str) -> Family:
    return _family("gauge", name, text, values, labels)


def _family(kind: Literal["counter", "gauge"], name: str, text: str, values: Values, labels: tuple[str, ...]) -> Family:
    return Family(name=f"edged_{name}", kind=kind, help=text, values=tuple(values.items()), labels=labels)


def _of(model: ModelRef) -> tuple[str, str]:
    return f"{model.name} {model.precision}", model.digest[:12]


def _resident_bytes() -> float:
    """What this process holds of the box's memory."""
    return float(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
