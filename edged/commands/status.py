"""`edged status`: what the running daemon says of itself."""

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from edged.commands.target import target
from edged.commands.words import outbox_counts
from edged.control.client import ask
from edged.errors import ExitCode

_DIGEST = 12  # characters that people compare
_RARE = ("recovered", "missed", "overflows", "watcher_restarts")  # told where there are any


def status(arguments: argparse.Namespace) -> ExitCode:
    """Ask it, and tell."""
    told = ask(target(arguments).control.socket, "status")
    print(json.dumps(told, ensure_ascii=False) if arguments.json else "\n".join(lines(told)))
    return ExitCode.DONE


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """For people: how it is, then a line for each part."""
    model, health = told["model"], told["health"]
    yield (
        f"{told['device']}: {health['state']}, edged {told['version']}, up {told['uptime_seconds']:.0f} s, "
        f"{model['name']} {model['precision']} {model['digest'][:_DIGEST]}, configuration {told['config'][:_DIGEST]}"
    )
    for reason in health["reasons"]:
        yield f"  ! {reason}"
    parts = {
        "broker": _broker(told["broker"]),
        "outbox": outbox_counts(told["outbox"]),
        "flow": f"{told['accepted']} accepted = {told['readings']} readings + {told['in_work']} in work, since start",
        **{f"source {name}": _source(counters) for name, counters in told["sources"].items()},
        **{f"evidence {name}": _evidence(kept) for name, kept in told["evidence"].items() if any(kept.values())},
    }
    width = max(map(len, parts))
    for name, text in parts.items():
        yield f"  {name:{width}}  {text}"


def _broker(broker: Mapping[str, Any]) -> str:
    replay = broker["replaying"]
    counts = {"sent again": broker["sent_again"], "signals": broker["signals"], "signals dropped": broker["signals_dropped"]}
    counts |= {"pictures": broker["pictures"]}
    counts |= {"without a subscriber": broker["no_subscriber"], "given up": broker["dead"], "connections lost": broker["reconnects"]}
    counts |= {"messages to us dropped": broker["inbound_dropped"], "requests dropped": broker["requests_dropped"]}
    told = [f"{broker['sent']} sent since start", *(f"{count} {what}" for what, count in counts.items() if count)]
    if replay:
        told.append(f"a replay goes on, seq {replay['first']} to {replay['last']}")
    return ", ".join(["connected" if broker["connected"] else "not connected", *told])


def _evidence(kept: Mapping[str, Any]) -> str:
    dropped = f", {kept['dropped']} dropped" if kept["dropped"] else ""
    return f"{kept['kept']} pictures kept since start, {kept['bytes'] / 2**20:.1f} MiB{dropped}"


def _source(counters: Mapping[str, Any]) -> str:
    always = (f"{counters[key]} {key.replace('_', ' ')}" for key in ("accepted", "filed", "in_work", "waiting"))
    rare = (f"{counters[key]} {key.replace('_', ' ')}" for key in _RARE if counters.get(key))
    place = f" ({counters['file_system']})" if counters.get("file_system") else ""
    return f"{counters['state']}{place}: {', '.join((*always, *rare))}"
