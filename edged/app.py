"""The composition root of the daemon: the only place that knows all concrete classes.

What is started in order is stopped in reverse:

    outbox -> models -> sources -> control socket
    -> metrics, relay, evidence, sink, recogniser's watch, feeds, status, retention, control, requests, reload
"""

import gc
import logging
import os
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial

from edged import __version__
from edged.config import Config
from edged.config.file import LoadedConfig, load_config
from edged.config.start import Start, keep
from edged.control.configuration import ConfigurationCheck
from edged.control.health import doubts
from edged.control.post import Worker
from edged.control.reload import Pause, Reloaded, ReloadWorker
from edged.control.socket import ControlSocket
from edged.control.supervise import Supervisor, SupervisorTimes, Verdict, signals
from edged.daemon.announcing import Announcer
from edged.daemon.answering import read_verb, request_desk, verbs
from edged.daemon.certificates import Certificates
from edged.daemon.exporter import Exporter
from edged.daemon.opening import former, open_outbox, open_sources
from edged.daemon.publishing import Live, desk_rules, publisher, relay_options
from edged.daemon.reloading import Parts, Reloading
from edged.daemon.report import NamedCheck, Overflows, Report, StatusWorker
from edged.daemon.succession import Succession
from edged.flow.decode import limit_threads
from edged.flow.evidence import EvidenceWorker, albums
from edged.flow.folder.base import DropFolder
from edged.flow.folder.days import Days
from edged.flow.folder.retention import RetentionWorker
from edged.flow.folder.source import HotFolder
from edged.flow.ledger import Ledger
from edged.flow.outbox import Outbox
from edged.flow.pipeline import FeedWorker, RecogniseWatch, SinkWorker
from edged.flow.ports import ReportedSource
from edged.flow.relay import Relay
from edged.flow.warming import Warming
from edged.generation import build_generation
from edged.lib.backoff import full_jitter
from edged.lib.clock import Clock, SystemClock, clock_synced
from edged.lib.heap import bound_heap
from edged.lib.logs import setup_logging
from edged.lib.sdnotify import Notifier, watchdog_interval

log = logging.getLogger(__name__)

_SLOTS = 8  # inputs of one source in work: keeps two cores busy, and is all that a crash makes us repeat
_ANSWER_SECONDS = 10.0  # a recogniser that does not answer for longer is frozen
_RESTART_SECONDS = 1.0, 30.0  # first and longest pause before a failed worker starts again


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """Everything, joined and not started yet."""

    supervisor: Supervisor
    workers: tuple[Worker, ...]
    parts: Parts
    reloading: Reloading
    reload: ReloadWorker


def run(start: Start) -> int:
    """Run the daemon until it is told to stop; returns its exit code.

    Raises:
        EdgedError: It cannot start.
    """
    setup_logging(start.loaded.config.log.level)
    for reason in start.reasons:
        log.error("%s", reason)
    bound_heap()
    limit_threads(1)  # the threads belong to the recogniser
    with ExitStack() as undo:
        verdict = _run(start, SystemClock(), undo)
        if verdict.left:  # their threads hold what we would have to close
            sys.stderr.flush()
            os._exit(verdict.exit_code or 1)
    return verdict.exit_code


def _run(start: Start, clock: Clock, undo: ExitStack) -> Verdict:
    daemon = compose(start, clock, undo)
    model = daemon.parts.succession.current.model
    log.info("edged %s reads with %s %s", __version__, model.name, model.precision, extra={"device": start.loaded.config.device})
    del model
    gc.collect()
    gc.freeze()  # what stands now stays: full collections need not walk through it
    with signals(daemon.supervisor):
        return daemon.supervisor.run()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inside:
    """The way from a file to its commit."""

    outbox: Outbox
    succession: Succession
    sources: Sequence[ReportedSource]
    ledger: Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outside:
    """Whoever tells of it."""

    report: Report
    relay: Relay
    live: Live
    announcer: Announcer
    evidence: EvidenceWorker
    certificates: Certificates
    exporter: Exporter
    notifier: Notifier


def compose(start: Start, clock: Clock, undo: ExitStack) -> Daemon:
    """Open what the configuration names and join it; *undo* closes it in reverse.

    Raises:
        EdgedError: Something cannot be opened.
    """
    config, rng = start.loaded.config, random.Random()  # noqa: S311 - spreads retries, hides nothing
    inside = _open(start.loaded, clock, undo)
    outside = _meet(start.loaded, inside, clock, rng)
    report, relay = outside.report, outside.relay
    moving = [source for source in inside.sources if isinstance(source, HotFolder)]
    left_alone = former(config.state_dir, moving)
    files = ConfigurationCheck(start.reasons)

    def adapt(config: Config) -> None:
        outside.announcer.adapt(config)
        relay.adapt(relay_options(config))
        outside.live.adapt(config)
        outside.evidence.adapt(config)
        outside.certificates.adapt(config.mqtt.tls)
        desk.adapt(desk_rules(config))

    parts = _parts(inside, outside, files, adapt, clock)
    reloading = Reloading(start, parts, partial(load_config, start.loaded.path), clock)
    reload = _reload_worker(reloading, inside.succession, outside.exporter)
    known = {**report.verbs(), **verbs(config, inside.sources, inside.outbox, relay, clock)}
    read = read_verb(config, inside.sources, inside.succession, clock)
    desk = request_desk(config, {**known, "read": read, "reload": reload.patient}, relay, clock)
    control = ControlSocket(config.control.socket, {**known, **reload.verbs()})
    control.open()
    undo.callback(control.close)

    sink = _sink(inside, outside)
    retention = _retention(config, moving, outside.evidence, clock)
    workers = (*_workers(start, inside, outside, sink, clock), retention, control, desk, reload)
    supervisor = _supervisor(workers, outside.notifier, rng, reload)
    kept = (
        NamedCheck("work", lambda: left_alone),
        NamedCheck("retention", lambda: doubts(retention.troubles)),
        NamedCheck("evidence", lambda: doubts(filter(None, [outside.evidence.trouble]))),
    )
    outside.exporter.attach(report.health, lambda: desk.dropped)
    checks = (supervisor, files, reloading, outside.certificates, outside.exporter, outside.announcer)
    report.attach(relay, sink, desk, *checks, *kept, evidence=outside.evidence.counts)
    if inside.outbox.salvaged:
        relay.event("outbox_salvaged", asdict(inside.outbox.salvaged))
    return Daemon(supervisor=supervisor, workers=workers, parts=parts, reloading=reloading, reload=reload)


