"""Nothing that may happen keeps the relay from its work: no row, no consumer, no limit of the broker's, no lowered budget."""

import contextlib
import json
from pathlib import Path

import pytest

from edged.config import OutboxSection
from edged.errors import OutboxFull
from edged.flow.outbox import budget
from edged.flow.relaying import suspects
from edged.flow.relaying.words import RelayOptions
from edged.link import Message
from tests.contracts.message_store_contract import balanced
from tests.doubles.fake_publisher import ACK, FORGET, HANG_UP, FakePublisher
from tests.doubles.readings import frame_id, large_reading, make_outbox, reading
from tests.doubles.relay_rig import BASE, Rig


def answering(answer: str | int, *seqs: int) -> FakePublisher:
    """A broker that answers so to these readings, and takes all else."""
    words = {str(seq) for seq in seqs}
    return FakePublisher(answer=lambda message: answer if dict(message.properties).get("seq") in words else ACK)


def confirm(rig: Rig, *numbers: int) -> None:
    """A consumer has these."""
    rig.publisher.say(f"{BASE}/ack", json.dumps({"ids": [frame_id(n) for n in numbers]}).encode())


def test_an_id_that_is_no_text_ends_nobody(tmp_path: Path) -> None:
    r"""`\ud800` is JSON, and nothing that SQLite could look for; what was confirmed beside it counts."""
    rig = Rig(tmp_path, relay=RelayOptions(ack_timeout_seconds=30))
    rig.add(2)
    rig.go()
    confirm(rig, 1)
    rig.publisher.say(f"{BASE}/ack", b'{"ids": ["\\ud800"]}')
    rig.go()
    assert rig.outbox.stats().confirmed == 1
    assert "no short texts" in json.loads(rig.publisher.on("event/request_refused")[0].payload)["reason"]
    rig.outbox.close()


@pytest.mark.parametrize("answer", [FORGET, HANG_UP, 0x99])
def test_a_row_that_was_confirmed_in_flight_is_over(tmp_path: Path, answer: str | int) -> None:
    """The broker handed it on and then hung up, refused it or fell silent: nothing is left to be found out about it."""
    rig = Rig(tmp_path, answering(answer, 2), RelayOptions(ack_timeout_seconds=300))
    rig.add(1)
    rig.go()
    confirm(rig, 1)
    said = rig.publisher.answer

    def answering_late(message: Message) -> str | int:
        if said(message) != ACK:
            confirm(rig, 2)
        return FORGET if said(message) != ACK else ACK

    rig.publisher.answer = answering_late
    rig.add(1)
    rig.go(1)
    assert rig.outbox.stats().confirmed == 2
    rig.publisher.answer = said
    if answer == HANG_UP:
        rig.publisher.lose()
    elif answer != FORGET:
        rig.publisher._open[rig.publisher._tickets] = int(answer)
        rig.publisher.release()
    rig.go(900)
    assert rig.publisher.seqs() == [1, 2]
    assert len(rig.relay._lanes.delivery.suspects) == 0
    assert rig.relay.health().refused == ()
    rig.outbox.close()


@pytest.mark.parametrize("answer", [FORGET, HANG_UP, 0x99])
def test_one_bad_row_holds_up_neither_pictures_nor_replays_nor_repetitions(tmp_path: Path, answer: str | int) -> None:
    """The last row of a topic has no control: it comes again later and later, and all else goes on meanwhile."""
    rig = Rig(tmp_path, answering(answer, 21), RelayOptions(ack_timeout_seconds=60))
    rig.add(20)
    rig.go()
    rig.add(1, source="gate")
    rig.go(30)
    assert rig.outbox.begin_replay()
    rig.relay.replay()
    rig.relay.picture(Message(topic=f"{BASE}/image/inbox", payload=b"1", content_type="image/jpeg", retain=True))
    rig.go(400)
    assert rig.outbox.replay() is None
    assert rig.relay.health().pictures == 1
    assert rig.relay.health().sent_again >= 20
    assert rig.outbox.stats().pending == 1
    rig.outbox.close()


def test_a_limit_that_was_lowered_is_met_in_steps(tmp_path: Path) -> None:
    """Each row that is too large costs a commit: a step does some of them, then the worker beats; all are dead in the end."""
    rig = Rig(tmp_path, FakePublisher(packet_bytes=3000))
    kept: list[int] = []
    keep = rig.outbox.keep
    rig.outbox.keep = lambda seq, *more, **how: kept.append(seq) or keep(seq, *more, **how)  # type: ignore[method-assign]
    rig.add(200, size=4000)
    while rig.outbox.stats().dead < 200:
        before = len(kept)
        rig.relay.step()
        assert len(kept) - before <= 32
        rig.clock.advance(0.1)
    assert len(kept) == 600
    rig.outbox.close()


