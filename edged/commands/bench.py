"""`edged bench`: what this box can do."""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from edged import __version__
from edged.bench import drawing, figures, raw
from edged.bench.box import BenchBox, has_broker
from edged.bench.figures import Figures
from edged.bench.inside import BytesToText, Stage, pieces_of
from edged.bench.lines import pictures
from edged.config import Config, FolderSection
from edged.errors import ExitCode
from edged.flow.decode import limit_threads
from edged.generation import Builder, config_or_defaults, shelf_of
from edged.lib.clock import SystemClock
from edged.lib.heap import bound_heap

_PACE_SECONDS: Final = 0.1
_IDLE_ROUNDS: Final = 3  # times the seconds of one measurement
_NO_BROKER: Final = "mosquitto is not installed; apt-get install mosquitto, or use the configured broker: --configured-broker"


def bench(arguments: argparse.Namespace) -> ExitCode:
    """Measure, and print a table or JSON; the picture where one is asked for.

    Raises:
        EdgedError: The configuration or the model cannot be used, or the daemon of the bench does not come up.
    """
    bound_heap()
    limit_threads(1)  # as in the daemon
    loaded = config_or_defaults(arguments.config)
    found = _measure(loaded.config, arguments)
    print(figures.as_json(found) if arguments.json else "\n".join(figures.table(found)))
    if arguments.svg:
        note = f"{found.machine}, {found.cores} cores; {found.model}; medians of {len(found.steps[figures.RAW].rates)} rounds in turns"
        arguments.svg.write_text(drawing.bars("Inferences per second, and the share of the raw limit", note, figures.shares(found)))
    return ExitCode.DONE


def _measure(config: Config, arguments: argparse.Namespace) -> Figures:
    builder = Builder(shelf_of(config.state_dir, config.models_dir), config.recognise, config="", clock=SystemClock())
    model, recogniser = builder.model(config.model)
    reader = builder.reader(FolderSection(path=Path("/")), config.model)  # the folder is never opened
    mix = pictures()
    pieces = [piece for of_one in pieces_of(reader, mix) for piece in of_one]
    _say("looking for the fastest raw inference")
    limit = raw.fastest(model, pieces, recogniser.threads, arguments.seconds)
    found = Figures(
        setting=str(limit.setting),
        model=f"{model.ref.name} {model.ref.precision}",
        cores=recogniser.threads,
        pictures=len(mix),
        pieces=len(pieces),
        versions={"edged": __version__, "openvino": raw.VERSION},
    )
    inside = (limit, Stage(recogniser, pieces), BytesToText(reader, mix))
    if has_broker() or arguments.configured_broker:
        place = Path(tempfile.mkdtemp(prefix=".edged-bench-", dir=_disk(config)))
        try:
            with BenchBox(place, config, mix, mqtt=config.mqtt if arguments.configured_broker else None) as box:
                _rounds(found, inside, box, arguments)
                _daemon(found, box, arguments.seconds)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    else:
        found.skipped = _NO_BROKER
        _rounds(found, inside, None, arguments)
    recogniser.close()
    return found


def _rounds(found: Figures, inside: tuple[raw.RawLimit, Stage, BytesToText], box: BenchBox | None, arguments: argparse.Namespace) -> None:
    """All variants in turns; the first round only warms up."""
    limit, stage, text = inside
    seconds, per_picture = arguments.seconds, found.pieces_per_picture
    for number in range(arguments.rounds + 1):
        _say(f"round {number} of {arguments.rounds}")
        rates = {figures.RAW: limit.run(seconds), "stage": stage.run(seconds), "text": text.run(seconds)}
        if box is not None:
            rates["folder"] = box.run(max(10, round(rates["text"].per_second * seconds)))
        for name, rate in rates.items() if number else ():
            step, whole = found.steps[name], name in ("text", "folder")
            step.rates.append(rate.per_second * (per_picture if whole else 1))
            step.cpu_ms.append(rate.cpu_ms * (1 if whole else per_picture))


def _daemon(found: Figures, box: BenchBox, seconds: float) -> None:
    """What is measured of the daemon alone; the longer, the more *seconds* each measurement has."""
    _say("latency, disk and idle time")
    found.latency_ms = box.latencies(max(5, round(3 * seconds / _PACE_SECONDS)), _PACE_SECONDS)
    cost = box.cost(max(10, round(50 * seconds)))
    found.written_bytes, found.syncs = cost.written_bytes, cost.syncs
    found.memory_mib = box.memory_mib
    found.idle_share = box.idle_share(_IDLE_ROUNDS * seconds)


def _disk(config: Config) -> str | None:
    """The disk that the daemon commits to, where we may write there; else the temporary folder's."""
    state = config.state_dir
    return str(state) if state.is_dir() and os.access(state, os.W_OK | os.X_OK) else None


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)
