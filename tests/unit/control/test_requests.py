"""Requests over MQTT: who may ask for what, and what comes back."""

import datetime as dt
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from edged.control.requests import WAITING, RequestDesk, Rules
from edged.errors import OutboxError, UsageError
from edged.link import Message, Received
from tests.doubles.clock import FakeClock
from tests.doubles.wait import until

BASE = "edged/line3"


def _refuse(_: Mapping[str, Any]) -> Any:
    raise UsageError("a replay is under way", hint="wait")


class Desk:
    """A desk whose answers and events are kept."""

    def __init__(self, *, control: bool = False, synced: bool | None = True, limit_seconds: float = 120.0, **verbs: Any) -> None:
        self.clock, self.answers, self.events, self.beats = FakeClock(), [], [], 0
        self.answers: list[Message] = []
        self.asked: list[Mapping[str, Any]] = []
        known = {"health": lambda _: {"state": "ok"}, "replay": _refuse, "reload": self.asked.append, "status": lambda _: "secret"} | verbs
        self.desk = RequestDesk(
            known,
            Rules(base=BASE, control=control, max_age_seconds=30),
            answer=self.answers.append,
            event=lambda kind, content: self.events.append((kind, content)),
            clock=self.clock,
            synced=lambda: synced,
            limit_seconds=limit_seconds,
        )
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.desk.run(self.stop, self._beat)
        except Exception as error:  # noqa: BLE001 - kept for the test
            self.error = error

    def _beat(self) -> None:
        self.beats += 1

    def ask(self, verb: str, content: Any = None, **more: Any) -> Received:
        """Somebody asks."""
        payload = content if isinstance(content, bytes) else json.dumps(content or {}).encode()
        request = Received(topic=f"{BASE}/request/{verb}", payload=payload, **({"retained": False} | more))
        self.desk.offer(request)
        return request

    def answer(self) -> dict[str, Any]:
        """The next answer."""
        until(lambda: self.answers)
        return json.loads(self.answers.pop(0).payload)

    def stamp(self, seconds: float = 0) -> str:
        """A time so long ago."""
        return (self.clock.now() - dt.timedelta(seconds=seconds)).isoformat()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(60)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk where nothing may be changed."""
    made = Desk()
    yield made
    made.end()


@pytest.fixture
def open_desk() -> Iterator[Desk]:
    """A desk with `mqtt.control`."""
    made = Desk(control=True)
    yield made
    made.end()


def test_a_question_is_answered_with_its_id(desk: Desk) -> None:
    """On `response/<verb>`, in the words of the control socket."""
    desk.ask("health", {"id": "a7"})
    until(lambda: desk.answers)
    assert desk.answers[0].topic == f"{BASE}/response/health"
    assert desk.answer() == {"id": "a7", "ok": True, "result": {"state": "ok"}}


def test_an_empty_question_is_one(desk: Desk) -> None:
    """Who wants no id sends nothing."""
    desk.ask("health", b"")
    assert desk.answer() == {"ok": True, "result": {"state": "ok"}}


def test_the_properties_of_mqtt_5_are_honoured(desk: Desk) -> None:
    """Response topic and correlation data come back as they were given."""
    desk.ask("health", response_topic="plant/answers/42", correlation=b"\x00\xff")
    until(lambda: desk.answers)
    assert (desk.answers[0].topic, desk.answers[0].correlation) == ("plant/answers/42", b"\x00\xff")


@pytest.mark.parametrize("topic", ["edged/line3/read/inbox", "edged/line3/status", "edged/line3", "a/#", "+", "", "$SYS/x", "x" * 600])
def test_nobody_makes_us_speak_in_our_own_name(desk: Desk, topic: str) -> None:
    """A response topic that is a reading's, or none at all, is not used."""
    desk.ask("health", response_topic=topic)
    until(lambda: desk.answers)
    assert desk.answers[0].topic == f"{BASE}/response/health"


