"""Counts as people read them."""

from collections.abc import Mapping
from typing import Any

_STATES = ("pending", "sent", "confirmed", "dead", "pruned")


def counted(count: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def outbox_counts(outbox: Mapping[str, Any]) -> str:
    """All readings, and what became of them."""
    awaited = outbox["unconfirmed"]
    told = [f"{outbox[state]} {state}" + (f" ({awaited} unconfirmed)" if state == "sent" and awaited else "") for state in _STATES]
    return f"{counted(outbox['readings'], 'reading')} = {' + '.join(told)}; {outbox['bytes'] / 2**20:.1f} MiB"
