"""All lanes, and which of them sends next: notices, live signals, one picture at a time, new readings, old ones."""

import datetime as dt
import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edged.flow.ports import MessageStore
from edged.flow.relaying.delivery import Delivery
from edged.flow.relaying.inbound import Inbound
from edged.flow.relaying.notices import Notices, Retained
from edged.flow.relaying.parcel import Lane, Parcel
from edged.flow.relaying.pictures import Pictures
from edged.flow.relaying.redelivery import Redelivery
from edged.flow.relaying.replay import Replay
from edged.flow.relaying.retained import RetainedTopics
from edged.flow.relaying.signals import Signals
from edged.flow.relaying.words import RelayHealth, RelayOptions
from edged.lib.clock import Clock
from edged.link import Fault
from edged.types import OutboxMessage


class Lanes:
    """The lanes of one relay, and what comes in. Used by its thread only."""

    def __init__(
        self,
        store: MessageStore,
        base: str,
        clock: Clock,
        rng: random.Random,
        *,
        retained: Retained,
        event: Callable[[str, Mapping[str, Any]], None],
        options: RelayOptions,
    ) -> None:
        self.topics = RetainedTopics(store, options.keeps)
        self.notices = Notices(base, retained, self.topics)
        self.signals = Signals(clock, self.topics)
        self.pictures = Pictures(clock, self.topics)
        self.redelivery = Redelivery(store, base, clock, options.ack_timeout_seconds, bury=self._bury)
        self.replay = Replay(store, base, clock, event)
        self.delivery = Delivery(store, base, clock, rng, event=event, again=self.redelivery.deadline)
        self.inbound = Inbound(store, base, clock, event)
        self.adapt(options)
        self._old: tuple[Lane, ...] = (self.redelivery, self.replay)
        self._all: tuple[Lane, ...] = (self.notices, self.signals, self.pictures, self.delivery, *self._old)

    def _bury(self, row: OutboxMessage, reason: str) -> None:
        self.delivery.bury(row, reason)

    def adapt(self, options: RelayOptions) -> None:
        """Deliver like this from now on; what is subscribed to follows with the next connection."""
        self.topics.adapt(options.keeps)
        self.redelivery.adapt(options.ack_timeout_seconds)
        self.inbound.birth_topic = options.birth_topic
        self.inbound.confirms = options.ack_timeout_seconds is not None
        self.delivery.require_subscriber = options.require_subscriber

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Topics that the broker does not take, and why."""
        parts = (self.delivery, self.notices, self.signals, self.pictures, self.redelivery, self.inbound)
        return tuple(fault for part in parts for fault in part.faults)

    def next(self, flying: Sequence[Parcel], window: int) -> Parcel | None:
        """What to send now, beside what is *flying*. Beside a stream of new readings, one old one at a time."""
        if any(parcel.row and parcel.row.seq in self.delivery.suspects for parcel in flying):
            return None  # a suspect flies alone
        urgent = self.notices.next() or self.signals.next() or self._next_picture(flying)
        if urgent:
            return urgent
        idle = not flying
        shares = window > 1 and not idle and not any(parcel.lane in self._old for parcel in flying)
        return (self._next_old(idle=False) if shares else None) or self.delivery.next(idle=idle) or self._next_old(idle=idle)

    def _next_picture(self, flying: Sequence[Parcel]) -> Parcel | None:
        """One at a time: they are large, and readings wait for nobody's picture."""
        if self.delivery.searching or any(parcel.lane is self.pictures for parcel in flying):
            return None
        return self.pictures.next()

    def _next_old(self, *, idle: bool) -> Parcel | None:
        if self.delivery.searching:
            return None  # who is looked for is looked for alone
        return self.redelivery.next() or self.replay.next(idle=idle)

    def ended(self, parcels: Sequence[Parcel], fault: Fault, *, proven: bool) -> None:
        """The connection ended with these in flight."""
        self.inbound.ended(fault)
        for lane in self._all:
            own = [parcel for parcel in parcels if parcel.lane is lane]
            lane.ended(own, fault, alone=len(parcels) == 1, proven=proven)

    def health(self, *, connected: bool, fault: Fault | None, reconnects: int, certificate_until: dt.datetime | None) -> RelayHealth:
        """How delivery goes over the link that is told."""
        return RelayHealth(
            connected=connected,
            fault=fault,
            refused=self.faults,
            sent=self.delivery.taken,
            no_subscriber=self.delivery.no_subscriber,
            reconnects=reconnects,
            dead=self.delivery.dead,
            sent_again=self.redelivery.sendings,
            replaying=self.replay.span,
            signals=self.signals.sent_count,
            signals_dropped=self.signals.dropped,
            pictures=self.pictures.sent_count,
            inbound_dropped=self.inbound.dropped,
            certificate_until=certificate_until,
        )

    def settle(self, *, now: bool) -> None:
        """Write what became of rows, once it is enough or has waited long enough, or *now*."""
        self.delivery.settle(now=now)
        confirmed = self.inbound.settle(now=now)
        if confirmed:
            self.delivery.confirmed(confirmed)
            self.redelivery.confirmed()
        self.redelivery.settle(now=now)
        self.replay.settle(now=now)

    def patience(self) -> float:
        """Seconds until `settle` wants to be called."""
        return min((wait for wait in (self.delivery.patience(), self.inbound.patience()) if wait is not None), default=math.inf)
