"""The composition root of the daemon: the only place that knows all concrete classes.

What is started in order is stopped in reverse:

    state folder -> outbox -> models -> sources -> control socket -> relay, sink, recogniser's watch, feeds
"""

import gc
import logging
import os
import random
import sys
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from edged import __version__
from edged.config import Config, FolderSection
from edged.config.file import LoadedConfig
from edged.control.health import Health, HealthState
from edged.control.post import Worker
from edged.control.socket import ControlSocket
from edged.control.supervise import Supervisor, SupervisorTimes, Verdict, signals
from edged.errors import OutboxError
from edged.flow.decode import limit_threads
from edged.flow.folder.base import DropFolder
from edged.flow.folder.days import Days
from edged.flow.folder.former import former_work, remedy
from edged.flow.folder.kept import KeptFolder
from edged.flow.folder.retention import RetentionWorker
from edged.flow.folder.retry import retry_verb
from edged.flow.folder.source import HotFolder
from edged.flow.formats import inspect
from edged.flow.ledger import Ledger
from edged.flow.outbox import Outbox
from edged.flow.payload import encode_reading
from edged.flow.pipeline import FeedWorker, RecogniseWatch, SinkWorker
from edged.flow.publish import MqttPublisher
from edged.flow.reader import Reader
from edged.flow.relay import Relay
from edged.generation import Builder, Generation, shelf_of
from edged.lib.backoff import full_jitter
from edged.lib.clock import Clock, SystemClock, clock_synced
from edged.lib.files import atomic_write
from edged.lib.heap import bound_heap
from edged.lib.logs import setup_logging
from edged.lib.sdnotify import Notifier, watchdog_interval
from edged.report import NamedCheck, Report, StatusWorker
from edged.types import Reading, SourceName

log = logging.getLogger(__name__)

_SLOTS = 8  # inputs of one source in work: keeps two cores busy, and is all that a crash makes us repeat
_ANSWER_SECONDS = 10.0  # a recogniser that does not answer for longer is frozen
_RESTART_SECONDS = 1.0, 30.0  # first and longest pause before a failed worker starts again


def run(loaded: LoadedConfig) -> int:
    """Run the daemon until it is told to stop; returns its exit code.

    Raises:
        EdgedError: It cannot start.
    """
    setup_logging(loaded.config.log.level)
    bound_heap()
    limit_threads(1)  # the threads belong to the recogniser
    with ExitStack() as undo:
        verdict = _run(loaded, SystemClock(), undo)
        if verdict.left:  # their threads hold what we would have to close
            sys.stderr.flush()
            os._exit(verdict.exit_code or 1)
    return verdict.exit_code


def _run(loaded: LoadedConfig, clock: Clock, undo: ExitStack) -> Verdict:
    config, rng = loaded.config, random.Random()  # noqa: S311 - spreads retries, hides nothing
    outbox = open_outbox(config, clock)
    undo.callback(outbox.close)
    generation = build_generation(loaded, clock)
    undo.callback(generation.close)
    sources = _open_sources(config, outbox, clock, undo)
    moving = [source for source in sources if isinstance(source, HotFolder)]
    former = _former(config.state_dir, moving)
    ledger = Ledger([source.name for source in sources], _SLOTS, clock)

    report = Report(loaded, generation.model, sources, ledger, outbox)
    relay = Relay(
        outbox,
        MqttPublisher(config.mqtt, config.client_id),
        base=config.base,
        retained=report.retained,
        retry_max_seconds=config.mqtt.retry_max_seconds,
        clock=clock,
        rng=rng,
    )
    sink = SinkWorker(sources, ledger, outbox, relay.notify)
    control = ControlSocket(config.control.socket, {**report.verbs(), "retry": retry_verb(config.sources)})
    control.open()
    undo.callback(control.close)

    notifier = Notifier.from_environ()
    feeds = [FeedWorker(source, ledger, partial(_reader, generation, source.name)) for source in sources]
    watch, status = RecogniseWatch(ledger, _ANSWER_SECONDS, generation.check), StatusWorker(report, relay, notifier)
    days = Days(config.state_dir / "retention.json", clock, clock_synced)
    retention = RetentionWorker([place for source in moving for place in source.shelves], days, clock)
    workers: list[Worker] = [relay, sink, watch, *feeds, retention, control, status]
    first, longest = _RESTART_SECONDS
    times = SupervisorTimes(tick=min(1.0, (watchdog_interval() or 3.0) / 3))
    supervisor = Supervisor(workers, notifier=notifier, delay=partial(full_jitter, first=first, longest=longest, rng=rng), times=times)
    report.attach(relay, sink, supervisor, NamedCheck("work", lambda: former))
    log.info("edged %s reads with %s %s", __version__, generation.model.name, generation.model.precision, extra={"device": config.device})
    gc.collect()
    gc.freeze()  # what stands now stays: full collections need not walk through it
    with signals(supervisor):
        return supervisor.run()


