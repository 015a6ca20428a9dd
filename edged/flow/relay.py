"""Joins outbox and broker: due rows are published in the order of `seq`, receipts decide what becomes of them.

The broker being away is normal. One thread runs `step` whenever something happened; what the broker says
comes from another thread and is only noted there.
"""

import datetime as dt
import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edged.errors import PermanentPublishError, TransientPublishError
from edged.flow import link_faults, mqtt_codes
from edged.flow.ports import MessageStore, Publisher
from edged.flow.relaying.flights import Flights
from edged.flow.relaying.lanes import Lanes
from edged.flow.relaying.notices import EVENTS, Retained, event_message
from edged.flow.relaying.parcel import Parcel
from edged.flow.relaying.reconnect import Link, Reconnect
from edged.flow.relaying.words import RelayHealth, RelayOptions
from edged.lib.beat import Beat
from edged.lib.clock import Clock
from edged.link import Connected, Fault, LinkEvent, Lost, Message, Presence, Receipt, Received, Subscribed

log = logging.getLogger(__name__)


_TICK = 0.5  # seconds: how soon a stop is seen, and how often rows whose time has come are looked for
_RECEIPT_SECONDS = 20.0
_FAREWELL_SECONDS = 1.0  # for what is in flight, and again for `offline`, and again for the goodbye
_TIDY_SECONDS = 60.0
_AT_ONCE = 32  # parcels of a step: what is too large for the broker takes no place in the window, and a commit each


