"""Reloads as an operator makes them: a real process under load, a real broker, models that are really compiled."""

import itertools
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from edged.control.client import ask
from tests.doubles.wait import until
from tests.end_to_end.box import SAMPLES, Box, Subscriber, running
from tests.end_to_end.wardrobe import PLAIN, dress, wardrobe

SAMPLE = SAMPLES / "amount.png"  # says TOTAL
SEEN = "nothing changed: what the files say is in effect\n"  # the daemon looked before the command came


def by_command(box: Box) -> None:
    done = box.edged("reload", "--wait")
    assert (done.returncode, done.stdout) in ((0, "changed: sources.inbox.unsure_below\n"), (0, SEEN)), done


def by_signal(box: Box) -> None:
    assert box.daemon
    box.daemon.send_signal(signal.SIGHUP)


def by_looking(box: Box) -> None:
    """Nobody asks: the files are watched."""


def status(box: Box) -> dict[str, Any]:
    told: dict[str, Any] = ask(box.path / "control.sock", "status")
    return told


@pytest.mark.parametrize("how", [by_command, by_signal, by_looking])
def test_a_changed_threshold_is_live(tmp_path: Path, how: Callable[[Box], None]) -> None:
    """Asked for by command or signal or not at all: the next reading is judged by it, and carries the new digest."""
    with running(tmp_path) as (box, subscriber):
        box.drop(SAMPLE, "before.png")
        before = subscriber.wait(lambda readings: len(readings) == 1)[0]
        box.configure(inbox={"unsure_below": 1.0})
        how(box)
        until(lambda: status(box)["config"] != before["config"], 30)
        box.drop(SAMPLE, "after.png")
        after = subscriber.wait(lambda readings: len(readings) == 2)[1]
        assert (before["outcome"], after["outcome"]) == ("ok", "unsure")
        assert after["config"] == status(box)["config"]
        until(lambda: events(subscriber, "reload"))
        assert events(subscriber, "reload")[0]["live"] == ["sources.inbox.unsure_below"]
        assert box.stop() == 0


def test_a_bad_configuration_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """The command says every error and 1; health is degraded until it is corrected; the old one reads on."""
    with running(tmp_path) as (box, subscriber):
        box.configure(devise="typo", log={"level": "loud"})
        done = box.edged("reload", "--wait")
        assert done.returncode == 1
        assert "devise" in done.stderr
        assert "log.level" in done.stderr
        assert "the old configuration is still in effect" in done.stderr
        until(lambda: events(subscriber, "reload_failed"))
        assert status(box)["health"]["state"] == "degraded"
        box.drop(SAMPLE)
        subscriber.wait(lambda readings: len(readings) == 1)
        box.config.write_text("device: [", encoding="utf8")  # where the socket is cannot be seen any more
        assert box.edged("reload", "--wait").returncode == 78
        assert box.daemon
        box.daemon.send_signal(signal.SIGHUP)
        until(lambda: "not YAML" in str(status(box)["health"]["reasons"]), 30)
        box.configure()
        assert box.edged("reload").returncode == 0
        assert box.edged("reload", "--wait").stdout == SEEN
        assert status(box)["health"] == {"state": "ok", "reasons": []}


def test_another_broker_is_met_without_losing_a_reading(tmp_path: Path) -> None:
    """The old one hears `offline`; every reading is on one of the two, while pictures come all the time."""
    with running(tmp_path) as (box, old), Traffic(box) as traffic:
        second = Box(tmp_path / "second")
        try:
            second.start_broker()
            new = second.subscribe()
            until(lambda: len(old.readings()) >= 5, 30)
            box.configure(mqtt={"host": "127.0.0.1", "port": second.port, "retry_max_seconds": 1})
            assert box.edged("reload", "--wait").stdout in ("changed, meets the broker anew: mqtt.port\n", SEEN)
            new.wait_status("online")
            old.wait_status("offline")
            new.wait(lambda readings: len(readings) >= 5)
            dropped = traffic.end()
            until(lambda: len({r["seq"] for s in (old, new) for r in s.readings()}) == dropped, 60)
            assert status(box)["outbox"]["readings"] == dropped
        finally:
            second.close()


def test_a_key_that_needs_a_restart_says_so_and_takes_with_it(tmp_path: Path) -> None:
    """Until then it keeps its old value, in topics and payloads."""
    with running(tmp_path) as (box, subscriber):
        box.configure(device="other")
        assert box.edged("reload", "--wait").stdout == "restart needed: device\n"
        assert "reload: restart needed: device" in status(box)["health"]["reasons"]
        box.drop(SAMPLE, "before.png")
        assert subscriber.wait(lambda readings: len(readings) == 1)[0]["device"] == "box"
        assert box.stop() == 0
        box.start()
        box.drop(SAMPLE, "after.png")
        assert subscriber.wait(lambda readings: len(readings) == 2)[1]["device"] == "other"
        assert status(box)["health"]["state"] == "ok"


