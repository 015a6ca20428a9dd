"""The commands that ask the daemon or its database: `check`, `status`, `outbox`, `replay`."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from edged.config import Config
from edged.config.file import DEFAULT, load_config
from edged.config.merged import merged
from edged.config.start import start_config
from edged.control.client import ask
from edged.errors import EdgedError, ExitCode, NoDaemon

_NO_READINGS = "no readings yet"


def _config(arguments: argparse.Namespace) -> Config:
    """As the daemon would start with: it must be reached when it runs with the last good configuration, too."""
    return start_config(arguments.config or DEFAULT).loaded.config


def check(arguments: argparse.Namespace) -> ExitCode:
    """Validate the configuration."""
    loaded = load_config(arguments.config or DEFAULT)
    if arguments.merged:
        print(merged(loaded), end="")
        return ExitCode.DONE
    sources = ", ".join(loaded.config.sources)
    print(f"{loaded.path}: good (device {loaded.config.device}; sources {sources}; digest {loaded.digest[:12]})")
    for layer in loaded.layers:
        print(f"with {layer}")
    return ExitCode.DONE


def status(arguments: argparse.Namespace) -> ExitCode:
    """What the running daemon says of itself."""
    told = ask(_config(arguments).control.socket, "status")
    if arguments.json:
        print(json.dumps(told, ensure_ascii=False))
        return ExitCode.DONE
    health, outbox, broker = told["health"], told["outbox"], told["broker"]
    print(f"{told['device']}: {health['state']}, edged {told['version']}, up {told['uptime_seconds']:.0f} s, model {told['model']['name']}")
    for reason in health["reasons"]:
        print(f"  ! {reason}")
    print(f"  broker   {'connected' if broker['connected'] else 'not connected'}, {broker['sent']} sent since start")
    print(f"  outbox   {_counts(outbox)}")
    print(f"  flow     {told['accepted']} accepted = {told['readings']} readings + {told['in_work']} in work, since start")
    for name, counters in told["sources"].items():
        print(f"  {name}   {', '.join(f'{key} {value}' for key, value in counters.items())}")
    return ExitCode.DONE


def _counts(outbox: Mapping[str, Any]) -> str:
    states = " + ".join(f"{outbox[state]} {state}" for state in ("pending", "sent", "confirmed", "dead", "pruned"))
    return f"{outbox['readings']} readings = {states}; {outbox['bytes'] / 2**20:.1f} MiB"


def _outbox(arguments: argparse.Namespace, verb: str, **values: Any) -> Any:
    """Ask the daemon; without one, open the database ourselves. None where there is none: we never make one.

    Whoever looks may be root, and the daemon could not write what root made.
    """
    config = _config(arguments)
    try:
        return ask(config.control.socket, verb, **values)
    except NoDaemon:
        if not _has_database(config):
            return None
        from edged.lib.clock import SystemClock, clock_synced  # noqa: PLC0415
        from edged.opening import open_outbox  # noqa: PLC0415 - needed only without a daemon

        outbox = open_outbox(config, SystemClock())
        try:
            if verb == "replay":
                from edged.flow.again import ReplayVerb  # noqa: PLC0415

                return ReplayVerb(
                    outbox, clock=SystemClock(), synced=clock_synced, told=lambda stop: outbox.set_replay(None) if stop else None
                )(values)
            if verb == "outbox_stat":
                return asdict(outbox.stats())
            if verb == "outbox_dead":
                return [asdict(letter) for letter in outbox.dead()]
            return outbox.retry(values["seqs"] or None)
        finally:
            outbox.close()


def _has_database(config: Config) -> bool:
    try:
        return config.database.exists()
    except OSError as error:
        message = f"{config.database} cannot be looked at: {error.strerror}"
        raise EdgedError(message, hint="use sudo, or be the user of edged") from error


def outbox_stat(arguments: argparse.Namespace) -> ExitCode:
    """How many readings are in which state."""
    told = _outbox(arguments, "outbox_stat")
    print(_NO_READINGS if told is None else _counts(told))
    return ExitCode.DONE


def outbox_dead(arguments: argparse.Namespace) -> ExitCode:
    """Readings that the broker never took."""
    told = _outbox(arguments, "outbox_dead")
    if told is None:
        print(_NO_READINGS)
    for letter in told or ():
        at = letter["at"] or "clock not set"
        print(f"{letter['seq']}\t{at}\t{letter['source']}\t{letter['id']}\t{letter['attempts']} tries\t{letter['reason']}")
    return ExitCode.DONE


def outbox_retry(arguments: argparse.Namespace) -> ExitCode:
    """Send dead readings again."""
    told = _outbox(arguments, "outbox_retry", seqs=arguments.seq)
    print(_NO_READINGS if told is None else f"{told} readings are pending again")
    return ExitCode.DONE


def replay(arguments: argparse.Namespace) -> ExitCode:
    """Send readings once more; without a daemon the next one does it."""
    wanted = {"since": arguments.since, "from_seq": arguments.from_seq, "stop": arguments.stop}
    told = _outbox(arguments, "replay", **{key: value for key, value in wanted.items() if value})
    if told is None:
        print(_NO_READINGS)
    elif arguments.stop:
        print(f"stopped before seq {told['first']}" if told["rows"] else "no replay is under way")
    else:
        print(f"{told['rows']} readings are sent once more" + (f", seq {told['first']} to {told['last']}" if told["rows"] else ""))
    return ExitCode.DONE