def _reader(generation: Generation, name: SourceName) -> Reader:
    return generation.readers[name]


def open_outbox(config: Config, clock: Clock) -> Outbox:
    """The database of this device, open.

    Raises:
        InstanceRunning: Another edged has it.
        OutboxError: The state folder cannot be made or written, or the database cannot be trusted.
    """
    try:
        config.state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"state_dir {config.state_dir} cannot be made: {os.strerror(error.errno or 0)}"
        raise OutboxError(message, hint="give the user of edged write access to its parent, or set state_dir") from error

    def encode(reading: Reading, seq: int, epoch: str) -> bytes:
        return encode_reading(reading, device=config.device, seq=seq, epoch=epoch)

    outbox = Outbox(config.database, config.outbox, encode=encode, clock=clock, clock_synced=clock_synced)
    outbox.open()
    return outbox


def build_generation(loaded: LoadedConfig, clock: Clock) -> Generation:
    """Load the models of a configuration and make a reader for each source.

    Raises:
        ModelError: A model cannot be used.
    """
    config = loaded.config
    builder = Builder(shelf_of(config.state_dir, config.models_dir), config.recognise, config=loaded.digest, clock=clock)
    model, _ = builder.model(config.model)
    readers = {SourceName(name): builder.reader(section, config.model) for name, section in config.sources.items()}
    return Generation(readers=readers, recognisers=builder.recognisers, model=model.ref)


def _open_sources(config: Config, outbox: Outbox, clock: Clock, undo: ExitStack) -> list[DropFolder]:
    instance = _instance(config.state_dir)
    sources = []
    for name, section in config.sources.items():
        source = _source(SourceName(name), section, instance, outbox, clock)
        source.open()
        undo.callback(source.close)
        outbox.all_filed(source.name, but=source.leftovers())  # what a crash kept the sink from noting
        sources.append(source)
    return sources


def _source(name: SourceName, section: FolderSection, instance: str, outbox: Outbox, clock: Clock) -> DropFolder:
    contents = outbox.contents
    if section.after == "keep":
        return KeptFolder(
            name, section, check=_check, find=outbox.find, filed=outbox.filed, kept=outbox.kept, contents=contents, clock=clock
        )
    return HotFolder(name, section, instance=instance, check=_check, find=outbox.find, filed=outbox.filed, contents=contents, clock=clock)


def _former(state_dir: Path, sources: Sequence[HotFolder]) -> Health:
    """What no source reads any more, as a part of health; before anything is claimed."""
    former = former_work(state_dir / "work_folders.json", [source.work_folder for source in sources])
    reasons = tuple(remedy(folder) for folder in former)
    for reason in reasons:
        log.warning(reason)
    return Health(state=HealthState.DEGRADED, reasons=reasons) if reasons else Health()


def _check(data: bytes) -> None:
    """Whether the structure of a picture is whole."""
    inspect(data)


def _instance(state_dir: Path) -> str:
    """Names this edged among those that share a folder; the same after each restart.

    Raises:
        OutboxError: The state folder cannot be read or written.
    """
    path = state_dir / "instance"
    try:
        if not path.exists():
            atomic_write(path, uuid.uuid4().hex[:12].encode())
        return path.read_text(encoding="ascii")
    except OSError as error:
        message = f"{path} cannot be read or written: {os.strerror(error.errno or 0)}"
        raise OutboxError(message, hint="check the disk and who may write there") from error
