"""A relay through whatever chance brings: every reading is taken or dead in the end, nothing turns in circles, nothing is left."""

import datetime as dt
import json
import os
import random
from pathlib import Path

import pytest

from edged.flow.relaying.words import RelayOptions
from edged.link import Message
from tests.doubles.fake_publisher import ACK, CRASH, FORGET, HANG_UP, HUNG_UP, REFUSED, FakePublisher
from tests.doubles.relay_rig import BASE, Rig

FIRST, SEEDS = int(os.environ.get("EDGED_SEED", "0")), int(os.environ.get("EDGED_SEEDS", "16"))
FAULTS = (HANG_UP, CRASH, FORGET, 0x80, 0x97, 0x99, 0x87, 0x95, 0x10)
POISON = (HANG_UP, 0x95, 0x99, 0x80, FORGET)
DENIALS = (0x87, 0x97, HANG_UP, 0x10, 0x99, FORGET)
PEACE_SECONDS = 6 * 3600


class World:
    """A relay, a broker of moods, and somebody who does this and that."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.rng = rng = random.Random(seed)
        self.sources = [f"s{number}" for number in range(rng.randint(1, 4))]
        self.confirms, self.poisons = rng.random() < 0.4, rng.random() < 0.5
        self.mood = rng.choice([0, 0.01, 0.05, 0.2])  # how often a message is not taken
        self.poison: dict[str, str | int] = {}  # by seq
        self.denied: dict[str, str | int] = {}  # by source
        options = RelayOptions(ack_timeout_seconds=20 if self.confirms else None, require_subscriber=rng.random() < 0.2)
        self.rig = Rig(folder, FakePublisher(window=rng.randint(1, 8), answer=self.answer), relay=options)
        self.fetches = 0
        due = self.rig.outbox.due

        def counted(*arguments: object, **keys: object) -> object:
            self.fetches += 1
            assert self.fetches < 400, "a step turns in circles"
            return due(*arguments, **keys)  # type: ignore[arg-type]

        self.rig.outbox.due = counted  # type: ignore[method-assign, assignment]

    def answer(self, message: Message) -> str | int:
        """What the broker makes of a message."""
        if "/read/" not in message.topic:
            return self.rng.choice(FAULTS[:5]) if self.rng.random() < self.mood / 4 else ACK
        seq, source = dict(message.properties)["seq"], message.topic.rpartition("/")[2]
        usual = self.rng.choice(FAULTS) if self.rng.random() < self.mood else ACK
        return self.denied.get(source, self.poison.get(seq, usual))

    def go(self, seconds: float) -> None:
        """Let time pass."""
        start, steps, rig = self.rig.clock.monotonic(), 0, self.rig
        while rig.clock.monotonic() < start + seconds:
            rig.relay._wake.clear()
            self.fetches = 0
            rig.wait(rig.relay._wake, max(rig.relay.step(), 0.001))
            steps += 1
            assert steps < 3000 + seconds * 1100, "it never sleeps"

    def read(self) -> None:
        """Some pictures are read, one in thirty of them poison in some worlds."""
        before = self.rig.added
        self.rig.add(self.rng.choice([1, 3, 20, 90, 200]), source=self.rng.choice(self.sources))
        if self.poisons:
            bad = [seq for seq in range(before + 1, self.rig.added + 1) if self.rng.random() < 0.03]
            self.poison |= {str(seq): self.rng.choice(POISON) for seq in bad}

    def confirm(self) -> None:
        """A consumer has all that ever came."""
        ids = sorted({dict(message.properties)["id"] for message in self.rig.publisher.on("/read/")})
        for first in range(0, len(ids), 200):
            self.rig.publisher.say(f"{BASE}/ack", json.dumps({"ids": ids[first : first + 200]}).encode())

    def shake(self) -> None:
        """The line goes, or comes back."""
        publisher = self.rig.publisher
        publisher.up = self.rng.random() < 0.7
        if publisher.greeted and self.rng.random() < 0.5:
            publisher.lose(self.rng.choice([HUNG_UP, REFUSED]))

    def replay(self) -> None:
        """All again, or no more."""
        if self.rig.outbox.replay() is None:
            self.rig.outbox.begin_replay()
            self.rig.relay.replay()
        else:
            self.rig.relay.replay(stop=True)

    def something(self) -> None:
        """Whatever chance brings."""
        rng, rig = self.rng, self.rig
        match rng.randrange(12):
            case 0 | 1 | 2 | 3:
                self.read()
            case 4:
                self.denied = {rng.choice(self.sources): rng.choice(DENIALS)}
            case 5:
                self.denied = {}
            case 6:
                self.shake()
            case 7 if rig.publisher._handover is None:
                rig.restart()
            case 8:
                rig.outbox.retry()
                rig.relay.notify()
            case 9:
                self.replay()
            case 10:
                rig.clock.set_wall(rig.clock.now() + dt.timedelta(seconds=rng.choice([-40, -4000, -1e6, 1e6, 4000])))
            case 11 if self.confirms:
                self.confirm()
        rig.publisher.window, rig.publisher.hold = rng.randint(1, 8), rng.random() < 0.2
        self.go(rng.choice([0.1, 1, 10, 60]))
        rig.publisher.hold = False
        rig.publisher.release()

    def rest(self) -> None:
        """The broker is well again, but for poison; now and then a picture is read, for a row is proven bad only beside a good one."""
        self.mood, self.denied, self.rig.publisher.up = 0, {}, True
        self.poison = {seq: answer for seq, answer in self.poison.items() if answer != FORGET}  # nobody's fault: it may wait for ever
        for count in range(PEACE_SECONDS // 20):
            if self.confirms:
                self.confirm()
            stats = self.rig.outbox.stats()
            if not stats.pending and not stats.unconfirmed and self.rig.outbox.replay() is None:
                return
            if count % 3 == 0:
                for source in self.sources:
                    self.rig.add(1, source=source)
            self.go(20)
        lane = self.rig.relay._lanes.delivery
        pytest.fail(f"{self.rig.outbox.stats()} {lane.suspects._rows} {lane._blocks} {self.rig.outbox.replay()} {self.poison}")


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_whatever_happens_all_is_taken_or_dead_in_the_end(tmp_path: Path, seed: int) -> None:
    """No step turns in circles, no second is spent without sleep, and afterwards nobody is suspected and no topic held back."""
    world = World(tmp_path, seed)
    for _ in range(world.rng.randint(5, 25)):
        world.something()
    world.rest()
    world.go(400)
    lane = world.rig.relay._lanes.delivery
    assert (lane._flying, lane._blocks, len(lane.suspects)) == (set(), {}, 0)
    if not world.confirms:  # a consumer may have what the broker handed on and refused
        assert {str(letter.seq) for letter in world.rig.outbox.dead(10_000)} >= set(world.poison)
    world.rig.outbox.close()
