"""The relay between a real outbox and a broker that does what the test says; time stands until it is moved."""

import json
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edged.errors import OutboxError
from edged.flow.outbox import Outbox
from edged.link import Fault, Message, Presence, Suspicion
from tests.doubles.disk import FailingDisk
from tests.doubles.fake_publisher import ACK, CRASH, FORGET, HANG_UP, REFUSED, FakePublisher
from tests.doubles.readings import frame_id, reading
from tests.doubles.relay_rig import BASE, Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A rig whose broker is fine."""
    made = Rig(tmp_path)
    yield made
    made.outbox.close()


def poison(*seqs: int, answer: str | int = HANG_UP) -> Callable[[Message], str | int]:
    """A broker that answers so to these seqs and acknowledges all others."""
    return lambda message: answer if dict(message.properties).get("seq") in {str(s) for s in seqs} else "ack"


class TestOrdinaryDays:
    def test_rows_are_published_in_order_and_marked_sent(self, rig: Rig) -> None:
        """What was committed goes out in the order of its seq, with its identity beside it."""
        rig.add(50)
        rig.go()
        assert rig.publisher.seqs() == list(range(1, 51))
        assert rig.sent == 50
        first = rig.publisher.on("/read/")[0]
        assert first.topic == f"{BASE}/read/inbox"
        assert dict(first.properties) == {"id": frame_id(1), "seq": "1", "epoch": rig.outbox.stats().epoch}
        assert not first.retain

    def test_a_commit_is_published_at_the_next_step(self, rig: Rig) -> None:
        """A notified relay publishes at once; it does not wait for a tick."""
        rig.go()
        rig.add()
        rig.relay.step()
        assert rig.publisher.seqs() == [1]

    def test_a_commit_nobody_told_of_is_found(self, rig: Rig) -> None:
        """A lost notification costs half a second, not the reading."""
        rig.go()
        rig.outbox.add([reading(1)])
        assert rig.until(lambda: rig.publisher.seqs() == [1]) <= 0.52

    def test_receipts_are_written_in_groups(self, rig: Rig) -> None:
        """Many receipts cost one commit; a single one waits half a second for company."""
        commits: list[str] = []
        rig.go()
        rig.add(64)
        rig.outbox._database._db.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
        rig.go(0.4)
        rig.add()
        rig.go(0.7)
        assert len(commits) == 3  # 64 receipts, the new reading, its receipt
        assert rig.sent == 65

    def test_the_window_is_the_brokers(self, tmp_path: Path) -> None:
        """Never more in flight than the broker allows, notices included."""
        rig = Rig(tmp_path, FakePublisher(window=3, hold=True))
        rig.add(10)
        rig.go()
        assert (rig.publisher.most_in_flight, rig.publisher.seqs()) == (3, [1])  # two retained topics came first
        rig.publisher.release()
        rig.go()
        assert (rig.publisher.most_in_flight, rig.publisher.seqs()) == (3, [1, 2, 3, 4])
        rig.outbox.close()

    def test_a_broker_that_was_restarted_with_one_row_in_flight_and_many_behind_it(self, tmp_path: Path) -> None:
        """The row is accused, its topic is asked about by one other row, and all of the backlog flows: nothing turns in circles."""
        hung_up: list[int] = []

        def answer(message: Message) -> str:
            if "/read/" in message.topic and len(rig.publisher.seqs()) == 5 and not hung_up:
                hung_up.append(1)
                return HANG_UP
            return ACK

        rig = Rig(tmp_path, FakePublisher(window=1, answer=answer))
        rig.add(200)
        rig.until(lambda: rig.sent == 200)
        assert rig.outbox.stats().dead == 0
        rig.outbox.close()

    def test_an_idle_relay_sleeps(self, rig: Rig) -> None:
        """Without work it steps twice a second and does not touch the disk."""
        rig.go(1)
        statements: list[str] = []
        rig.outbox._database._db.set_trace_callback(statements.append)
        steps = 0
        end = rig.clock.monotonic() + 10
        while rig.clock.monotonic() < end:
            steps += 1
            rig.clock.advance(rig.relay.step())
        assert steps <= 21
        assert statements == []

    def test_messages_without_a_subscriber_are_counted(self, rig: Rig) -> None:
        """0x10 is success, and worth knowing."""
        rig.publisher.answer = lambda _message: 0x10
        rig.add(2)
        rig.go()
        health = rig.relay.health()
        assert (health.sent, health.no_subscriber, rig.sent) == (2, 2, 2)


class TestRetainedTopics:
    def test_they_come_first_at_each_connect(self, rig: Rig) -> None:
        """Status and sources are said again whenever the broker may have forgotten them."""
        rig.add()
        rig.go()
        assert [m.topic for m in rig.publisher.published] == [f"{BASE}/status", f"{BASE}/source/inbox", f"{BASE}/read/inbox"]
        rig.publisher.lose()
        rig.until(lambda: len(rig.publisher.on("/status")) == 2)
        assert all(m.retain for m in rig.publisher.on("/status"))

    def test_only_what_changed_is_said_again(self, rig: Rig) -> None:
        """A refresh publishes the topics whose content is another."""
        rig.go()
        rig.relay.refresh()
        rig.go()
        assert len(rig.publisher.published) == 2
        rig.health = "degraded"
        rig.relay.refresh()
        rig.go()
        assert len(rig.publisher.published) == 3
        assert json.loads(rig.publisher.published[-1].payload)["health"] == "degraded"

    def test_the_will_says_offline(self, rig: Rig) -> None:
        """The broker speaks for us when we cannot."""
        rig.go()
        (will,) = rig.publisher.wills
        assert (will.topic, json.loads(will.payload)["state"], will.retain) == (f"{BASE}/status", "offline", True)

    def test_a_status_that_is_refused_is_a_fault_and_stops_nothing(self, rig: Rig) -> None:
        """An access list that forgot the status does not keep readings back."""
        rig.publisher.answer = lambda message: 0x87 if message.retain else "ack"
        rig.add()
        rig.go()
        assert rig.sent == 1
        assert {fault.name for fault in rig.relay.health().refused} == {"not_authorized"}

    def test_a_status_too_large_for_the_broker_is_a_fault(self, tmp_path: Path) -> None:
        """It is not sent, and not tried for ever."""
        rig = Rig(tmp_path, FakePublisher(packet_bytes=20))
        rig.go()
        assert [fault.name for fault in rig.relay.health().refused] == ["packet_too_large"]
        rig.outbox.close()


class TestBrokerAway:
    def test_it_is_not_tried_again_at_once(self, rig: Rig) -> None:
        """A pause follows a connect in vain, however soon somebody looks again."""
        rig.publisher.up = False
        for _ in range(50):
            rig.relay.step()
        assert rig.publisher.connects == 1

    def test_it_is_tried_again_with_growing_random_pauses(self, rig: Rig) -> None:
        """The broker being away is normal: about once per half a minute in the long run, never in step."""
        rig.publisher.up = False
        rig.add()
        rig.go(600)
        assert 12 < rig.publisher.connects < 45
        assert rig.relay.health().fault == REFUSED
        assert not rig.relay.health().connected
        rig.publisher.up = True
        rig.until(lambda: rig.sent == 1, 61)
        assert rig.relay.health().fault is None
        assert rig.relay.health().connected

    def test_a_greeting_alone_does_not_end_the_pauses(self, rig: Rig) -> None:
        """A broker that greets and hangs up is backed off from like one that is away."""
        rig.publisher.answer = lambda _message: HANG_UP
        rig.go(600)
        assert rig.publisher.connects < 45

    def test_a_connection_that_lasted_ends_the_pauses(self, rig: Rig) -> None:
        """After a good day the first pause is short again."""
        rig.publisher.up = False
        rig.go(300)
        rig.publisher.up = True
        rig.until(lambda: rig.publisher.greeted, 61)
        rig.go(10)
        rig.publisher.lose()
        assert rig.until(lambda: rig.publisher.greeted) <= 1.01

    def test_two_clients_with_one_id_do_not_chase_each_other(self, rig: Rig) -> None:
        """A takeover is a named fault, and the next connect comes late."""
        taken = Fault(name="session_taken_over", message="another", hint="give each its own")
        connects = []
        for _ in range(20):
            rig.until(lambda: rig.publisher.greeted, 61)
            connects.append(rig.clock.monotonic())
            rig.go(6)
            rig.publisher.lose(taken)
            rig.go(0.01)
            assert rig.relay.health().fault == taken
        assert (connects[-1] - connects[0]) / 19 > 20

    def test_what_was_in_flight_is_published_again(self, rig: Rig) -> None:
        """Rows without a receipt are sent once more, in order; those with one are not."""
        rig.publisher.hold = True
        rig.go()
        rig.publisher.release()
        rig.go()
        rig.add(3)
        rig.go()
        rig.publisher.lose(Fault(name="server_shutting_down", message="bye", hint=""))
        rig.publisher.hold = False
        rig.until(lambda: rig.sent == 3)
        assert rig.publisher.seqs() == [1, 2, 3, 1, 2, 3]

    def test_receipts_before_the_end_count(self, rig: Rig) -> None:
        """A receipt that came just before the connection ended spares the redelivery."""
        rig.add(2)
        rig.publisher.answer = lambda message: "ack"
        rig.relay.step()
        rig.publisher.lose()
        rig.until(lambda: rig.sent == 2)
        assert rig.publisher.seqs() == [1, 2]

    def test_a_crash_before_the_receipt_was_written_publishes_again(self, rig: Rig) -> None:
        """Right of the outbox delivery may be repeated: same id, same seq."""
        rig.add(2)
        rig.relay.step()
        rig.relay.step()
        rig.publisher.lose()
        rig.restart()
        rig.until(lambda: rig.sent == 2)
        assert rig.publisher.seqs() == [1, 2, 1, 2]


class TestForgottenReceipts:
    def test_a_broker_that_forgets_is_left_after_twenty_seconds(self, rig: Rig) -> None:
        """The row goes out again on a new connection; others do not wait for it."""
        rig.go()
        forgotten = iter([FORGET])
        rig.publisher.answer = lambda message: next(forgotten, "ack") if "/read/" in message.topic else "ack"
        rig.add(3)
        rig.go(1)
        assert rig.sent == 2
        assert 19 < rig.until(lambda: rig.sent == 3) < 30
        assert rig.publisher.connects == 2
        assert rig.publisher.seqs() == [1, 2, 3, 1]

    def test_silence_never_kills_a_row_and_costs_less_and_less(self, rig: Rig) -> None:
        """A row that is never acknowledged is tried later and later, alone; the others flow."""
        rig.publisher.answer = poison(1, answer=FORGET)
        rig.add(5)
        rig.go(3600)
        assert rig.outbox.stats().pending == 1
        assert rig.sent == 4
        assert rig.publisher.seqs().count(1) < 20
        rig.add()
        rig.until(lambda: rig.sent == 5, 25)
        rig.publisher.answer = lambda _message: "ack"
        rig.until(lambda: rig.sent == 6, 400)

    def test_a_broker_deaf_to_everything_blames_no_row(self, rig: Rig) -> None:
        """Without a single receipt the broker is the suspect: all rows go out in order when it is back."""
        rig.publisher.answer = lambda _message: FORGET
        rig.add(30)
        rig.go(120)
        assert len(rig.relay._lanes.delivery.suspects) == 0
        rig.publisher.answer = lambda _message: "ack"
        rig.publisher.published.clear()
        rig.until(lambda: rig.sent == 30, 120)
        last = rig.publisher.seqs()[-30:]
        assert last == list(range(1, 31))
        assert rig.outbox.stats().dead == 0


class TestRefusals:
    @pytest.mark.parametrize("code", [0x80, 0x83, 0x95, 0x99])
    def test_a_payload_that_is_refused_dies_after_three_tries(self, rig: Rig, code: int) -> None:
        """It is announced with seq, id, source and reason; the others of its topic flow."""
        rig.publisher.answer = poison(2, answer=code)
        rig.add(4)
        rig.go(0.7)
        assert rig.sent == 3
        assert rig.until(lambda: rig.outbox.stats().dead == 1) < 5
        rig.go(1)
        assert rig.publisher.seqs().count(2) == 3
        (letter,) = rig.publisher.on("/event/dead_letter")
        content = json.loads(letter.payload)
        assert (content["seq"], content["id"], content["source"]) == (2, frame_id(2), "inbox")
        assert f"0x{code:02X}" in content["reason"]
        assert not letter.retain
        assert rig.outbox.dead()[0].reason == content["reason"]
        assert rig.relay.health().dead == 1

    @pytest.mark.parametrize("code", [0x80, 0x83, 0x90, 0x99])
    def test_a_broker_that_refuses_every_reading_buries_none(self, rig: Rig, code: int) -> None:
        """A plugin, a rule or a store of the broker is down, or mqtt.base is wrong: rows wait, with ever longer pauses."""
        rig.add(300)
        rig.publisher.answer = lambda message: code if "/read/" in message.topic else "ack"
        rig.go(3600)
        assert rig.outbox.stats().pending == 300
        assert len(rig.publisher.seqs()) < 300
        assert len(rig.relay._lanes.delivery.suspects) < 100
        (fault,) = rig.relay.health().refused
        assert f"0x{code:02X}" in fault.message
        rig.publisher.answer = lambda _message: "ack"
        rig.until(lambda: rig.sent == 300, 70)
        assert rig.relay.health().refused == ()

    def test_a_refused_payload_that_is_the_only_one_of_its_topic_waits(self, rig: Rig) -> None:
        """What passes on other topics says nothing of this one; the first row that passes on it does."""
        rig.publisher.answer = poison(1, answer=0x99)
        rig.add(1, source="quiet")
        rig.add(30, source="busy")
        rig.go(600)
        assert (rig.sent, rig.outbox.stats().dead) == (30, 0)
        rig.add(1, source="quiet")
        rig.until(lambda: rig.sent == 31, 61)
        rig.until(lambda: rig.outbox.stats().dead == 1, 10)
        assert rig.outbox.dead()[0].attempts == 3
        assert rig.relay.health().refused == ()

    def test_a_refused_payload_at_the_head_does_not_hold_up_the_rest(self, rig: Rig) -> None:
        """With one message in flight at a time, too, another row of the topic is tried next."""
        rig.publisher.window = 1
        rig.publisher.answer = poison(1, 2, 3, answer=0x80)
        rig.add(40)
        rig.until(lambda: rig.sent == 37, 60)
        rig.until(lambda: rig.outbox.stats().dead == 3, 60)

    @pytest.mark.parametrize("code", [0x87, 0x90, 0x97, 0x91, 0xEE])
    def test_a_refused_topic_is_held_back_and_the_others_flow(self, rig: Rig, code: int) -> None:
        """No row dies for an access list or a quota; one row at a time asks whether it is mended."""
        rig.publisher.answer = lambda message: code if "/read/closed" in message.topic else "ack"
        rig.add(40, source="closed")
        rig.add(5, source="open")
        rig.go(1)
        assert rig.sent == 5
        published = len(rig.publisher.on("/read/closed"))
        rig.go(600)
        assert 10 < len(rig.publisher.on("/read/closed")) - published < 60
        assert rig.outbox.stats().dead == 0
        (fault,) = rig.relay.health().refused
        assert fault.hint
        assert "read/closed" in fault.message
        assert rig.publisher.connects == 1
        rig.publisher.answer = lambda _message: "ack"
        rig.until(lambda: rig.sent == 45, 61)
        assert rig.publisher.seqs()[-39:] == list(range(2, 41))
        assert rig.relay.health().refused == ()

    def test_a_probe_that_dies_does_not_close_the_topic(self, rig: Rig) -> None:
        """The row that asks whether a topic is open again may itself be refused for good."""
        rig.publisher.answer = lambda message: 0x87 if "/read/" in message.topic else "ack"
        rig.add(3)
        rig.go(2)
        rig.publisher.answer = poison(1, answer=0x99)
        rig.until(lambda: rig.sent == 2, 61)
        rig.until(lambda: rig.outbox.stats().dead == 1, 10)

    def test_what_the_broker_will_not_take_is_not_sent(self, tmp_path: Path) -> None:
        """A payload above the broker's limit dies after three looks, without a reconnect and within seconds."""
        rig = Rig(tmp_path, FakePublisher(packet_bytes=5000))
        rig.add(1)
        rig.add(1, size=6000)
        rig.add(1)
        assert rig.until(lambda: rig.outbox.stats().dead == 1) < 10
        assert rig.publisher.seqs() == [1, 3]
        assert rig.publisher.connects == 1
        assert rig.outbox.dead()[0].attempts == 3
        rig.outbox.close()

    def test_tries_survive_a_restart(self, rig: Rig) -> None:
        """The count stands in the outbox, not in memory."""
        rig.publisher.answer = poison(1, answer=0x95)
        for tries in (1, 2, 3):
            rig.add()
            rig.until(lambda t=tries: rig.publisher.seqs().count(1) == t, 10)
            rig.go(0.01)
            rig.publisher.lose(Fault(name="server_shutting_down", message="bye", hint=""))
            rig.restart()
        assert rig.outbox.stats().dead == 1