@pytest.mark.parametrize("verb", ["status", "outbox_retry", "trigger", "config", "HEALTH", "nonsense"])
def test_other_verbs_are_not_for_mqtt(desk: Desk, verb: str) -> None:
    """What the control socket knows more is not offered; what comes later says so."""
    desk.ask(verb, {"id": 1})
    until(lambda: desk.events)
    kind, content = desk.events[0]
    assert (kind, content["topic"]) == ("request_refused", f"{BASE}/request/{verb}")
    assert "not supported yet" in content["reason"]
    if verb.islower():
        answer = desk.answer()
        assert (answer["id"], answer["ok"]) == (1, False)
        assert "health" in answer["hint"]


@pytest.mark.parametrize(
    ("payload", "found"),
    [(b"\xff", "not JSON"), (b"7", "JSON int"), (b"[]", "JSON list"), (b'{"id": []}', "id is a list"), (b"[" * 90_000, "not JSON")],
)
def test_a_malformed_question_is_answered_with_what_was_found(desk: Desk, payload: bytes, found: str) -> None:
    """Never with silence, never with an end."""
    desk.ask("health", payload)
    answer = desk.answer()
    assert found in answer["error"]
    assert answer["hint"]
    desk.ask("health")
    assert desk.answer()["ok"]


def test_a_retained_question_is_ignored_and_reported(desk: Desk) -> None:
    """Nobody waits for its answer, and at each start it would be asked again."""
    desk.ask("health", retained=True)
    until(lambda: desk.events)
    assert "retained" in desk.events[0][1]["reason"]
    desk.ask("health")
    desk.answer()
    assert desk.answers == []


class TestVerbsThatChangeSomething:
    def test_need_the_switch(self, desk: Desk) -> None:
        """Off by default, however fresh."""
        desk.ask("reload", {"timestamp": desk.stamp()})
        assert "mqtt.control" in desk.answer()["hint"]
        assert desk.asked == []
        assert desk.events[0][0] == "request_refused"

    @pytest.mark.parametrize("seconds", [-29, 0, 29])
    def test_are_taken_fresh(self, open_desk: Desk, seconds: float) -> None:
        """The clocks of two boxes differ a little."""
        open_desk.ask("reload", {"timestamp": open_desk.stamp(seconds), "id": 1})
        assert open_desk.answer()["ok"]
        assert open_desk.asked == [{}]

    @pytest.mark.parametrize("seconds", [-31, 31, 10 * 365 * 86_400])
    def test_are_refused_stale(self, open_desk: Desk, seconds: float) -> None:
        """A command that waited somewhere is no command any more."""
        open_desk.ask("reload", {"timestamp": open_desk.stamp(seconds)})
        assert "at most 30 s" in open_desk.answer()["error"]
        assert open_desk.asked == []

    @pytest.mark.parametrize("stamp", [None, 7, "now", "2026-11-22T10:00:00", "9" * 500])
    def test_say_when_they_were_made(self, open_desk: Desk, stamp: Any) -> None:
        """No time, or one without its zone, is no proof."""
        open_desk.ask("reload", {"timestamp": stamp})
        assert "timestamp" in open_desk.answer()["error"]
        assert open_desk.asked == []

    def test_may_carry_an_expiry_instead(self, open_desk: Desk) -> None:
        """Then the broker drops what is too old."""
        open_desk.ask("reload", expiry_seconds=5)
        assert open_desk.answer()["ok"]

    def test_need_an_expiry_while_the_clock_was_never_set(self) -> None:
        """A box that does not know the time cannot judge one."""
        made = Desk(control=True, synced=False)
        made.ask("reload", {"timestamp": made.stamp()})
        assert "message expiry" in made.answer()["hint"]
        made.ask("reload", expiry_seconds=5)
        assert made.answer()["ok"]
        made.end()

    def test_may_refuse(self, open_desk: Desk) -> None:
        """What the verb says comes back."""
        open_desk.ask("replay", {"id": 3}, expiry_seconds=5)
        assert open_desk.answer() == {"id": 3, "ok": False, "error": "a replay is under way", "hint": "wait"}


