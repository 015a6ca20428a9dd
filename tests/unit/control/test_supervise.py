"""The supervisor: progress feeds the watchdog, failures are restarted, storage errors end the process."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from edged.control.health import HealthState
from edged.control.supervise import Supervisor, SupervisorTimes, Verdict, Worker, signals
from edged.errors import ExitCode, OutboxError, OutboxFull, SourceError
from edged.lib.beat import Beat
from edged.lib.sdnotify import Notifier
from tests.doubles.wait import until


@dataclass
class Clock:
    """Monotonic seconds that pass when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


class Manager(Notifier):
    """Keeps what systemd would hear."""

    def __init__(self) -> None:
        super().__init__(None)
        self.heard: list[str] = []

    def _tell(self, *fields: str) -> None:
        self.heard.append(fields[0])

    @property
    def alive_count(self) -> int:
        return self.heard.count("WATCHDOG=1")


@dataclass
class Stage:
    """A worker that does what its script says, call by call, and then works until it is stopped."""

    name: str
    script: list[Exception] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    stuck: threading.Event | None = None  # hangs until it is set, deaf to stop
    beating: threading.Event = field(default_factory=threading.Event)
    working: threading.Event = field(default_factory=threading.Event)
    beats: int = 0

    def __post_init__(self) -> None:
        self.beating.set()

    def run(self, stop: threading.Event, beat: Beat) -> None:
        self.log.append(f"{self.name} runs")
        if self.script:
            raise self.script.pop(0)
        self.working.set()
        if self.stuck is not None:
            self.stuck.wait()
        while not stop.wait(0.001):
            if self.beating.is_set():
                beat()
                self.beats += 1
        self.log.append(f"{self.name} stopped")


_: type[Worker] = Stage


