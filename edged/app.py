"""The composition root of the daemon: the only place that knows all concrete classes.

What is started in order is stopped in reverse:

    state folder -> outbox -> models -> sources -> control socket -> relay, sink, recogniser's watch, feeds, reload
"""

import gc
import logging
import os
import random
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial

from edged import __version__
from edged.certificates import Certificates
from edged.config import Config
from edged.config.file import load_config
from edged.config.start import Start, keep
from edged.control.configuration import ConfigurationCheck
from edged.control.post import Worker
from edged.control.reload import Pause, Reloaded, ReloadWorker
from edged.control.requests import RequestDesk
from edged.control.socket import ControlSocket
from edged.control.supervise import Supervisor, SupervisorTimes, Verdict, signals
from edged.control.verbs import Verb
from edged.exporter import Exporter
from edged.flow.again import ReplayVerb
from edged.flow.asked import Asked
from edged.flow.decode import limit_threads
from edged.flow.ledger import Ledger
from edged.flow.outbox import Outbox
from edged.flow.pipeline import FeedWorker, RecogniseWatch, SinkWorker
from edged.flow.relay import Relay
from edged.generation import build_generation
from edged.lib.backoff import full_jitter
from edged.lib.clock import Clock, SystemClock, clock_synced
from edged.lib.heap import bound_heap
from edged.lib.logs import setup_logging
from edged.lib.sdnotify import Notifier, watchdog_interval
from edged.opening import former, open_outbox, open_sources
from edged.publishing import Live, desk_rules, publisher, relay_options
from edged.reloading import Parts, Reloading
from edged.report import NamedCheck, Overflows, Report, StatusWorker
from edged.succession import Succession

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


def compose(start: Start, clock: Clock, undo: ExitStack) -> Daemon:
    """Open what the configuration names and join it; *undo* closes it in reverse.

    Raises:
        EdgedError: Something cannot be opened.
    """
    loaded = start.loaded
    config, rng = loaded.config, random.Random()  # noqa: S311 - spreads retries, hides nothing
    outbox = open_outbox(config, clock)
    undo.callback(outbox.close)
    succession = Succession(build_generation(loaded, clock))
    undo.callback(succession.close)
    sources = open_sources(config, outbox, clock, undo)
    left_alone = former(config.state_dir, sources)
    ledger = Ledger([source.name for source in sources], _SLOTS, clock)

    report = Report(loaded, succession.current.model, sources, ledger, outbox)
    relay = _relay(config, outbox, report, clock, rng)
    notifier = Notifier.from_environ()
    files = ConfigurationCheck(start.reasons)
    live = Live(config, relay.signal)
    certificates = Certificates(config.mqtt.tls, lambda: relay.health().certificate_until, clock=clock, synced=clock_synced)

    def adapt(config: Config) -> None:
        relay.adapt(relay_options(config))
        live.adapt(config)
        certificates.adapt(config.mqtt.tls)
        desk.adapt(desk_rules(config))

    parts = Parts(
        succession=succession,
        sources=sources,
        outbox=outbox,
        relay=relay,
        report=report,
        notifier=notifier,
        connect=publisher,
        adapt=adapt,
        good=files.good,
        keep=lambda loaded: keep(loaded, now=clock.now()),
    )
    reloading = Reloading(start, parts, partial(load_config, loaded.path), clock)
    exporter = Exporter(config.metrics, model=lambda: succession.current.model, sources=sources, ledger=ledger, outbox=outbox, relay=relay)

    def attempt(pause: Pause) -> Reloaded:
        outcome = reloading.attempt(pause)
        exporter.metrics.reloaded(ok=outcome.ok)
        return outcome

    reload = ReloadWorker(attempt, reloading.files, succession.retire)
    asked = Asked([source.name for source in sources], succession.lease, device=config.device, clock=clock, check=succession.check)
    replay = ReplayVerb(outbox, clock=clock, synced=clock_synced, told=lambda stop: relay.replay(stop=stop))
    verbs: dict[str, Verb] = {**report.verbs(), "replay": replay}
    slow: dict[str, Verb] = {"read": asked, "reload": reload.patient}  # over MQTT a worker waits for them
    desk = RequestDesk({**verbs, **slow}, desk_rules(config), answer=relay.answer, event=relay.event, clock=clock, synced=clock_synced)
    relay.on_request(desk.offer)
    control = ControlSocket(config.control.socket, {**verbs, **reload.verbs()})
    control.open()
    undo.callback(control.close)

    overflows = Overflows(sources, relay.event)

    def look() -> None:
        overflows.look()
        certificates.look()

    sink = SinkWorker(sources, ledger, outbox, relay.notify, live=live, took=exporter.metrics.took)
    feeds = [FeedWorker(source, ledger, partial(succession.lease, source.name)) for source in sources]
    watch = RecogniseWatch(ledger, _ANSWER_SECONDS, succession.check)
    status = StatusWorker(report, relay, notifier, lambda: start.proven(now=clock.now()), look)
    last = [exporter] if config.metrics.file else []  # ended last, it tells how everything ended
    workers: tuple[Worker, ...] = (*last, relay, sink, watch, *feeds, control, desk, status, reload)
    supervisor = _supervisor(workers, notifier, rng, reload)
    if outbox.salvaged:
        relay.event("outbox_salvaged", asdict(outbox.salvaged))
    report.attach(relay, sink, supervisor, files, reloading, certificates, exporter, NamedCheck("work", lambda: left_alone))
    exporter.attach(report.health)
    return Daemon(supervisor=supervisor, workers=workers, parts=parts, reload=reload)


def _supervisor(workers: Sequence[Worker], notifier: Notifier, rng: random.Random, reload: ReloadWorker) -> Supervisor:
    first, longest = _RESTART_SECONDS
    times = SupervisorTimes(tick=min(1.0, (watchdog_interval() or 3.0) / 3))
    delay = partial(full_jitter, first=first, longest=longest, rng=rng)
    return Supervisor(workers, notifier=notifier, delay=delay, times=times, hangup=reload.ask)


def _relay(config: Config, outbox: Outbox, report: Report, clock: Clock, rng: random.Random) -> Relay:
    return Relay(
        outbox,
        publisher(config),
        base=config.base,
        retained=report.retained,
        retry_max_seconds=config.mqtt.retry_max_seconds,
        clock=clock,
        rng=rng,
        options=relay_options(config),
    )