def test_a_slow_verb_lets_us_beat() -> None:
    """A question that takes its time is no freeze."""
    release = threading.Event()
    made = Desk(health=lambda _: release.wait(60))
    made.ask("health")
    beats = made.beats
    until(lambda: made.beats > beats + 5)
    release.set()
    assert made.answer()["ok"]
    made.end()


def test_a_verb_that_hangs_is_a_freeze() -> None:
    """Beyond the limit the watchdog may do what it is for."""
    release = threading.Event()
    made = Desk(health=lambda _: release.wait(30), limit_seconds=0)
    made.ask("health")
    until(made.desk._waiting.empty)
    beats = made.beats
    threading.Event().wait(0.3)
    assert made.beats <= beats + 1
    release.set()
    made.end()


def test_a_stop_does_not_wait_for_a_verb() -> None:
    """The end of the daemon is not held up by a question."""
    release = threading.Event()
    made = Desk(health=lambda _: release.wait(30))
    made.ask("health")
    until(made.desk._waiting.empty)
    made.end()
    assert not made.thread.is_alive()
    release.set()


def test_storage_that_fails_ends_the_worker() -> None:
    """As on the control socket: the supervisor ends the process."""

    def fail(_: Mapping[str, Any]) -> Any:
        raise OutboxError("disk", hint="replace it")

    made = Desk(health=fail)
    made.ask("health")
    until(lambda: made.error)
    assert isinstance(made.error, OutboxError)


def test_a_flood_is_dropped(desk: Desk) -> None:
    """Neither memory nor CPU goes to who asks too much."""
    for _ in range(1000):
        desk.ask("health")
    assert desk.desk.dropped >= 1000 - WAITING - 20
    until(desk.desk._waiting.empty)
    desk.clock.advance(60)
    desk.answers.clear()
    desk.ask("health")
    assert desk.answer()["ok"]


class TestTriggers:
    @pytest.fixture
    def gate(self) -> Iterator[tuple[Desk, list[Mapping[str, Any]]]]:
        """A desk without `mqtt.control`, where a slow question is being answered."""
        taken: list[Mapping[str, Any]] = []
        release = threading.Event()
        made = Desk(trigger=lambda arguments: taken.append(arguments) or {"reading": "id"}, health=lambda _: release.wait(30))
        made.ask("health")
        until(made.desk._waiting.empty)
        yield made, taken
        release.set()
        made.end()

    def test_are_answered_at_once(self, gate: tuple[Desk, list[Mapping[str, Any]]]) -> None:
        """They wait for no slow question, and the source's configuration is the permission; how old they are is told."""
        desk, taken = gate
        desk.ask("trigger", {"id": 7, "part": "4711", "timestamp": desk.stamp(0.5)})
        assert json.loads(desk.answers.pop().payload) == {"id": 7, "ok": True, "result": {"reading": "id"}}
        desk.ask("trigger", {"part": "4712"}, expiry_seconds=2)
        assert taken == [{"part": "4711", "age_seconds": 0.5}, {"part": "4712", "age_seconds": None}]

    @pytest.mark.parametrize("content", [{}, {"timestamp": "2001-01-01T00:00:00Z"}, {"timestamp": 7}])
    def test_are_refused_where_nobody_knows_how_old_they_are(
        self, gate: tuple[Desk, list[Mapping[str, Any]]], content: dict[str, Any]
    ) -> None:
        """A part that passed long ago is not looked for."""
        desk, taken = gate
        desk.ask("trigger", content)
        assert not json.loads(desk.answers.pop().payload)["ok"]
        desk.ask("trigger", {"timestamp": desk.stamp()}, retained=True)
        assert taken == []

    def test_have_a_budget_of_their_own(self, gate: tuple[Desk, list[Mapping[str, Any]]]) -> None:
        """Five a second for a minute are all taken; a flood is dropped, and counted."""
        desk, taken = gate
        for _ in range(300):
            desk.ask("trigger", expiry_seconds=2)
            desk.clock.advance(0.2)
        assert (len(taken), desk.desk.dropped) == (300, 0)
        for _ in range(300):
            desk.ask("trigger", expiry_seconds=2)
        assert (len(taken), desk.desk.dropped) == (400, 200)
