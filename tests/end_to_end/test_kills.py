"""The daemon is killed at random moments while pictures are dropped: nothing lost, nothing doubled."""

import collections
import hashlib
import itertools
import os
import random
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest

from tests.doubles.wait import until
from tests.end_to_end import laws
from tests.end_to_end.box import MODELS, SAMPLES, Box, edged

SEED = int(os.environ.get("EDGED_SEED") or random.SystemRandom().randrange(2**32))


def expected_texts(pictures: list[Path]) -> dict[str, set[str]]:
    """What each picture may read as: with each of the configurations that the test goes through."""
    import json

    texts: dict[str, set[str]] = collections.defaultdict(set)
    out = edged("read", "--json", "--models-dir", str(MODELS), *map(str, pictures)).stdout
    for line in out.splitlines():
        reading = json.loads(line)
        texts[reading["origin"]["sha256"]].add(reading["text"])
    return texts


def second_model(models: Path) -> Path:
    """A shelf with the model under two names, so that the name in use can change."""
    source = MODELS / "ppocrv2-crnn"
    shutil.copytree(source, models / "ppocrv2-crnn")
    shutil.copytree(source, models / "other")
    manifest = models / "other" / "model.yaml"
    manifest.write_text(manifest.read_text(encoding="utf8").replace("name: ppocrv2-crnn", "name: other"), encoding="utf8")
    return models


class Dropper(threading.Thread):
    """Drops pictures one after the other: some with equal bytes, some with equal names."""

    def __init__(self, box: Box, pictures: list[Path], count: int, rng: random.Random) -> None:
        super().__init__(daemon=True)
        self._box, self._pictures, self._count, self._rng = box, pictures, count, rng
        self.dropped: list[tuple[str, str]] = []  # name, sha256
        self.sums = {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in pictures}
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            for number in range(self._count):
                picture = self._rng.choice(self._pictures)
                name = self._rng.choice([f"{number}{picture.suffix}", picture.name])
                self._box.drop(picture, name)
                self.dropped.append((name, self.sums[picture]))
        except BaseException as error:
            self.error = error
            raise


def kill_loop(tmp_path: Path, *, kills: int, pictures: int) -> None:
    print(f"EDGED_SEED={SEED}")
    rng = random.Random(SEED)
    box = Box(tmp_path)
    samples = sorted(p for p in SAMPLES.iterdir() if p.suffix in {".png", ".jpg"})
    texts = expected_texts(samples)
    shelf = second_model(tmp_path / "shelf")
    variants = itertools.cycle([{"model": {"name": n}, "outbox": {"keep_sent_days": d}} for n in ("ppocrv2-crnn", "other") for d in (7, 8)])
    try:
        box.start_broker()
        subscriber = box.subscribe()
        dropper = Dropper(box, samples, pictures, rng)
        dropper.start()
        with laws.Watch(*box.counted):
            for _ in range(kills):
                box.configure(models_dir=str(shelf), **next(variants))
                box.start()
                pause = threading.Event()
                pause.wait(rng.uniform(0.1, 2.5))  # not for luck: the moment of the kill is what is drawn
                box.kill()
        box.start()
        until(box.answers, 30)
        until(lambda: not dropper.is_alive(), 300)
        assert dropper.error is None
        subscriber.wait(lambda readings: len(readings) >= pictures and len({r["id"] for r in readings}) >= pictures, 300)
        until(lambda: not box.files("work"), 30)
        assert box.stop() == 0
        check_laws(box, subscriber.readings(), dropper.dropped, texts)
        with sqlite3.connect(f"file:{tmp_path}/state/outbox.db?mode=ro", uri=True) as database:
            assert database.execute("SELECT count(*) FROM reading WHERE state != 'sent' OR NOT filed").fetchone() == (0,)
    finally:
        box.close()


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
    kill_loop(tmp_path, kills=25, pictures=1000)


@pytest.mark.soak
def test_many_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """200 SIGKILLs while 5,000 pictures are dropped."""
    kill_loop(tmp_path, kills=200, pictures=5000)
