"""`app_ack`: a reading is delivered once a consumer says so."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.flow.relaying.words import RelayOptions
from edged.link import Message
from tests.contracts.message_store_contract import balanced
from tests.doubles.fake_publisher import FORGET, HANG_UP
from tests.doubles.readings import frame_id
from tests.doubles.relay_rig import BASE, Rig

TIMEOUT = 60.0


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A rig whose readings want to be confirmed."""
    made = Rig(tmp_path, relay=RelayOptions(ack_timeout_seconds=TIMEOUT))
    yield made
    made.outbox.close()


def confirm(rig: Rig, *numbers: int) -> None:
    """A consumer has these."""
    rig.publisher.say(f"{BASE}/ack", json.dumps({"ids": [frame_id(n) for n in numbers]}).encode())


def again(rig: Rig) -> list[float]:
    """When the rows will be sent again, from now."""
    with rig.outbox._database.reading() as db:
        rows = db.execute("SELECT again FROM reading WHERE again IS NOT NULL ORDER BY seq").fetchall()
    return [at - rig.clock.now().timestamp() for (at,) in rows]


def test_a_confirmed_reading_is_never_sent_again(rig: Rig) -> None:
    """The broker's word makes it sent, the consumer's makes it confirmed."""
    rig.add(3)
    rig.go()
    assert (rig.outbox.stats().sent, rig.outbox.stats().unconfirmed) == (3, 3)
    confirm(rig, 1, 2, 3)
    rig.go()
    stats = rig.outbox.stats()
    assert (stats.sent, stats.confirmed, stats.unconfirmed) == (0, 3, 0)
    rig.go(3 * TIMEOUT)
    assert rig.publisher.seqs() == [1, 2, 3]
    assert balanced(rig.outbox)


def test_a_confirmation_may_come_before_the_receipt(rig: Rig) -> None:
    """A fast consumer answers while the receipt is not even written: the row is confirmed, and the receipt changes nothing."""
    rig.go()
    rig.publisher.hold = True
    rig.add(2)
    rig.go(0.01)
    confirm(rig, 1, 2)
    rig.go()
    rig.go()
    assert (rig.outbox.stats().pending, rig.outbox.stats().confirmed) == (0, 2)
    rig.publisher.release()
    rig.go()
    assert (rig.outbox.stats().sent, rig.outbox.stats().confirmed) == (0, 2)
    assert balanced(rig.outbox)


def test_an_unconfirmed_reading_is_sent_again_later_and_later(rig: Rig) -> None:
    """Same id, same seq, twice the pause each time, an hour at most."""
    rig.add(1)
    times: list[float] = []
    for count in range(2, 10):
        rig.until(lambda c=count: len(rig.publisher.seqs()) == c, 3700)
        times.append(rig.clock.monotonic())
    pauses = [round(b - a) for a, b in itertools.pairwise(times)]
    assert pauses[:5] == pytest.approx([120, 240, 480, 960, 1920], abs=3)
    assert pauses[5:] == pytest.approx([3600] * 2, abs=3)
    first, *more = rig.publisher.on("/read/")
    assert all(message == first for message in more)
    assert rig.relay.health().sent_again == 8


def test_the_pause_survives_a_restart(rig: Rig) -> None:
    """When a row is sent again stands in the outbox."""
    rig.add(1)
    rig.until(lambda: len(rig.publisher.seqs()) == 2, 100)
    rig.go(1)
    (before,) = again(rig)
    assert before > 100
    rig.publisher.lose()
    rig.restart()
    rig.go(before - 5)
    assert len(rig.publisher.seqs()) == 2
    rig.until(lambda: len(rig.publisher.seqs()) == 3, 10)


def test_old_readings_never_hold_up_new_ones(rig: Rig) -> None:
    """Beside a stream of new readings at most one old one is in flight."""
    rig.add(200)
    rig.go(5)
    confirm(rig, 1)  # somebody lives: all the others may be sent again
    rig.until(lambda: rig.publisher.hold or max(again(rig)) < 1, TIMEOUT)
    confirm(rig, 2)
    rig.publisher.published.clear()
    rig.publisher.hold = True
    rig.add(100)
    rig.go(2)
    flying = rig.publisher.seqs()
    assert len([seq for seq in flying if seq > 200]) == 19
    assert len([seq for seq in flying if seq <= 200]) == 1


def test_while_nobody_confirms_only_a_few_are_sent_again(rig: Rig) -> None:
    """A consumer that is away for hours does not come back to a broker full of repetitions; health tells."""
    rig.add(500)
    rig.go(6 * 3600)
    repeated = len(rig.publisher.seqs()) - 500
    assert 40 < repeated < 300
    (fault,) = rig.relay.health().refused
    assert (fault.name, f"{BASE}/ack" in fault.hint) == ("not_confirmed", True)


def test_the_first_confirmation_opens_the_gates(rig: Rig) -> None:
    """What a broker lost is sent again within seconds once the consumer shows a sign of life."""
    rig.add(500)
    rig.go(6 * 3600)
    seen: set[int] = set()

    def consumer(message: Message) -> str:
        if "/read/" in message.topic:
            seen.add(json.loads(message.payload)["seq"])
            rig.publisher.say(f"{BASE}/ack", json.dumps({"ids": [dict(message.properties)["id"]]}).encode())
        return "ack"

    rig.publisher.answer = consumer
    rig.until(lambda: rig.outbox.stats().confirmed == 500, 2 * 3600)
    assert seen == set(range(1, 501))
    assert rig.relay.health().refused == ()