class House:
    """A supervisor on a thread of its own, with everything in a test's hands."""

    def __init__(self, *stages: Worker, times: SupervisorTimes | None = None, delay: Callable[[int], float] = lambda _: 0.0) -> None:
        self.clock, self.manager = Clock(), Manager()
        times = times or SupervisorTimes(tick=0.002)
        self.hangups, self.stages = 0, stages
        self.supervisor = Supervisor(stages, notifier=self.manager, delay=delay, times=times, clock=self.clock, hangup=self._hangup)
        self.verdict: Verdict | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _hangup(self) -> None:
        self.hangups += 1

    def _run(self) -> None:
        self.verdict = self.supervisor.run()

    def start(self) -> "House":
        self.thread.start()
        return self

    def ticks(self, count: int = 3) -> None:
        """Wait until the main loop came round a few times with everything well."""
        before = self.manager.alive_count
        until(lambda: self.manager.alive_count >= before + count)

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass in steps that the main loop keeps up with."""
        judged = self.supervisor
        for _step in range(round(seconds)):
            self.clock.now += 1.0
            self._let_beat()
            until(lambda: judged._judged_at == self.clock.now)

    def _let_beat(self) -> None:
        """Let every stage beat once at the time that it is now, even where its thread has to wait for a processor."""
        well = [stage for stage in self.stages if isinstance(stage, Stage) and stage.working.is_set() and stage.beating.is_set()]
        before = [stage.beats for stage in well if stage.stuck is None]
        until(lambda: all(stage.beats > count + 1 for stage, count in zip(well, before, strict=True)))

    def stop(self) -> Verdict:
        self.supervisor.tell(signal.SIGTERM)
        return self.end()

    def end(self) -> Verdict:
        self.thread.join(60)
        assert self.verdict is not None
        return self.verdict


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="edged")


def test_workers_stop_in_reverse_of_their_start() -> None:
    """What feeds others stops first, so that nothing is left on the way."""
    log: list[str] = []
    house = House(Stage("relay", log=log), Stage("sink", log=log), Stage("feed", log=log)).start()
    house.ticks()
    assert house.stop() == Verdict(exit_code=0, left=())
    assert sorted(log[:3]) == ["feed runs", "relay runs", "sink runs"]
    assert log[3:] == ["feed stopped", "sink stopped", "relay stopped"]
    assert house.manager.heard[-1] == "STOPPING=1"


def test_a_worker_without_progress_takes_the_sign_of_life_away(caplog: pytest.LogCaptureFixture) -> None:
    """The watchdog is not fed while one stage is frozen; the journal names the stage and where it stands."""
    frozen = Stage("feed")
    house = House(Stage("relay"), frozen).start()
    house.ticks()
    frozen.beating.clear()
    house.pass_seconds(14)
    house.ticks()
    assert house.supervisor.health().state is HealthState.OK
    house.pass_seconds(3)
    until(lambda: house.supervisor.health().state is HealthState.FAILING)
    assert house.supervisor.health().reasons == ("feed makes no progress",)
    fed = house.manager.alive_count
    house.pass_seconds(5)
    assert house.manager.alive_count == fed
    told = [record for record in caplog.records if "no progress" in record.getMessage()]
    assert [record.worker for record in told] == ["feed"]  # type: ignore[attr-defined]
    assert "test_supervise.py" in told[0].getMessage()
    frozen.beating.set()
    house.ticks()
    assert house.supervisor.health().state is HealthState.OK
    house.stop()


def test_a_process_that_stood_still_is_not_frozen() -> None:
    """After SIGSTOP or a paused virtual machine every stage has its full limit again."""
    slow = Stage("feed")
    house = House(slow).start()
    house.ticks()
    slow.beating.clear()
    house.clock.now += 3600
    house.ticks()
    assert house.supervisor.health().state is HealthState.OK
    house.pass_seconds(17)
    until(lambda: house.supervisor.health().state is HealthState.FAILING)
    slow.beating.set()
    house.stop()


def test_a_failed_worker_is_started_again_after_its_pause(caplog: pytest.LogCaptureFixture) -> None:
    """Others go on meanwhile, health is degraded, and the pause is asked for with the number of failures."""
    asked: list[int] = []

    def delay(failures: int) -> float:
        asked.append(failures)
        return 3.0

    other, failing = Stage("relay"), Stage("feed", script=[SourceError("inbox is gone"), ValueError()])
    house = House(other, failing, delay=delay).start()
    until(lambda: asked == [1])
    house.ticks()
    house.pass_seconds(2)
    house.ticks()
    assert failing.log == ["feed runs"]
    house.pass_seconds(1)
    until(lambda: asked == [1, 2])
    health = house.supervisor.health()
    assert (health.state, health.reasons) == (HealthState.DEGRADED, ("feed: ValueError",))
    house.pass_seconds(3)
    failing.working.wait(60)
    assert house.supervisor.health().state is HealthState.DEGRADED
    house.pass_seconds(61)
    until(lambda: house.supervisor.health().state is HealthState.OK)
    assert house.stop().exit_code == 0
    told = [record for record in caplog.records if "starting again" in record.getMessage()]
    assert [bool(record.exc_info) for record in told] == [False, True], "only our own faults need a traceback"
    assert "feed: inbox is gone" in told[0].getMessage()


def test_a_worker_that_ends_by_itself_has_failed() -> None:
    """Returning without being asked to is no way to end."""

    class Lazy(Stage):
        def run(self, stop: threading.Event, beat: Beat) -> None:
            self.log.append("ran")
            if len(self.log) > 1:
                stop.wait()

    lazy = Lazy("feed")
    house = House(lazy).start()
    until(lambda: len(lazy.log) == 2)
    assert house.supervisor.health().reasons == ("feed: ended by itself",)
    house.stop()


def test_too_many_failures_end_the_process(caplog: pytest.LogCaptureFixture) -> None:
    """Where restarts do not help the process ends with an error, never with the code that systemd leaves alone."""
    house = House(Stage("relay"), Stage("feed", script=[OSError("bad") for _ in range(9)])).start()
    assert house.end() == Verdict(exit_code=1, left=())
    assert ExitCode.CONFIG != 1
    assert any("failed 5 times in a row" in record.getMessage() for record in caplog.records)


def test_a_storage_error_ends_the_process_at_once() -> None:
    """Nothing is restarted on storage that cannot be trusted; a stage that hangs does not hold the end up."""
    release = threading.Event()
    stuck = Stage("feed", stuck=release)
    house = House(stuck, Stage("sink", script=[OutboxError("disk", hint="look")]), delay=lambda _: pytest.fail("restarted")).start()
    assert house.end() == Verdict(exit_code=ExitCode.IO_ERROR, left=("feed",))
    release.set()


def test_a_full_outbox_is_no_reason_to_end() -> None:
    """Room may come back: whoever failed for want of it is started again."""
    feed = Stage("feed", script=[OutboxFull("no room")])
    house = House(feed).start()
    assert feed.working.wait(60)
    assert house.stop() == Verdict(exit_code=0, left=())


def test_a_worker_that_does_not_stop_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """The end does not wait for ever, the others are stopped all the same, and the journal names who was left."""
    log: list[str] = []
    release = threading.Event()
    stuck = Stage("feed", stuck=release)
    house = House(Stage("relay", log=log), stuck, times=SupervisorTimes(tick=0.002, stop=4.0)).start()
    stuck.working.wait(60)
    assert house.stop() == Verdict(exit_code=0, left=("feed",))
    assert log[-1] == "relay stopped"
    assert [record.worker for record in caplog.records if "left behind" in record.getMessage()] == ["feed"]  # type: ignore[attr-defined]
    release.set()


def test_an_error_while_stopping_is_not_lost() -> None:
    """A last commit that fails while everything stops still decides the exit code."""

    class Late(Stage):
        def run(self, stop: threading.Event, beat: Beat) -> None:
            stop.wait()
            message = "the last commit failed"
            raise OutboxError(message)

    assert House(Late("sink")).start().stop().exit_code == ExitCode.IO_ERROR


def test_hangup_asks_for_a_reload_and_ends_nothing() -> None:
    """Each SIGHUP is handed on from the main loop, for a signal handler may not wake a thread."""
    house = House(Stage("feed")).start()
    house.supervisor.tell(signal.SIGHUP)
    until(lambda: house.hangups == 1)
    house.ticks()
    assert house.stop().exit_code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_real_signals_reach_the_main_loop(number: signal.Signals) -> None:
    """A signal that arrives while the main thread waits ends the run, and the handlers are put back."""
    before = signal.getsignal(number)
    stage = Stage("feed")
    supervisor = Supervisor([stage], notifier=Manager(), delay=lambda _: 0.0)
    sender = threading.Thread(target=lambda: (stage.working.wait(60), os.kill(os.getpid(), number)), daemon=True)
    sender.start()
    with signals(supervisor):
        assert supervisor.run().exit_code == 0
    sender.join()
    assert signal.getsignal(number) is before
