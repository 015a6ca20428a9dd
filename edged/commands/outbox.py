"""`edged outbox` and `edged replay`: readings on their way to the broker; through the daemon where one runs."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from edged.commands.target import target
from edged.commands.words import counted, outbox_counts
from edged.config import Config
from edged.control.client import ask
from edged.errors import EdgedError, ExitCode, NoDaemon

_NO_READINGS = "no readings yet"


def stat(arguments: argparse.Namespace) -> ExitCode:
    """How many readings are in which state."""
    told = _told(arguments, "outbox_stat")
    print(_NO_READINGS if told is None else outbox_counts(told))
    return ExitCode.DONE


def dead(arguments: argparse.Namespace) -> ExitCode:
    """Readings that the broker never took."""
    told = _told(arguments, "outbox_dead")
    if not told:
        print(_NO_READINGS if told is None else "no dead letters")
    for letter in told or ():
        at = letter["at"] or "clock not set"
        print(f"{letter['seq']}\t{at}\t{letter['source']}\t{letter['id']}\t{letter['attempts']} tries\t{letter['reason']}")
    return ExitCode.DONE


def retry(arguments: argparse.Namespace) -> ExitCode:
    """Send dead readings again."""
    told = _told(arguments, "outbox_retry", seqs=arguments.seq)
    print(_NO_READINGS if told is None else f"{counted(told, 'reading')} made pending again")
    return ExitCode.DONE


def replay(arguments: argparse.Namespace) -> ExitCode:
    """Send readings once more; without a daemon the next one does it."""
    wanted = {"since": arguments.since, "from_seq": arguments.from_seq, "stop": arguments.stop}
    told = _told(arguments, "replay", **{key: value for key, value in wanted.items() if value})
    if told is None:
        print(_NO_READINGS)
    elif arguments.stop:
        print(f"stopped before seq {told['first']}" if told["rows"] else "no replay is under way")
    elif told["rows"]:
        print(f"{counted(told['rows'], 'reading')} to be sent once more, seq {told['first']} to {told['last']}")
    else:
        print("nothing that was sent is left to be sent once more (outbox.keep_sent_days)")
    return ExitCode.DONE


def _told(arguments: argparse.Namespace, verb: str, **values: Any) -> Any:
    """Ask the daemon; without one, open the database ourselves. None where there is none: we never make one.

    Whoever looks may be root, and the daemon could not write what root made.
    """
    config = target(arguments)
    try:
        return ask(config.control.socket, verb, **values)
    except NoDaemon:
        return _alone(config, verb, values) if _has_database(config) else None


def _has_database(config: Config) -> bool:
    try:
        return config.database.exists()
    except OSError as error:
        message = f"{config.database} cannot be looked at: {error.strerror}"
        raise EdgedError(message, hint="use sudo, or be the user of edged") from error


def _alone(config: Config, verb: str, values: Mapping[str, Any]) -> Any:
    """The daemon's answer without the daemon."""
    from edged.daemon.opening import open_outbox  # noqa: PLC0415 - likewise
    from edged.flow.payload import timestamp  # noqa: PLC0415 - likewise
    from edged.flow.replay_verb import ReplayVerb  # noqa: PLC0415 - needed only without a daemon
    from edged.lib.clock import SystemClock, clock_synced  # noqa: PLC0415 - likewise

    outbox = open_outbox(config, SystemClock())
    try:
        if verb == "replay":
            return ReplayVerb(
                outbox, clock=SystemClock(), synced=clock_synced, told=lambda stop: outbox.set_replay(None) if stop else None
            )(values)
        if verb == "outbox_stat":
            return asdict(outbox.stats())
        if verb == "outbox_dead":
            return [asdict(letter) | {"at": letter.at and timestamp(letter.at)} for letter in outbox.dead()]
        return outbox.retry(values["seqs"] or None)
    finally:
        outbox.close()