def test_unconfirmed_readings_are_never_forgotten(rig: Rig) -> None:
    """Neither age nor a full budget touches them; once confirmed they go like all others."""
    rig.add(6)
    rig.go()
    rig.outbox.filed([frame_id(n) for n in range(1, 7)])
    confirm(rig, 1, 2)
    rig.go()
    rig.clock.advance(8 * 86_400)
    rig.go(120)
    stats = rig.outbox.stats()
    assert (stats.pruned, stats.sent, stats.confirmed) == (2, 4, 0)
    assert balanced(rig.outbox)


def test_without_the_mode_nothing_is_awaited_any_more(rig: Rig) -> None:
    """Switched off, what was not confirmed is sent for good, and no ack is subscribed to."""
    rig.add(3)
    rig.go()
    assert f"{BASE}/ack" in rig.publisher.topics[-1]
    rig.publisher.lose()
    rig.options = None
    rig.restart()
    rig.go(3 * TIMEOUT)
    assert rig.publisher.topics[-1] == (f"{BASE}/request/+",)
    assert rig.outbox.stats().unconfirmed == 0
    assert rig.publisher.seqs() == [1, 2, 3]


def test_the_mode_can_change_while_we_run(rig: Rig) -> None:
    """A reload switches it; what is subscribed to follows with the next connection."""
    rig.add(1)
    rig.go()
    rig.relay.adapt(RelayOptions())
    rig.add(1)
    rig.go()
    assert rig.outbox.stats().unconfirmed == 0
    rig.relay.adapt(RelayOptions(ack_timeout_seconds=10))
    rig.publisher.lose()
    rig.go(5)
    rig.add(1)
    rig.go(12)
    assert rig.publisher.seqs() == [1, 2, 3, 3]
    assert f"{BASE}/ack" in rig.publisher.topics[-1]


def test_a_clock_that_goes_back_holds_up_no_repetition(rig: Rig) -> None:
    """A time that lies years ahead was set before the clock went back."""
    rig.add(1)
    rig.go()
    rig.clock.set_wall(rig.clock.now().replace(year=2016))
    rig.until(lambda: len(rig.publisher.seqs()) == 2, 5)


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "list without a list of ids"),
        (b'{"ids": "a"}', "without a list"),
        (b'{"ids": [7]}', "no short texts"),
        (json.dumps({"ids": ["x"] * 1001}).encode(), "1001 ids"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_confirmation_that_is_none_is_reported(rig: Rig, payload: bytes, found: str) -> None:
    """What was found stands in the event; nothing else happens."""
    rig.add(1)
    rig.go()
    rig.publisher.say(f"{BASE}/ack", payload)
    rig.go()
    (event,) = rig.publisher.on("/event/request_refused")
    assert found in json.loads(event.payload)["reason"]
    assert rig.outbox.stats().confirmed == 0


def test_a_retained_confirmation_is_ignored_and_reported(rig: Rig) -> None:
    """Nobody knows how old it is."""
    rig.add(1)
    rig.go()
    rig.publisher.say(f"{BASE}/ack", json.dumps({"ids": [frame_id(1)]}).encode(), retained=True)
    rig.go()
    assert rig.outbox.stats().confirmed == 0
    assert len(rig.publisher.on("/event/request_refused")) == 1


def test_unknown_ids_change_nothing(rig: Rig) -> None:
    """A consumer may confirm twice, or what was forgotten long ago."""
    rig.add(1)
    rig.go()
    for _ in range(2):
        confirm(rig, 1, 1, 77)
        rig.go()
    assert rig.outbox.stats().confirmed == 1
    assert balanced(rig.outbox)


def test_a_flood_is_dropped_not_kept(rig: Rig) -> None:
    """More than can wait is counted and thrown away; a lost confirmation only costs a repetition."""
    rig.go()
    for _ in range(5000):
        rig.publisher.say(f"{BASE}/ack", b'{"ids": []}')
    assert rig.relay.health().inbound_dropped == 4000
    rig.go()
    for _ in range(10):
        rig.publisher.say(f"{BASE}/ack", b" " * 1_500_000)
    assert rig.relay.health().inbound_dropped == 4006


@pytest.mark.parametrize("answer", [HANG_UP, FORGET, 0x87, 0x95])
def test_an_old_reading_that_is_refused_now_costs_less_and_less(rig: Rig, answer: str | int) -> None:
    """The broker's limits were lowered since: neither a loop of reconnects nor a hold-up for the others."""
    rig.add(2)
    rig.go()
    confirm(rig, 2)
    rig.publisher.answer = lambda message: answer if dict(message.properties).get("seq") == "1" else "ack"
    rig.go(6 * 3600)
    assert len(rig.publisher.seqs()) < 16
    assert rig.publisher.connects < 20
    rig.add(1)
    rig.until(lambda: 3 in rig.publisher.seqs(), 30)
    assert rig.outbox.stats().dead == 0


def test_a_reading_that_was_damaged_while_it_waited_for_a_confirmation_is_a_dead_letter(rig: Rig) -> None:
    """It can never be sent again, and would hold its room for ever; somebody must know that a consumer may lack it."""
    rig.add(2)
    rig.go()
    with rig.outbox._database.transaction() as db:
        db.execute("UPDATE payload SET body = x'01' WHERE seq = 1")
    rig.go(2 * TIMEOUT)
    stats = rig.outbox.stats()
    assert (stats.dead, stats.sent, stats.unconfirmed) == (1, 1, 1)
    assert [letter.seq for letter in rig.outbox.dead()] == [1]
    assert len(rig.publisher.on("/event/dead_letter")) == 1
    assert balanced(rig.outbox)
    confirm(rig, 1)
    rig.go()
    assert (rig.outbox.stats().dead, rig.outbox.stats().confirmed) == (0, 1)
    assert balanced(rig.outbox)
