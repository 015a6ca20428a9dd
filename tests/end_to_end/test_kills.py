"""Daemon and broker are killed at random moments while pictures are dropped: nothing lost, nothing doubled."""

import collections
import contextlib
import hashlib
import itertools
import json
import os
import random
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edged.control.client import ask
from tests.doubles.consumer import Consumer
from tests.doubles.toy_model import SHADES, make_shades, shade
from tests.doubles.wait import until, until_still
from tests.end_to_end import laws
from tests.end_to_end.box import MODELS, SAMPLES, Box, edged

_KILLS_AT_WORK = 0.5  # the others come within a start
_WAITING = 30  # pictures that lie in the inbox at most: there is work for every life of the daemon
SEED = int(os.environ.get("EDGED_SEED") or random.SystemRandom().randrange(2**32))


@dataclass(frozen=True)
class Laid:
    """What is read, and with what: a shelf with two names, so that the name in use can change."""

    shelf: Path
    names: tuple[str, str]
    pictures: list[Path]
    texts: dict[str, set[str]]  # what each picture may read as, by its digest
    pause: float  # seconds between two pictures at most


def toys(place: Path) -> Laid:
    """Pictures that each have a letter, and a small model that tells them apart: more of the time goes into what is killed."""
    for name in ("toy", "other"):
        make_shades(place / "shelf", name)
    (place / "pictures").mkdir()
    pictures, texts = list[Path](), dict[str, set[str]]()
    for letter in SHADES:
        pictures.append(place / "pictures" / f"{letter}.png")
        pictures[-1].write_bytes(shade(letter))
        texts[hashlib.sha256(shade(letter)).hexdigest()] = {letter}
    return Laid(place / "shelf", ("toy", "other"), pictures, texts, pause=0.02)


def samples(place: Path) -> Laid:
    """The project's samples, and the model that edged ships under two names."""
    pictures = sorted(p for p in SAMPLES.iterdir() if p.suffix in {".png", ".jpg"})
    texts: dict[str, set[str]] = collections.defaultdict(set)
    for line in edged("read", "--json", "--models-dir", str(MODELS), *map(str, pictures)).stdout.splitlines():
        reading = json.loads(line)
        texts[reading["origin"]["sha256"]].add(reading["text"])
    source, shelf = MODELS / "crnn-zh-en", place / "shelf"
    shutil.copytree(source, shelf / "crnn-zh-en")
    shutil.copytree(source, shelf / "other")
    manifest = shelf / "other" / "model.yaml"
    manifest.write_text(manifest.read_text(encoding="utf8").replace("name: crnn-zh-en", "name: other"), encoding="utf8")
    return Laid(shelf, ("crnn-zh-en", "other"), pictures, texts, pause=0)


class Dropper(threading.Thread):
    """Drops pictures one after the other: some with equal bytes, some with equal names."""

    def __init__(self, box: Box, laid: Laid, count: int, rng: random.Random) -> None:
        super().__init__(daemon=True)
        self._box, self.laid, self._count, self._rng = box, laid, count, rng
        self.dropped: list[tuple[str, str]] = []  # name, sha256
        self.sums = {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in laid.pictures}
        self.error: BaseException | None = None
        self._pause = threading.Event()

    def run(self) -> None:
        try:
            for number in range(self._count):
                self._pause.wait(self._rng.uniform(0, self.laid.pause))
                picture = self._rng.choice(self.laid.pictures)
                name = self._rng.choice([f"{number}{picture.suffix}", picture.name])
                until_still(lambda name=name: self._fits(name), lambda: (self._box.daemon, self._waiting()))  # each life is another process
                self._box.drop(picture, name)
                self.dropped.append((name, self.sums[picture]))
        except BaseException as error:
            self.error = error
            raise

    def _waiting(self) -> list[str]:
        return [path.name for path in self._box.inbox.iterdir()]

    def _fits(self, name: str) -> bool:
        """Whether the daemon took the last one of that name, and enough of the others."""
        waiting = self._waiting()
        return name not in waiting and len(waiting) < _WAITING


@contextlib.contextmanager
def dropping(tmp_path: Path, lay: Callable[[Path], Laid], pictures: int) -> Iterator[tuple[Box, Dropper, Callable[..., None]]]:
    """A box whose pictures come while it does what the test wants, and a start of its daemon, each time configured otherwise."""
    print(f"EDGED_SEED={SEED}")
    box, laid = Box(tmp_path), lay(tmp_path)
    variants = itertools.cycle([{"model": {"name": n}, "outbox": {"keep_sent_days": d}} for n in laid.names for d in (7, 8)])
    dropper = Dropper(box, laid, pictures, random.Random(SEED))

    def start(**more: Any) -> None:
        box.configure(models_dir=str(laid.shelf), **next(variants), **more)
        box.start()

    try:
        yield box, dropper, start
    finally:
        box.close()


def kill_sometime(box: Box, rng: random.Random, dropper: Dropper) -> bool:
    """Kill the daemon at a moment that is drawn: while it starts, or once it read something, however long that takes here.

    Returns whether it was killed amid the work on a picture.
    """
    if rng.random() < _KILLS_AT_WORK:
        until_up(box)
        before = count(box, "readings")
        until(lambda: not dropper.is_alive() or count(box, "readings") > before, 120)
    threading.Event().wait(rng.uniform(0.05, 1.2))  # not for luck: the moment of the kill is what is drawn
    box.kill()
    return bool(box.files("work"))


def until_up(box: Box) -> None:
    """Wait until the daemon answers; one that ended by itself never does."""

    def up() -> bool:
        assert box.daemon is not None
        assert box.daemon.poll() is None, f"ended with {box.daemon.returncode}: {box.log.read_text(encoding='utf8')[-2000:]}"
        return box.answers()

    until(up, 120)


