"""What becomes of files, in a real daemon: kept through kills, deleted, told as duplicates, tidied, and tried again."""

import collections
import hashlib
import itertools
import os
import random
import shutil
import sqlite3
from pathlib import Path

from edged.control.client import ask
from tests.doubles.toy_model import SHADES, make_shades, shade
from tests.doubles.wait import until
from tests.end_to_end.box import SAMPLES, Box, running

SEED = int(os.environ.get("EDGED_SEED") or random.SystemRandom().randrange(2**32))
LOT, DATE = SAMPLES / "lot.png", SAMPLES / "date.png"


def test_kept_files_are_read_exactly_once_through_kills(tmp_path: Path) -> None:
    """SIGKILLs amid the work, while pictures appear on a read-only share: nothing twice, nothing lost, nothing touched."""
    print(f"EDGED_SEED={SEED}")
    rng, box = random.Random(SEED), Box(tmp_path)
    make_shades(tmp_path / "models", "toy")
    model = {"models_dir": "models", "model": {"name": "toy"}}
    box.configure(**model, inbox={"after": "keep", "settle_seconds": 0.2, "rescan_seconds": 1, "recursive": True}, log={"level": "warning"})
    dropped = list[tuple[str, str]]()

    def appear(count: int) -> None:
        for _ in range(count):
            letter, name = rng.choice(SHADES), f"{len(dropped) % 3}/{len(dropped)}.png"
            (box.inbox / name).parent.mkdir(exist_ok=True)
            (box.inbox / name).write_bytes(shade(letter))
            dropped.append((name, hashlib.sha256(shade(letter)).hexdigest()))

    try:
        box.start_broker()
        subscriber = box.subscribe()
        hit = 0
        for life in itertools.count(1):
            appear(200)  # they are read within a second or two
            box.start()
            until(box.answers, 120)
            read = len(subscriber.readings()) + rng.randint(1, 100)
            subscriber.wait(lambda readings, read=read: len(readings) >= read or len(readings) >= len(dropped), 60)
            hit += ask(tmp_path / "control.sock", "status")["sources"]["inbox"]["recovered"]  # of the life before
            appear(5)
            box.kill()
            if life > 4 and hit:  # whether a kill hits work in flight is chance
                break
            assert life < 40
        box.start()
        subscriber.wait(lambda readings: len({r["id"] for r in readings}) >= len(dropped), 120)
        until(lambda: box.answers() and ask(tmp_path / "control.sock", "status")["sources"]["inbox"]["in_work"] == 0, 60)
        assert box.stop() == 0
        by_id = {r["id"]: r for r in subscriber.readings()}
        assert collections.Counter((r["origin"]["name"], r["origin"]["sha256"]) for r in by_id.values()) == collections.Counter(dropped)
        assert sorted(r["seq"] for r in by_id.values()) == list(range(1, len(dropped) + 1))
        assert sorted(str(p.relative_to(box.inbox)) for p in box.inbox.rglob("*.png")) == sorted(name for name, _ in dropped)
        assert not {"work", "done", "failed"} & {path.name for path in tmp_path.iterdir()}
        with sqlite3.connect(f"file:{tmp_path}/state/outbox.db?mode=ro", uri=True) as database:
            files, undone, again = database.execute("SELECT count(*), sum(NOT done), sum(attempts > 1) FROM kept").fetchone()
            assert (files, undone) == (len(dropped), 0)
            assert again > 0  # the kills hit work in flight
    finally:
        box.close()


def test_what_was_read_is_deleted_and_what_failed_is_tried_again(tmp_path: Path) -> None:
    """`edged retry` moves it back, with a running daemon, which reads it under a new id, and without one."""
    with running(tmp_path, inbox={"after": "delete"}) as (box, subscriber):
        box.drop(LOT)
        (box.inbox / "scan.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n")
        subscriber.wait(lambda readings: len(readings) == 2)
        until(lambda: len(box.files("failed")) == 2 and not box.files("work"))
        assert not (tmp_path / "done").exists()
        assert not list(box.inbox.iterdir())

        assert box.edged("retry", "--since", "0s").stdout == "0 files moved back\n"
        done = box.edged("retry")
        assert done.returncode == 0
        assert done.stdout.splitlines()[1] == "1 file moved back; they are read now"
        readings = subscriber.wait(lambda readings: len(readings) == 3)
        assert [r["origin"]["name"] for r in readings if r["outcome"] == "rejected"] == ["scan.pdf"] * 2
        assert len({r["id"] for r in readings}) == 3
        until(lambda: [p.name for p in box.files("failed") if p.suffix == ".pdf"] == [f"{readings[2]['id']}~scan.pdf"])

        assert box.stop() == 0
        done = box.edged("retry", readings[2]["id"])
        assert done.stdout == f"inbox\t{readings[2]['id']}\tscan.pdf\n1 file moved back; they are read once edged runs\n"
        assert [path.name for path in box.inbox.iterdir()] == ["scan.pdf"]
        assert box.files("failed") == []


def test_many_failures_under_one_name_all_go_back(tmp_path: Path) -> None:
    """A camera names every picture alike: each goes back as soon as the daemon took the one before, and none twice."""
    with running(tmp_path) as (box, subscriber):
        for count in range(1, 6):
            (box.inbox / "image.jpg").write_bytes(b"%PDF-1.7\n" + bytes([count]))
            subscriber.wait(lambda readings, count=count: len(readings) == count)
        until(lambda: len(box.files("failed")) == 10)
        done = box.edged("retry")
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "5 files moved back; they are read now")
        readings = subscriber.wait(lambda readings: len(readings) == 10)
        assert len({r["id"] for r in readings}) == 10
        until(lambda: len(box.files("failed")) == 10)


def test_duplicates_are_told_and_done_is_tidied(tmp_path: Path) -> None:
    """Each input has its reading; bytes beyond the limit leave done; the state of each source is told."""
    sources = {
        name: {"path": name, "duplicates": policy, "retention": {"max_bytes": limit}}
        for name, policy, limit in (("inbox", "skip", 1), ("other", "mark", 2**30))
    }
    (tmp_path / "other").mkdir()
    with running(tmp_path, sources=sources) as (_, subscriber):
        for folder in ("inbox", "other"):
            for name in ("a.png", "b.png"):
                shutil.copyfile(DATE, tmp_path / folder / name)
        readings = {(r["source"], r["origin"]["name"]): r for r in subscriber.wait(lambda readings: len(readings) == 4)}
        skipped, first = readings["inbox", "b.png"], readings["inbox", "a.png"]
        assert (skipped["outcome"], skipped["reasons"], skipped["text"]) == ("rejected", [f"duplicate of {first['id']}"], "")
        marked = readings["other", "b.png"]
        assert (marked["text"], marked["reasons"]) == (first["text"], first["reasons"])
        assert marked["origin"]["duplicate_of"] == readings["other", "a.png"]["id"]
        assert first["origin"]["duplicate_of"] is None
        kept = tmp_path / "done" / "other"
        until(lambda: len(list(kept.rglob("*~*"))) == 2, 30)  # a reading may arrive before its file is filed away
        until(lambda: not list((tmp_path / "done" / "inbox").rglob("*~*")), 30)
        assert len(list(kept.rglob("*~*"))) == 2
        told = ask(tmp_path / "control.sock", "status")["sources"]
        assert {name: source["state"] for name, source in told.items()} == {"inbox": "watching", "other": "watching"}
        assert told["inbox"]["file_system"]