def test_one_step_sends_so_many_at_most(tmp_path: Path) -> None:
    """Also where none of them takes a place in the window; and it does not wait before the next."""
    rig = Rig(tmp_path, FakePublisher(packet_bytes=3000), RelayOptions(ack_timeout_seconds=5))
    rig.publisher.packet_bytes = None
    rig.add(300, size=4000)
    rig.until(lambda: rig.sent == 300)
    rig.publisher.packet_bytes = 3000
    limits: list[int] = []
    overdue = rig.outbox.overdue
    rig.outbox.overdue = lambda limit, *more: limits.append(limit) or overdue(limit, *more)  # type: ignore[method-assign]
    rig.clock.advance(10)
    rig.relay._wake.clear()
    rig.relay.step()
    assert len(limits) == 1
    assert rig.relay._wake.is_set()
    rig.go(1)
    assert max(limits) <= 200  # what was not written yet is read again and again
    assert len(rig.relay._lanes.redelivery._again) == 0
    rig.outbox.close()


def test_a_topic_where_nothing_waits_any_more_is_no_fault(tmp_path: Path) -> None:
    """It was refused, its only row was confirmed meanwhile: who looks at the health would wait for ever."""
    rig = Rig(tmp_path, FakePublisher(answer=lambda m: 0x97 if "/read/gate" in m.topic else ACK), RelayOptions(ack_timeout_seconds=600))
    rig.add(1, source="gate")
    rig.go()
    assert [fault.name for fault in rig.relay.health().refused] == ["quota_exceeded"]
    confirm(rig, 1)
    rig.go(70)
    assert rig.relay.health().refused == ()
    rig.outbox.close()


def test_without_confirmations_it_is_no_fault_that_none_come(tmp_path: Path) -> None:
    """The mode was left by a reload."""
    rig = Rig(tmp_path, relay=RelayOptions(ack_timeout_seconds=5))
    rig.add(3)
    rig.until(lambda: rig.relay.health().refused, 600)
    rig.relay.adapt(RelayOptions())
    rig.go(1)
    assert rig.relay.health().refused == ()
    rig.outbox.close()


def test_a_budget_that_was_lowered_is_kept_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is durable: a watchdog that ends a long one has it begun anew for ever."""
    monkeypatch.setattr(budget, "_CHUNKS", 1)
    monkeypatch.setattr(budget, "CHUNK", 16)
    outbox = make_outbox(tmp_path, max_bytes=32 * 2**20)
    outbox.open()
    rows = outbox.add([large_reading(n, 40_000) for n in range(1, 301)])
    outbox.filed([row.id for row in rows])
    outbox.accept([row.seq for row in rows])
    outbox.limit(OutboxSection(reserve_bytes=0, max_bytes=8 * 2**20))
    for tries in range(1, 4):
        with pytest.raises(OutboxFull, match="lowered"):
            outbox.add([reading(301)])
        assert outbox.stats().pruned == 16 * tries
    seq = 0
    while not seq:
        with contextlib.suppress(OutboxFull):
            seq = outbox.add([reading(301)])[0].seq
    assert seq == 301
    assert balanced(outbox)
    outbox.close()


@pytest.mark.parametrize("answer", [HANG_UP, 0x99])
def test_a_crowd_that_is_all_bad_does_not_close_its_topic_for_ever(tmp_path: Path, answer: str | int) -> None:
    """More rows in a row than suspects are held: the newest reading is the control, and then each of them is proven."""
    rig = Rig(tmp_path, answering(answer, *range(1, 101)))
    rig.add(100)
    hours = 0
    while rig.outbox.stats().pending:
        hours += 1
        assert hours < 8
        rig.add(1)
        rig.go(3600)
    assert (rig.sent, rig.outbox.stats().dead) == (hours, 100)
    assert len(rig.relay._lanes.delivery.suspects) == 0
    rig.outbox.close()


def test_a_topic_that_is_denied_holds_no_more_than_a_crowd(tmp_path: Path) -> None:
    """Each reading that comes may be the one that passes: it takes the place of the one before."""
    rig = Rig(tmp_path, FakePublisher(answer=lambda message: HANG_UP if "/read/" in message.topic else ACK))
    rig.add(70)
    for _ in range(40):
        rig.go(400)
        rig.add(1)
    assert len(rig.relay._lanes.delivery.suspects) <= suspects.CROWD + 1
    assert rig.outbox.stats().dead == 0
    rig.publisher.answer = lambda _message: ACK
    rig.until(lambda: rig.outbox.stats().pending == 0, 3600)
    rig.outbox.close()