class TestPoison:
    def test_a_row_the_broker_hangs_up_on_dies_and_the_others_flow(self, rig: Rig) -> None:
        """A broker of 3.1.1 says nothing: rows in flight are sent alone until the one is found."""
        rig.publisher.answer = poison(7)
        rig.add(30)
        took = rig.until(lambda: rig.outbox.stats().dead == 1)
        rig.until(lambda: rig.sent == 29)
        assert took < 30
        assert rig.publisher.connects <= 5
        (letter,) = rig.outbox.dead()
        assert (letter.seq, letter.attempts) == (7, 3)
        with rig.outbox._database.reading() as db:
            assert db.execute("SELECT seq FROM reading WHERE attempts > 0").fetchall() == [(7,)]
        assert len(rig.publisher.on("/event/dead_letter")) == 1

    def test_alone_it_takes_three_reconnects(self, rig: Rig) -> None:
        """One poison row on a quiet line, then a good one: the good one passes before the verdict."""
        rig.go(10)
        rig.publisher.answer = poison(1)
        rig.add()
        rig.go(0.001)
        rig.add()
        assert rig.until(lambda: rig.sent == 1) < 5
        rig.until(lambda: rig.outbox.stats().dead == 1, 30)
        assert rig.publisher.connects <= 4

    def test_a_reason_on_the_disconnect_convicts_without_a_knock(self, rig: Rig) -> None:
        """A broker of MQTT 5 that says 0x95 needs no second look at each try."""
        large = Fault(name="packet_too_large", message="0x95", hint="raise it", suspicion=Suspicion.CERTAIN)

        def answer(message: Message) -> str:
            if dict(message.properties).get("seq") != "1":
                return "ack"
            rig.publisher.lose(large)
            return FORGET

        rig.publisher.answer = answer
        rig.add(2)
        rig.until(lambda: rig.outbox.stats().dead == 1, 30)
        rig.until(lambda: rig.sent == 1)
        assert "0x95" in rig.outbox.dead()[0].reason

    def test_several_poison_rows_all_die(self, rig: Rig) -> None:
        """Each is found for itself, and nothing else dies with them."""
        rig.publisher.answer = poison(3, 9, 15)
        rig.add(40)
        rig.until(lambda: rig.outbox.stats().dead == 3, 200)
        rig.until(lambda: rig.sent == 37)
        assert sorted(letter.seq for letter in rig.outbox.dead()) == [3, 9, 15]

    def test_a_topic_that_is_denied_by_hanging_up_buries_nothing(self, rig: Rig) -> None:
        """3.1.1 and AWS IoT close the connection for an access list: nobody dies, other topics flow, ever fewer tries."""
        rig.publisher.answer = lambda message: HANG_UP if "/read/closed" in message.topic else "ack"
        rig.add(40, source="closed")
        rig.add(40, source="open")
        assert rig.until(lambda: rig.sent == 40, 120) < 60
        rig.go(600)
        connects = rig.publisher.connects
        rig.go(600)
        assert rig.publisher.connects - connects < 60
        rig.add(1, source="open")
        rig.until(lambda: rig.sent == 41, 5)
        assert rig.outbox.stats().dead == 0
        (fault,) = rig.relay.health().refused
        assert (fault.name, "read/closed" in fault.message) == ("connection_closed_on_publish", True)
        rig.publisher.answer = lambda _message: "ack"
        rig.until(lambda: rig.sent == 81, 400)
        assert rig.relay.health().refused == ()
        assert rig.outbox.stats().dead == 0

    def test_a_topic_that_is_revoked_buries_nothing(self, rig: Rig) -> None:
        """That it was open yesterday is no proof against today's rows."""
        rig.add(20)
        rig.go(10)
        rig.publisher.answer = lambda message: HANG_UP if "/read/" in message.topic else "ack"
        rig.add(30)
        rig.go(1800)
        rig.publisher.answer = lambda _message: "ack"
        rig.until(lambda: rig.sent == 50, 400)
        assert rig.outbox.stats().dead == 0

    def test_a_broker_that_crashes_each_time_kills_no_row(self, rig: Rig) -> None:
        """It was gone at the next knock: that is the broker's fault, however often, even with one row in flight."""
        rig.go(10)
        rig.publisher.answer = poison(1, answer=CRASH)
        rig.add()
        for crash in range(1, 13):
            rig.until(lambda c=crash: rig.publisher.seqs().count(1) == c, 400)
            connects = rig.publisher.connects
            rig.until(lambda c=connects: rig.publisher.connects > c, 400)  # it was away when we knocked
            rig.publisher.up = True
        assert rig.outbox.stats().dead == 0
        rig.publisher.answer = lambda _message: "ack"
        rig.until(lambda: rig.sent == 1)

    @pytest.mark.parametrize("seed", range(5))
    def test_a_bad_network_kills_no_row(self, rig: Rig, seed: int) -> None:
        """Connections that end at random moments, some with rows in flight, lose and bury nothing."""
        rng = random.Random(seed)
        rig.publisher.hold = True
        rig.add(60)
        for _ in range(300):
            rig.go(rng.random())
            if rng.random() < 0.3:
                rig.publisher.up = rng.random() < 0.5
                rig.publisher.lose()
            elif rng.random() < 0.3:
                rig.publisher.up = True
            else:
                rig.publisher.release()
        rig.publisher.up, rig.publisher.hold = True, False
        rig.publisher.release()
        rig.until(lambda: rig.sent == 60, 200)
        assert rig.outbox.stats().dead == 0

    def test_suspects_wait_no_longer_than_five_seconds_for_a_stream_that_never_ends(self, rig: Rig) -> None:
        """Even a backlog of days does not keep an innocent suspect back."""
        rig.go(10)
        rig.publisher.hold = True
        rig.add(3)
        rig.go(0.01)
        rig.publisher.lose()
        rig.publisher.hold = False
        rig.publisher.published.clear()
        rig.add(3000)

        def slowly(_message: Message) -> str:
            rig.clock.advance(0.01)
            return "ack"

        rig.publisher.answer = slowly
        took = rig.until(lambda: {1, 2, 3} <= set(rig.publisher.seqs()))
        assert 4 < took < 8
        assert rig.publisher.most_in_flight <= 20


