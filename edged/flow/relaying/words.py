"""What a relay is asked for, and what it tells of itself."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from edged.link import Fault
from edged.types import ReplaySpan


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayOptions:
    """What a delivery has to be."""

    ack_timeout_seconds: float | None = None  # a consumer confirms each reading; None: the broker's word is enough
    require_subscriber: bool = False  # nothing is sent while nobody would get it
    birth_topic: str | None = None  # where somebody says that it came online and wants to be told all again
    keeps: Callable[[str], bool] = lambda _topic: False  # retained topics of live signals that are still in use


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayHealth:
    """How delivery goes; counters since the start of the process."""

    connected: bool
    fault: Fault | None  # why the broker is not reached; None once a connection proved itself
    refused: tuple[Fault, ...]  # topics that it does not take
    sent: int  # receipts of readings
    no_subscriber: int  # of these: taken, and thrown away for want of a subscriber
    reconnects: int
    dead: int
    sent_again: int = 0  # readings that nobody confirmed in time
    replaying: ReplaySpan | None = None
    signals: int = 0
    signals_dropped: int = 0  # no connection, or too late
    pictures: int = 0  # of evidence, that were sent
    inbound_dropped: int = 0  # messages to us that came faster than we take them
    certificate_until: dt.datetime | None = None  # of the broker, as it was seen last
