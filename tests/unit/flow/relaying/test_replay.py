"""`edged replay`: what the broker took goes out once more."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edged.errors import UsageError
from edged.flow.replay_verb import ReplayVerb
from edged.link import Message
from tests.contracts.message_store_contract import balanced
from tests.doubles.fake_publisher import FORGET, HANG_UP
from tests.doubles.readings import frame_id
from tests.doubles.relay_rig import Rig


class ReplayRig(Rig):
    """A rig that can be asked for a replay."""

    synced: bool | None = True

    def replay(self, **arguments: Any) -> dict[str, Any]:
        """Ask as the command line does."""
        verb = ReplayVerb(self.outbox, clock=self.clock, synced=lambda: self.synced, told=lambda stop: self.relay.replay(stop=stop))
        return verb(arguments)

    def replayed(self) -> list[int]:
        """The `seq` of each reading that went out once more."""
        return [json.loads(m.payload)["seq"] for m in self.publisher.on("/read/") if ("replayed", "1") in m.properties]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ReplayRig]:
    """A rig with three hours of readings: 10 an hour."""
    made = ReplayRig(tmp_path)
    for _ in range(3):
        made.add(10)
        made.go(1)
        made.clock.advance(3599)
    yield made
    made.outbox.close()


def test_a_window_is_sent_again_in_order(rig: ReplayRig) -> None:
    """Same id, same seq, and a property that says so; nothing changes in the outbox."""
    before = rig.outbox.stats()
    assert rig.replay(since="2h") == {"first": 11, "last": 30, "since": rig.clock.now().timestamp() - 7200, "rows": 20}
    rig.go(2)
    assert rig.replayed() == list(range(11, 31))
    first, again = [m for m in rig.publisher.on("/read/") if ("seq", "11") in m.properties]
    assert (again.topic, again.payload) == (first.topic, first.payload)
    assert again.properties == (*first.properties, ("replayed", "1"))
    assert replace(rig.outbox.stats(), bytes=before.bytes) == before
    (event,) = rig.publisher.on("/event/replay_done")
    assert json.loads(event.payload) == {"last": 30, "sent": 20, "skipped": 0}
    assert rig.relay.health().replaying is None


def test_everything_that_is_kept_by_default(rig: ReplayRig) -> None:
    """Without a window all rows go that were not forgotten, confirmed ones too, pending and dead ones not."""
    rig.publisher.up = False
    rig.publisher.lose()
    rig.add(2)
    rig.outbox.reject(31, "no")
    rig.outbox.confirm([frame_id(5)])
    assert rig.replay()["rows"] == 30
    rig.publisher.up = True
    rig.until(lambda: len(rig.replayed()) == 30, 200)
    assert rig.replayed() == list(range(1, 31))
    rig.go(1)
    assert rig.sent + rig.outbox.stats().confirmed == 31
    assert balanced(rig.outbox)


def test_new_readings_go_first(rig: ReplayRig) -> None:
    """A replay takes what new readings leave, and one place beside them."""
    rig.publisher.hold = True
    rig.replay()
    rig.add(100)
    rig.go(2)
    flying = rig.publisher.published[-20:]
    assert len([m for m in flying if ("replayed", "1") in m.properties]) == 1


def test_a_restart_goes_on_with_it(rig: ReplayRig) -> None:
    """What a replay still has to send stands in the outbox."""
    rig.publisher.window = 5
    rig.publisher.hold = True
    rig.replay()
    rig.go(0.1)
    rig.publisher.release()
    rig.go(6)
    rig.publisher.lose()
    rig.restart()
    assert rig.relay.health().replaying is not None
    rig.publisher.hold = False
    rig.until(lambda: rig.relay.health().replaying is None)
    assert set(rig.replayed()) == set(range(1, 31))
    assert len(rig.replayed()) < 45


def test_a_connection_that_ends_skips_nothing(rig: ReplayRig) -> None:
    """What was in flight goes again."""
    rig.publisher.hold = True
    rig.replay()
    rig.go(0.1)
    rig.publisher.lose()
    rig.publisher.hold = False
    rig.until(lambda: rig.relay.health().replaying is None)
    assert set(rig.replayed()) == set(range(1, 31))


@pytest.mark.parametrize("answer", [HANG_UP, FORGET, 0x97, 0x95])
def test_a_reading_that_is_refused_now_is_skipped_and_told(rig: ReplayRig, answer: str | int) -> None:
    """The broker took it once; the others arrive, reconnects are bounded, and the event counts it."""

    def broker(message: Message) -> str | int:
        return answer if ("replayed", "1") in message.properties and ("seq", "7") in message.properties else "ack"

    rig.publisher.answer = broker
    rig.replay()
    rig.until(lambda: rig.publisher.on("/event/replay_done"), 400)
    assert json.loads(rig.publisher.on("/event/replay_done")[0].payload) | {"sent": 0} == {"last": 30, "sent": 0, "skipped": 1}
    assert set(rig.replayed()) == set(range(1, 31))
    assert rig.publisher.connects <= 6
    assert rig.outbox.stats().dead == 0


def test_a_replay_can_be_stopped_and_only_one_runs(rig: ReplayRig) -> None:
    """A second one is refused with the numbers of the first."""
    rig.publisher.hold = True
    rig.replay()
    rig.go(0.1)
    with pytest.raises(UsageError, match="under way") as caught:
        rig.replay(since="1h")
    assert "--stop" in caught.value.hint
    rig.replay(stop=True)
    rig.go(0.1)
    rig.publisher.hold = False
    rig.publisher.release()
    rig.go(10)
    assert len(rig.replayed()) == 20
    assert rig.outbox.replay() is None
    assert rig.replay(from_seq=29)["rows"] == 2


def test_age_says_nothing_while_the_clock_was_never_set(rig: ReplayRig) -> None:
    """Then readings are named by their number."""
    rig.synced = False
    with pytest.raises(UsageError, match="never set") as caught:
        rig.replay(since="2h")
    assert "--from-seq" in caught.value.hint
    assert rig.replay(from_seq=25)["rows"] == 6


@pytest.mark.parametrize("arguments", [{"since": "yesterday"}, {"since": []}, {"from_seq": 0}, {"from_seq": "7"}, {"from_seq": 2**70}])
def test_a_window_that_is_none_is_refused(rig: ReplayRig, arguments: dict[str, Any]) -> None:
    """With what was found, and what to write."""
    with pytest.raises(UsageError) as caught:
        rig.replay(**arguments)
    assert caught.value.hint


def test_an_empty_window_is_no_replay(rig: ReplayRig) -> None:
    """Nothing was sent since: nothing to do."""
    rig.go(3600)
    assert rig.replay(since="10m") == {"rows": 0}
    assert rig.outbox.replay() is None


def test_what_was_sent_before_the_clock_was_set_is_part_of_every_window(rig: ReplayRig) -> None:
    """Nobody knows when that was; rather once too often than never. What came before by its time is left out."""
    rig.outbox._age._synced = lambda: False
    rig.add(2)
    rig.go(1)
    rig.outbox._age._synced = lambda: True
    rig.clock.advance(3 * 3600)
    rig.add(1)
    rig.go(1)
    assert rig.replay(since="1h")["rows"] == 3
    rig.go(1)
    assert rig.replayed() == [31, 32, 33]


def test_a_stop_never_ends_the_replay_after_it(rig: ReplayRig) -> None:
    """Between the word and the end, a new one is refused; nothing that was begun is dropped in silence."""
    rig.publisher.hold = True
    rig.replay()
    rig.go(0.1)
    rig.replay(stop=True)
    with pytest.raises(UsageError, match="under way"):
        rig.replay(from_seq=29)
    rig.relay.step()
    assert rig.replay(from_seq=29)["rows"] == 2
    rig.publisher.hold = False
    rig.publisher.release()
    rig.go(2)
    assert rig.replayed()[-2:] == [29, 30]
