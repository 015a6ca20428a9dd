"""A relay between a real outbox and a broker that does what the test says; time stands until it is moved."""

import json
import random
import threading
from collections.abc import Callable
from pathlib import Path

from edged.flow.relay import Relay
from edged.flow.relaying.words import RelayOptions
from edged.link import Message, Presence
from edged.types import SourceName
from tests.doubles.clock import FakeClock
from tests.doubles.fake_publisher import FakePublisher
from tests.doubles.readings import large_reading, make_outbox, reading

BASE = "edged/line3"


class Rig:
    """A relay, its outbox, its broker and its clock."""

    def __init__(self, folder: Path, publisher: FakePublisher | None = None, relay: RelayOptions | None = None, **options: object) -> None:
        self.clock = FakeClock()
        self.options = relay
        self.outbox = make_outbox(folder, clock=self.clock, **options)
        self.outbox.open()
        self.publisher = publisher or FakePublisher()
        self.health = "ok"
        self.relay = self.restart()
        self.added = 0

    def restart(self) -> Relay:
        """A new relay, as after a crash."""
        self.relay = Relay(
            self.outbox,
            self.publisher,
            base=BASE,
            retained=self.retained,
            retry_max_seconds=60,
            clock=self.clock,
            rng=random.Random(1),
            options=self.options,
            wait=self.wait,
        )
        return self.relay

    def retained(self, presence: Presence) -> list[Message]:
        status = json.dumps({"state": presence, "health": self.health}).encode()
        return [
            Message(topic=f"{BASE}/status", payload=status, retain=True),
            Message(topic=f"{BASE}/source/inbox", payload=b"{}", retain=True),
        ]

    def wait(self, wake: threading.Event, timeout: float) -> None:
        """Time passes only here."""
        if not wake.is_set():
            self.clock.advance(timeout)

    def add(self, count: int = 1, source: str = "inbox", size: int = 0) -> None:
        """Commit readings and tell the relay."""
        numbers = range(self.added + 1, self.added + 1 + count)
        make: Callable[..., object] = (lambda n, **c: large_reading(n, size)) if size else reading
        self.outbox.add([make(n, source=SourceName(source)) for n in numbers])
        self.added += count
        self.relay.notify()

    def go(self, seconds: float = 0.7) -> float:
        """Let the relay work for that long; returns how long it took by the clock."""
        start = self.clock.monotonic()
        while self.clock.monotonic() < start + seconds:
            self.relay._wake.clear()
            self.wait(self.relay._wake, max(self.relay.step(), 0.001))
        return self.clock.monotonic() - start

    def until(self, condition: Callable[[], object], seconds: float = 60) -> float:
        """Let the relay work until *condition* holds; returns how long it took by the clock."""
        start = self.clock.monotonic()
        while not condition():
            assert self.clock.monotonic() < start + seconds, f"not within {seconds} s"
            self.go(0.01)
        return self.clock.monotonic() - start

    @property
    def sent(self) -> int:
        return self.outbox.stats().sent
