"""Outbox, relay and MQTT client as the daemon joins them, against a real broker."""

import json
import random
import threading
from functools import partial
from pathlib import Path
from typing import Any

from edged.config import MqttSection
from edged.flow.publish import MqttPublisher
from edged.flow.relay import Relay
from edged.flow.relaying.words import RelayOptions
from edged.lib.clock import SystemClock
from edged.link import Message, Presence
from edged.types import SourceName
from tests.doubles.broker import Broker
from tests.doubles.readings import large_reading, make_outbox, reading
from tests.doubles.wait import until

BASE = "edged/line3"


def retained(presence: Presence, base: str = BASE) -> list[Message]:
    """The status alone."""
    return [Message(topic=f"{base}/status", payload=json.dumps({"state": presence}).encode(), retain=True)]


class Station:
    """A relay in a thread of its own; `kill` is for tests of what remains when it ends without a goodbye."""

    def __init__(
        self,
        folder: Path,
        broker: Broker,
        *,
        client_id: str = "edged-line3",
        base: str = BASE,
        environ: dict[str, str] | None = None,
        will_delay_seconds: int = 0,
        **mqtt: Any,
    ) -> None:
        self.outbox = make_outbox(folder, clock=SystemClock())
        self.outbox.open()
        section = MqttSection(**({"host": "127.0.0.1", "port": broker.port, "retry_max_seconds": 1.0} | mqtt))
        self.publisher = MqttPublisher(section, client_id, will_delay_seconds=will_delay_seconds, environ=environ or {})
        self.relay = Relay(
            self.outbox,
            self.publisher,
            base=base,
            retained=partial(retained, base=base),
            retry_max_seconds=section.retry_max_seconds,
            clock=SystemClock(),
            rng=random.Random(1),
            options=RelayOptions(
                ack_timeout_seconds=section.ack_timeout_seconds if section.app_ack else None, require_subscriber=section.require_subscriber
            ),
        )
        self.beats = 0
        self.added = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.relay.run, args=(self._stop, self._beat), daemon=True)

    def _beat(self) -> None:
        self.beats += 1

    def start(self) -> "Station":
        """Relay from now on."""
        self._thread.start()
        return self

    def add(self, count: int = 1, *, source: str = "inbox", size: int = 0) -> None:
        """Commit readings, as the sink does."""
        numbers = range(self.added + 1, self.added + 1 + count)
        name = SourceName(source)
        self.outbox.add([large_reading(n, size) if size else reading(n, source=name) for n in numbers])
        self.added += count
        self.relay.notify()

    def until_sent(self, count: int, timeout: float = 90) -> None:
        """Wait until so many readings are marked as sent."""
        until(lambda: self.outbox.stats().sent == count, timeout, f"{self.outbox.stats()} {self.relay.health()}")

    def until_fault(self, name: str, timeout: float = 60) -> None:
        """Wait until the relay names this fault."""

        def named() -> bool:
            health = self.relay.health()
            return name in {fault.name for fault in (health.fault, *health.refused) if fault}

        until(named, timeout, f"{name}: {self.relay.health()}")

    def stopping(self) -> None:
        """Begin to end: many stations end together then."""
        self._stop.set()

    def stop(self) -> None:
        """End cleanly."""
        self.stopping()
        if self._thread.ident is not None:
            self._thread.join(60)
            assert not self._thread.is_alive(), "the relay does not end"
        self.outbox.close()