class Traffic:
    """Pictures that come all the time: one every *pause* seconds, or as fast as they are read."""

    def __init__(self, box: Box, pause: float = 0.05) -> None:
        self._box, self._pause = box, pause
        self._stop, self._thread = threading.Event(), threading.Thread(target=self._run, daemon=True)
        self.dropped = 0

    def _run(self) -> None:
        for number in itertools.count(1):
            while len(list(self._box.inbox.iterdir())) > 8 and not self._stop.is_set():
                self._stop.wait(0.01)
            if self._stop.wait(self._pause):
                return
            self._box.drop(SAMPLE, f"{number:06}.png")
            self.dropped = number

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> int:
        """No more pictures; how many there were."""
        self._stop.set()
        self._thread.join(60)
        return self.dropped


def events(subscriber: Subscriber, kind: str) -> list[dict[str, Any]]:
    """What was said on `event/<kind>`."""
    return [payload for _, topic, payload in list(subscriber.messages) if topic.endswith(f"/event/{kind}")]


def own_mb(pid: int) -> float:
    """What this process allocated. Pages of libraries are left out: they are its own or shared as other processes come and go."""
    rows = dict(row.split()[:2] for row in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return int(rows["Anonymous:"]) / 1024


def alone_mb(pid: int) -> float:
    """The same while one generation is there alone: the least of what is seen while two pictures or three are read."""
    seen = []
    for _ in range(20):
        seen.append(own_mb(pid))
        time.sleep(0.25)
    return min(seen)


def reload_and_wait(box: Box) -> dict[str, Any]:
    socket = box.path / "control.sock"
    ticket = ask(socket, "reload")
    outcome: dict[str, Any] = {}

    def done() -> bool:
        outcome.update(ask(socket, "reload_outcome", ticket=ticket) or {})
        return bool(outcome)

    until(done, 120)
    assert outcome["ok"], outcome
    return outcome


_SETTLED = 10  # reloads
_ALL_WIDTHS = 60  # readings after which every sample was read


def reload_under_load(path: Path, times: int, pause: float, more_mb: float) -> None:
    """Dress the model anew, reload, and so on, while pictures come; then look at every reading."""
    folder = wardrobe(path / "shelf")
    with running(path, models_dir=str(path / "shelf")) as (box, subscriber):
        assert box.daemon
        digests = [status(box)["model"]["digest"]]
        memory = []
        with Traffic(box, pause) as traffic:
            subscriber.wait(lambda readings: len(readings) >= 20)
            dress(folder, 1)
            reload_and_wait(box)
            digests.append(status(box)["model"]["digest"])
            before = len(subscriber.readings())
            subscriber.wait(lambda readings: len(readings) >= before + _ALL_WIDTHS)  # a shape is compiled with the first line of its width
            for number in range(2, times + 1):
                dress(folder, number)
                outcome = reload_and_wait(box)
                digests.append(status(box)["model"]["digest"])
                assert all(digests[-1][:12] in model for model in outcome["models"])  # none: the daemon looked before we asked
                if number == _SETTLED:  # several generations lived beside each other, and what the allocator keeps of them is kept
                    memory.append(alone_mb(box.daemon.pid))
                if number % 50 == 0:
                    memory.append(own_mb(box.daemon.pid))
                    print(number, [round(mb, 1) for mb in memory[-2:]], len(subscriber.readings()))
            dropped = traffic.end()
        readings = subscriber.wait(lambda readings: len(readings) >= dropped, 120)
        until(lambda: status(box)["outbox"]["sent"] == dropped, 30)
        look_at(readings, dropped, digests)
        now = status(box)
        assert (now["accepted"], now["in_work"], now["health"]["state"]) == (dropped, 0, "ok")
        pid = box.daemon.pid
        until(lambda: own_mb(pid) - memory[0] <= more_mb, 60, "memory is what it was, once what the last reload left is closed")
        memory.append(own_mb(pid))
        print(f"{times} reloads, {dropped} readings, memory {[round(mb, 1) for mb in memory]} MB")
        assert box.stop() == 0


def look_at(readings: list[dict[str, Any]], dropped: int, digests: list[str]) -> None:
    """None dropped, none mixed: each carries the digest of the model that really read it, and they follow each other."""
    assert sorted(reading["seq"] for reading in readings) == list(range(1, dropped + 1))
    assert len(set(digests)) == len(digests)
    generations = []
    for reading in sorted(readings, key=lambda reading: reading["seq"]):
        signs = {ord(character) - PLAIN for character in reading["text"] if ord(character) >= PLAIN}
        assert len(signs) == 1, reading["text"]
        generations.append(signs.pop())
        assert reading["model"]["digest"] == digests[generations[-1]]
    assert generations == sorted(generations)


def test_reloads_under_load_drop_and_mix_nothing(tmp_path: Path) -> None:
    """A fresh model each time: every picture is read once, by the model whose digest it carries, and memory stays."""
    reload_under_load(tmp_path, 25, pause=0.1, more_mb=30)  # a model leaked by each would be several times as much


@pytest.mark.soak
def test_a_thousand_reloads_under_load(tmp_path: Path) -> None:
    """The same with as many pictures as the box can read."""
    reload_under_load(tmp_path, 1000, pause=0, more_mb=20)