def all_dropped(dropper: Dropper) -> None:
    """Wait until everything is dropped."""
    until_still(lambda: not dropper.is_alive(), lambda: len(dropper.dropped))
    assert dropper.error is None


def kill_loop(tmp_path: Path, lay: Callable[[Path], Laid], *, kills: int, pictures: int) -> None:
    """The daemon is killed; the broker keeps its word."""
    rng, amid = random.Random(SEED + 1), 0
    with dropping(tmp_path, lay, pictures) as (box, dropper, start):
        box.start_broker()
        subscriber = box.subscribe()
        dropper.start()
        with laws.Watch(*box.counted):
            for _ in range(kills):
                start()
                amid += kill_sometime(box, rng, dropper)
        start()
        until_up(box)
        all_dropped(dropper)
        until_still(lambda: len({r["id"] for r in subscriber.readings()}) >= pictures, lambda: len(subscriber.readings()))
        finish(box, subscriber.readings(), dropper, state="sent")
    print(f"{amid} of {kills} kills amid the work on a picture")
    assert amid > 0


def kill_both(tmp_path: Path, lay: Callable[[Path], Laid], *, kills: int, broker_kills: int, pictures: int) -> None:
    """Daemon and broker are killed; the broker persists as it does by default, which is now and then."""
    rng, amid = random.Random(SEED + 1), 0
    persistent = ("persistence true", f"persistence_location {tmp_path}/")
    app_ack = {"app_ack": True, "ack_timeout_seconds": 1}
    at = set(rng.sample(range(kills), broker_kills))
    with dropping(tmp_path, lay, pictures) as (box, dropper, start), contextlib.ExitStack() as stack:
        box.start_broker(*persistent)
        consumer = Consumer(box.port, "edged/box").start()
        stack.callback(consumer.close)
        dropper.start()
        for kill in range(kills):
            start(mqtt=app_ack)
            if kill in at:
                sent = consumer.arrivals
                until_up(box)
                until(lambda s=sent: consumer.arrivals > s or not dropper.is_alive(), 120)
                box.stop_broker()
                box.start_broker(*persistent)
            amid += kill_sometime(box, rng, dropper)
        start(mqtt=app_ack)
        until_up(box)
        all_dropped(dropper)
        until_still(lambda: len(consumer.readings) == pictures, lambda: consumer.arrivals)
        until_still(lambda: count(box, "confirmed") == pictures, lambda: consumer.arrivals)
        assert consumer.differing == []
        print(f"{pictures} readings arrived {consumer.arrivals} times; {amid} of {kills} kills amid the work on a picture")
        finish(box, list(consumer.readings.values()), dropper, state="confirmed")
    assert amid > 0


def count(box: Box, which: str) -> int:
    """How many readings of the running daemon are this."""
    return int(ask(box.path / "control.sock", "outbox_stat")[which])


def finish(box: Box, readings: list[dict], dropper: Dropper, *, state: str) -> None:
    """Everything is filed away and stands in the outbox as it should; then the laws."""
    until_still(lambda: not box.files("work"), lambda: box.files("work"))
    counts = ask(box.path / "control.sock", "outbox_stat")
    assert counts["readings"] == sum(counts[each] for each in ("pending", "sent", "confirmed", "dead", "pruned"))
    assert box.stop() == 0
    check_laws(box, readings, dropper.dropped, dropper.laid.texts)
    with sqlite3.connect(f"file:{box.path}/state/outbox.db?mode=ro", uri=True) as database:
        assert database.execute("SELECT count(*) FROM reading WHERE state != ? OR NOT filed", (state,)).fetchone() == (0,)


def check_laws(box: Box, readings: list[dict], dropped: list[tuple[str, str]], texts: dict[str, set[str]]) -> None:
    """Nothing lost, nothing doubled, no gaps, right texts, and every file filed away."""
    by_id = {r["id"]: r for r in readings}
    for reading in readings:  # redelivery repeats the same row, never another one under its id
        assert reading == by_id[reading["id"]]
    unique = list(by_id.values())
    assert collections.Counter((r["origin"]["name"], r["origin"]["sha256"]) for r in unique) == collections.Counter(dropped)
    assert sorted(r["seq"] for r in unique) == list(range(1, len(dropped) + 1))
    assert len({r["epoch"] for r in unique}) == 1
    wrong = [(r["origin"]["name"], r["text"], r["outcome"], r["reasons"]) for r in unique if r["text"] not in texts[r["origin"]["sha256"]]]
    assert wrong == []
    assert {p.name.partition("~")[0].partition(".")[0] for p in box.files("done")} == set(by_id)
    assert box.files("failed") == []


def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """25 SIGKILLs while 1,000 pictures are dropped: 0 lost, 0 doubled by id, 0 gaps in seq."""
    kill_loop(tmp_path, toys, kills=25, pictures=1000)


def test_kills_of_daemon_and_broker_lose_nothing(tmp_path: Path) -> None:
    """25 SIGKILLs of the daemon and 3 of a broker that forgets what it acknowledged: 0 lost, 0 doubled by id, all confirmed."""
    kill_both(tmp_path, toys, kills=25, broker_kills=3, pictures=500)


@pytest.mark.soak
def test_many_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """200 SIGKILLs while 5,000 pictures are read by the model that edged ships."""
    kill_loop(tmp_path, samples, kills=200, pictures=5000)


@pytest.mark.soak
def test_many_kills_of_daemon_and_broker_lose_nothing(tmp_path: Path) -> None:
    """500 SIGKILLs of the daemon and 50 of the broker over 20,000 pictures, with the same model."""
    kill_both(tmp_path, samples, kills=500, broker_kills=50, pictures=20_000)