class TestTheEnd:
    def run(self, rig: Rig, stop: threading.Event) -> list[int]:
        """Run until *stop*, in this thread; returns the beats."""
        beats: list[int] = []
        rig.relay.run(stop, lambda: beats.append(1))
        return beats

    def test_it_says_offline_and_goodbye(self, rig: Rig) -> None:
        """A clean end leaves `offline` retained by our own hand, and no will."""
        rig.add()
        rig.go()
        stop = threading.Event()
        stop.set()
        self.run(rig, stop)
        last = rig.publisher.on("/status")[-1]
        assert (json.loads(last.payload)["state"], last.retain) == ("offline", True)
        assert rig.publisher.published[-1] is last
        assert rig.publisher.said_goodbye

    def test_stopping_is_said_when_the_end_begins(self, rig: Rig) -> None:
        """Subscribers see that it is meant."""
        rig.go()
        rig.relay.refresh(Presence.STOPPING)
        rig.go()
        assert json.loads(rig.publisher.on("/status")[-1].payload)["state"] == "stopping"

    def test_receipts_that_come_while_it_ends_are_written(self, rig: Rig) -> None:
        """What the broker took in the last second is not published again tomorrow."""
        rig.publisher.hold = True
        rig.add(3)
        rig.go()
        original, stop = rig.wait, threading.Event()

        def wait(wake: threading.Event, timeout: float) -> None:
            rig.publisher.release()
            original(wake, timeout)

        rig.relay._wait = wait
        stop.set()
        self.run(rig, stop)
        assert rig.sent == 3

    def test_a_broker_that_does_not_answer_holds_nothing_up(self, rig: Rig) -> None:
        """The end takes seconds at most, and beats all the while."""
        rig.publisher.answer = lambda _message: FORGET
        rig.add(3)
        rig.go()
        stop = threading.Event()
        stop.set()
        start = rig.clock.monotonic()
        assert self.run(rig, stop)
        assert rig.clock.monotonic() - start <= 3
        assert rig.outbox.stats().pending == 3

    def test_it_stops_while_the_broker_is_away(self, rig: Rig) -> None:
        """A stop is seen within half a second, whatever the pause before the next connect."""
        rig.publisher.up = False
        stop = threading.Event()
        waits: list[float] = []

        def wait(wake: threading.Event, timeout: float) -> None:
            waits.append(timeout)
            rig.clock.advance(timeout)
            if len(waits) == 50:
                stop.set()

        rig.relay._wait = wait
        beats = self.run(rig, stop)
        assert max(waits) <= 0.5
        assert len(beats) >= 50

    def test_an_outbox_that_fails_ends_it(self, tmp_path: Path) -> None:
        """A receipt that cannot be written is an error for the process, not for the row."""
        disk = FailingDisk()
        rig = Rig(tmp_path, connect=disk.connect)
        rig.add()
        rig.relay.step()
        disk.fault = "full"
        with pytest.raises(OutboxError):
            rig.go(1)


def test_old_rows_are_tidied_now_and_then(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a minute; at once again while there is more."""
    answers = iter([True, True, False])
    calls: list[float] = []

    def tidy() -> bool:
        calls.append(rig.clock.monotonic())
        return next(answers, False)

    monkeypatch.setattr(Outbox, "tidy", lambda _self: tidy())
    rig.go(61)
    assert len(calls) == 4
    assert calls[2] - calls[0] < 0.1
    assert calls[3] - calls[2] >= 59