def _open(loaded: LoadedConfig, clock: Clock, undo: ExitStack) -> _Inside:
    outbox = open_outbox(loaded.config, clock)
    undo.callback(outbox.close)
    succession = Succession(build_generation(loaded, clock))
    undo.callback(succession.close)
    sources = open_sources(loaded.config, outbox, clock, undo, Warming(succession.lease, succession.check))
    ledger = Ledger([source.name for source in sources], _SLOTS, clock)
    return _Inside(outbox=outbox, succession=succession, sources=sources, ledger=ledger)


def _meet(loaded: LoadedConfig, inside: _Inside, clock: Clock, rng: random.Random) -> _Outside:
    config, succession = loaded.config, inside.succession
    announcer = Announcer(config)
    report = Report(loaded, succession.current.model, inside.sources, inside.ledger, inside.outbox, announced=announcer.messages)
    relay = Relay(
        inside.outbox,
        publisher(config),
        base=config.base,
        retained=report.retained,
        retry_max_seconds=config.mqtt.retry_max_seconds,
        clock=clock,
        rng=rng,
        options=relay_options(config),
    )
    relay.on_birth(lambda: announcer.born(relay.answer))
    evidence = EvidenceWorker(config, albums(config), relay.picture, clock)
    exporter = Exporter(
        config.metrics,
        model=lambda: succession.current.model,
        sources=inside.sources,
        ledger=inside.ledger,
        outbox=inside.outbox,
        relay=relay,
        evidence=evidence.counts,
    )
    certificates = Certificates(config.mqtt.tls, lambda: relay.health().certificate_until, clock=clock, synced=clock_synced)
    live = Live(config, relay.signal)
    return _Outside(
        report=report,
        relay=relay,
        live=live,
        announcer=announcer,
        evidence=evidence,
        certificates=certificates,
        exporter=exporter,
        notifier=Notifier.from_environ(),
    )


def _parts(inside: _Inside, outside: _Outside, files: ConfigurationCheck, adapt: Callable[[Config], None], clock: Clock) -> Parts:
    return Parts(
        succession=inside.succession,
        sources=inside.sources,
        outbox=inside.outbox,
        relay=outside.relay,
        report=outside.report,
        notifier=outside.notifier,
        connect=publisher,
        adapt=adapt,
        good=files.good,
        keep=lambda loaded: keep(loaded, now=clock.now()),
    )


def _workers(start: Start, inside: _Inside, outside: _Outside, sink: SinkWorker, clock: Clock) -> tuple[Worker, ...]:
    """In start order; what is started first is stopped last."""
    config, relay = start.loaded.config, outside.relay
    overflows = Overflows([source for source in inside.sources if isinstance(source, DropFolder)], relay.event)

    def look() -> None:
        overflows.look()
        outside.certificates.look()

    feeds = [FeedWorker(source, inside.ledger, partial(inside.succession.lease, source.name)) for source in inside.sources]
    watch = RecogniseWatch(inside.ledger, _ANSWER_SECONDS, inside.succession.check)
    status = StatusWorker(outside.report, relay, outside.notifier, lambda: start.proven(now=clock.now()), look)
    last = [outside.exporter] if config.metrics.file else []  # ended last, it tells how everything ended
    return (*last, relay, outside.evidence, sink, watch, *feeds, status)


def _sink(inside: _Inside, outside: _Outside) -> SinkWorker:
    took, exhibit = outside.exporter.metrics.took, outside.evidence.offer
    return SinkWorker(inside.sources, inside.ledger, inside.outbox, outside.relay.notify, live=outside.live, took=took, exhibit=exhibit)


def _retention(config: Config, moving: Sequence[HotFolder], evidence: EvidenceWorker, clock: Clock) -> RetentionWorker:
    days = Days(config.state_dir / "retention.json", clock, clock_synced)
    return RetentionWorker([*(place for source in moving for place in source.shelves), *evidence.places()], days, clock)


def _reload_worker(reloading: Reloading, succession: Succession, exporter: Exporter) -> ReloadWorker:
    def attempt(pause: Pause) -> Reloaded:
        outcome = reloading.attempt(pause)
        exporter.metrics.reloaded(ok=outcome.ok)
        return outcome

    return ReloadWorker(attempt, reloading.files, succession.retire)


def _supervisor(workers: Sequence[Worker], notifier: Notifier, rng: random.Random, reload: ReloadWorker) -> Supervisor:
    first, longest = _RESTART_SECONDS
    times = SupervisorTimes(tick=min(1.0, (watchdog_interval() or 3.0) / 3))
    delay = partial(full_jitter, first=first, longest=longest, rng=rng)
    return Supervisor(workers, notifier=notifier, delay=delay, times=times, hangup=reload.ask)
