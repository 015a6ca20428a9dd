"""`edged retry`: failed files back into their drop folder."""

import argparse
import time
from collections.abc import Mapping
from typing import Any

from edged.commands.target import target
from edged.commands.words import counted
from edged.control.client import ask
from edged.errors import ExitCode, NoDaemon

_PATIENCE = 20  # calls in a row that move nothing, while the daemon takes what waits under the same names
_PAUSE = 0.25


def retry(arguments: argparse.Namespace) -> ExitCode:
    """Move back what failed; through the daemon where one runs, so that its user does it."""
    config = target(arguments)
    now_ms = time.time_ns() // 1_000_000
    since_ms = max(0, now_ms - int(arguments.since * 1000)) if arguments.since is not None else 0
    asked = {"ids": arguments.id, "since_ms": since_ms, "until_ms": now_ms, "source": arguments.source}
    moved, left, running, idle = 0, list[list[str]](), True, 0
    while True:
        try:
            told = ask(config.control.socket, "retry", **asked) if running else _alone(config.folders, asked)
        except NoDaemon:
            running = False
            continue
        for source, id, name in told["moved"]:
            print(f"{source}\t{id}\t{name}")
        moved, left, idle = moved + len(told["moved"]), told["left"], 0 if told["moved"] else idle + 1
        if not told["moved"] and not (running and left and idle < _PATIENCE):
            break
        if not told["moved"]:
            time.sleep(_PAUSE)
    return _conclude(moved, left, running, [name for name, section in config.folders.items() if section.after == "keep"])


def _alone(sources: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, list[list[str]]]:
    from edged.flow.folder.retry import retry_verb  # noqa: PLC0415 - needed only without a daemon

    return retry_verb(sources)(asked)


def _conclude(moved: int, left: list[list[str]], running: bool, keeping: list[str]) -> ExitCode:
    for source, id, name, why in left:
        print(f"{source}\t{id}\t{name}\tleft in failed: {why}")
    when = "they are read now" if running else "they are read once edged runs"
    print(f"{counted(moved, 'file')} moved back{f'; {when}' if moved else ''}{f'; {len(left)} left' if left else ''}")
    if keeping:
        print(f"{', '.join(keeping)}: files are kept in place; to have one read again, touch it")
    return ExitCode.UNREADABLE if left else ExitCode.DONE