class Relay:
    """The worker between outbox and broker.

    `run` and `step` belong to its thread; all else may be called from any.
    """

    name = "relay"

    def __init__(
        self,
        store: MessageStore,
        publisher: Publisher,
        *,
        base: str,
        retained: Retained,
        retry_max_seconds: float,
        clock: Clock,
        rng: random.Random,
        options: RelayOptions | None = None,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        """Publish below *base*; *retained* tells the retained topics, the status first."""
        self._store, self._publisher, self._clock, self._wait = store, publisher, clock, wait
        self._reconnect, self._rng = Reconnect(retry_max_seconds, rng, clock.monotonic()), rng
        self._successors: deque[tuple[Publisher, float]] = deque(maxlen=1)  # filled by any thread
        self._base = base
        self._lanes = Lanes(store, base, clock, rng, retained=retained, event=self.event, options=options or RelayOptions())
        self._wake = threading.Event()
        self._heard: deque[LinkEvent] = deque()  # filled by the publisher's thread
        self._events: deque[Message] = deque(maxlen=EVENTS)  # filled by any thread
        self._committed = self._stale = False  # set by any thread
        self._asked: deque[Callable[[], None]] = deque()  # by any thread, done by ours
        self._presence = Presence.ONLINE
        self._link: Link | None = None
        self._connecting = False
        self._ending: Fault | None = None  # why we are dropping the connection ourselves
        self._flights = Flights()
        self._fault: Fault | None = None
        self._certificate_until: dt.datetime | None = None
        self._reconnects = 0
        self._look_at = self._tidy_at = clock.monotonic()

    def notify(self) -> None:
        """Readings were committed."""
        self._committed = True
        self._wake.set()

    def refresh(self, presence: Presence | None = None) -> None:
        """The content of retained topics changed, or *presence* did."""
        self._presence = presence or self._presence
        self._stale = True
        self._wake.set()

    def event(self, kind: str, content: Mapping[str, Any]) -> None:
        """Publish on `event/<kind>` once, if there is a connection soon: live information, not kept."""
        self.answer(event_message(self._base, kind, content))

    def answer(self, message: Message) -> None:
        """Publish the answer to a request."""
        self._events.append(message)
        self._wake.set()

    def on_request(self, handler: Callable[[Received], None]) -> None:
        """Have requests answered by *handler*, which must not block. Called before `run`."""
        self._lanes.inbound.on_request = handler

    def on_birth(self, handler: Callable[[], None]) -> None:
        """Have *handler* hear, in our thread, that somebody came online who wants all said again. Called before `run`."""
        self._lanes.inbound.on_birth = handler

    def signal(self, messages: Sequence[Message], live_seconds: float) -> None:
        """Publish these now, in their order, or never: nothing of it is true after *live_seconds*."""
        if self._link is None:
            self._lanes.signals.dropped += len(messages)
            return
        self._lanes.signals.offer(messages, live_seconds)
        self._wake.set()

    def picture(self, message: Message) -> None:
        """Publish this picture, unless a newer one of its topic comes before it is sent."""
        self._lanes.pictures.offer(message)
        self._wake.set()

    def replay(self, *, stop: bool = False) -> None:
        """A replay was begun in the outbox, or shall *stop*."""
        self._asked.append(self._lanes.replay.stop if stop else self._lanes.replay.look)
        self._wake.set()

    def adapt(self, options: RelayOptions) -> None:
        """Deliver like this from now on; what is subscribed to follows with the next connection."""
        self._asked.append(lambda: self._lanes.adapt(options))
        self._stale = True
        self._wake.set()

    def reconnect(self, publisher: Publisher, *, retry_max_seconds: float) -> None:
        """Say goodbye, with receipts for what is in flight, and meet the broker through *publisher* from then on."""
        self._successors.append((publisher, retry_max_seconds))
        self._wake.set()

    def health(self) -> RelayHealth:
        """How delivery goes."""
        return self._lanes.health(
            connected=self._link is not None, fault=self._fault, reconnects=self._reconnects, certificate_until=self._certificate_until
        )

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Relay until *stop* is set, then say goodbye; within seconds, whatever the broker does.

        Raises:
            OutboxError: The outbox cannot keep what it is told.
        """
        while not stop.is_set():
            self._wake.clear()
            beat()
            if self._successors and not self._hand_over(beat):
                continue
            delay = self.step()
            if delay > 0:
                self._wait(self._wake, delay)
        self._end(beat)

    def _hand_over(self, beat: Beat) -> bool:
        """Whether the old connection is over: a publisher that still resolves a name has not said its last word."""
        if self._link is not None or self._connecting:
            self._end(beat)
        if self._link is not None or self._connecting:
            return False
        self._publisher, longest = self._successors.pop()
        self._reconnect, self._fault = Reconnect(longest, self._rng, self._clock.monotonic()), None
        return True

    def step(self) -> float:
        """Do everything that can be done now; returns the seconds until the next call, unless woken."""
        now = self._clock.monotonic()
        self._listen(now)
        if self._committed or now >= self._look_at:
            self._committed = False
            self._look_at = now + _TICK
            self._lanes.delivery.look()
        while self._asked:
            self._asked.popleft()()
        if self._link is None and not self._connecting and not self._reconnect.wait(now):
            self._connect()
        if self._link is not None:
            self._pump(self._link, now)
            self._drop_if_deaf(self._link, now)
        self._lanes.settle(now=False)
        if now >= self._tidy_at:
            self._tidy_at = now if self._store.tidy() else now + _TIDY_SECONDS
        return self._patience(now)

    def _connect(self) -> None:
        self._connecting = True
        self._reconnect.knock()
        self._publisher.connect(self._lanes.notices.will(), self._hear, self._lanes.inbound.subscriptions())

    def _hear(self, event: LinkEvent) -> None:
        if isinstance(event, Received):  # in the publisher's thread
            self._lanes.inbound.offer(event)
        else:
            self._heard.append(event)
        self._wake.set()

    def _listen(self, now: float) -> None:
        while self._heard:
            event = self._heard.popleft()
            if isinstance(event, Receipt):
                self._on_receipt(event)
            elif isinstance(event, Connected):
                self._on_connected(event, now)
            elif isinstance(event, Subscribed):
                self._lanes.inbound.subscribed(event.refused)
            elif isinstance(event, Lost):
                self._on_lost(event, now)
        self._lanes.inbound.read()

    def _on_connected(self, event: Connected, now: float) -> None:
        self._link = Link(window=event.window, since=now)
        self._connecting = False
        self._certificate_until = event.certificate_until
        self._lanes.notices.connected()
        self._lanes.delivery.knocked(broker_was_there=self._reconnect.at_first_knock)
        log.info("broker connected", extra={"window": event.window})

    def _on_lost(self, event: Lost, now: float) -> None:
        fault = self._ending or event.fault
        link, self._link, self._connecting, self._ending = self._link, None, False, None
        if link is None:
            self._lanes.delivery.knocked(broker_was_there=False)
            self._reconnect.failed(now)
        else:
            self._lanes.ended(self._flights.lost(), fault, proven=link.proven)
            self._reconnects += 1
            self._reconnect.ended(now, since=link.since, proven=link.proven, taken_over=fault.name == mqtt_codes.TAKEN_OVER_NAME)
        known = fault is link_faults.CLOSED or (self._fault is not None and self._fault.name == fault.name)
        log.log(logging.DEBUG if known else logging.WARNING, "broker away", extra={"fault": fault.name, "detail": fault.message})
        self._fault = fault

    def _on_receipt(self, receipt: Receipt) -> None:
        parcel = self._flights.landed(receipt.ticket)
        if parcel is not None and self._link is not None:
            self._link.proven, self._fault = True, None
            parcel.lane.answered(parcel, receipt.code)

    def _pump(self, link: Link, now: float) -> None:
        if self._stale:
            self._stale = False
            self._lanes.notices.refresh(self._presence)
        while self._events:
            self._lanes.notices.event(self._events.popleft())
        for _ in range(_AT_ONCE):
            parcel = self._lanes.next(self._flights.parcels(), link.window) if len(self._flights) < link.window else None
            if parcel is None or not self._send(parcel, now):
                return
        self._wake.set()  # there is more: after a beat

    def _send(self, parcel: Parcel, now: float) -> bool:
        try:
            ticket = self._publisher.publish(parcel.message)
        except TransientPublishError:
            self._lanes.delivery.look()
            return False
        except PermanentPublishError as error:
            parcel.lane.unsendable(parcel, Fault(name="packet_too_large", message=str(error), hint=error.hint))
            return True
        self._flights.add(ticket, parcel, now)
        parcel.lane.sent(parcel)
        return True

    def _drop_if_deaf(self, link: Link, now: float) -> None:
        overdue = self._flights.overdue(now - _RECEIPT_SECONDS)
        if not overdue or self._ending:
            return
        self._ending = link_faults.deaf(", ".join(parcel.what for parcel in overdue), _RECEIPT_SECONDS)
        if link.proven:  # it is not deaf to everything
            self._lanes.delivery.silent([parcel for parcel in overdue if parcel.lane is self._lanes.delivery])
        self._publisher.drop()

    def _patience(self, now: float) -> float:
        waits = [_TICK, self._look_at - now, self._tidy_at - now, self._lanes.patience()]
        if self._link is None and not self._connecting:
            waits.append(self._reconnect.wait(now))
        return max(0.0, min(waits))

    def _end(self, beat: Beat) -> None:
        """Let receipts of what is in flight come in, say offline, say goodbye."""
        self._drain(beat)
        if self._link is not None and self._ending is None:
            self._lanes.notices.farewell()
            while len(self._flights) < self._link.window and (notice := self._lanes.notices.next()):
                if not self._send(notice, self._clock.monotonic()):
                    break
            self._drain(beat)
        self._publisher.close(_FAREWELL_SECONDS)
        self._listen(self._clock.monotonic())
        self._lanes.settle(now=True)

    def _drain(self, beat: Beat) -> None:
        deadline = self._clock.monotonic() + _FAREWELL_SECONDS
        while self._flights and (left := deadline - self._clock.monotonic()) > 0:
            beat()
            self._wait(self._wake, min(left, _TICK))
            self._wake.clear()
            self._listen(self._clock.monotonic())
