"""Flipped bits and cut files: a wrong reading is never published, and every row that is whole is delivered."""

import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edged.errors import OutboxError
from edged.flow.outbox import Outbox
from edged.flow.outbox.carve import Pages, records
from edged.flow.outbox.schema import PAGE_BYTES
from edged.types import SourceName
from tests.contracts.message_store_contract import NOW
from tests.doubles.memory_disk import in_memory
from tests.doubles.readings import frame_id, large_reading, make_outbox, reading

_STARTS = 3  # an error may show only later: then the service manager starts again
_FRAME = 24 + PAGE_BYTES
_LAST = 6  # readings in the commit that ends the log


@dataclass
class Original:
    """A database as a power cut leaves it, and what stands in it."""

    folder: Path
    payloads: dict[int, str]  # digest of each payload, by seq
    pending: set[int]
    epoch: str
    last: set[int]  # seqs of the last commit
    last_frames: int  # where it begins in the log


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    """Rows in all states, some of them only in the log, small payloads and large ones."""
    folder = tmp_path_factory.mktemp("original")
    outbox = make_outbox(folder / "live")
    (folder / "live").mkdir()
    outbox.open()
    for start in range(1, 241, 12):
        outbox.add([reading(n, source=SourceName(f"s{n % 2}")) if n % 40 else large_reading(n, 9000) for n in range(start, start + 12)])
    payloads = {row.seq: row.payload for row in outbox.due(1000, NOW)}
    outbox.accept(range(1, 81))
    outbox.filed([frame_id(n) for n in range(1, 61)])
    outbox.reject(100, "too large")
    with outbox._database.reading() as db:
        db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    outbox.add([reading(n) for n in range(241, 265)])
    payloads |= {row.seq: row.payload for row in outbox.due(1000, NOW)}  # 241 too: damage may undo that it was sent
    outbox.accept([90, 241])
    outbox.add([reading(n) for n in range(265, 281)])
    log = folder / "live" / "outbox.db-wal"
    before = frames(log)
    outbox.add([reading(n) for n in range(281, 281 + _LAST)])
    payloads |= {row.seq: row.payload for row in outbox.due(1000, NOW)}
    pending = {row.seq for row in outbox.due(1000, NOW)}
    for path in (folder / "live").iterdir():
        shutil.copyfile(path, folder / path.name)
    epoch = outbox.stats().epoch
    outbox.close()
    return Original(folder, {seq: _digest(body) for seq, body in payloads.items()}, pending, epoch, set(range(281, 281 + _LAST)), before)


def frames(log: Path) -> int:
    """Frames of the log since it was begun anew."""
    with closing(Pages(log.with_name("outbox.db"), PAGE_BYTES)) as pages:
        return len(pages.log.frames)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def start(folder: Path) -> dict[str, Any]:
    """One life of the service, in a process of its own: open, deliver everything, read one picture more."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            told = _life(folder)
        except BaseException as error:  # noqa: BLE001 - told to the parent
            told = {"error": repr(error), "expected": isinstance(error, OutboxError)}
        os.write(send, json.dumps(told).encode())
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as pipe:
        told = json.load(pipe)
    os.waitpid(child, 0)
    return told


def _life(folder: Path) -> dict[str, Any]:
    outbox = make_outbox(folder)
    outbox.open()
    published = _deliver(outbox)
    fresh = outbox.add([reading(9999)])[0]
    (row,) = outbox.due(1, NOW)
    dead = {letter.seq: letter.reason for letter in outbox.dead(1000)}
    salvaged = outbox.salvaged
    stats = outbox.stats()
    outbox.close()
    return {
        "published": published,
        "dead": dead,
        "fresh": [row.epoch, fresh.seq],
        "salvaged": salvaged and salvaged.told,
        "new_epoch": bool(salvaged and salvaged.new_epoch),
        "balanced": stats.readings == stats.pending + stats.sent + stats.confirmed + stats.dead + stats.pruned,
    }


def _deliver(outbox: Outbox) -> list[tuple[int, str, str]]:
    published = []
    while rows := outbox.due(64, NOW):
        for row in rows:
            if row.damage:
                outbox.reject(row.seq, row.damage)
            else:
                published.append((row.seq, row.epoch, _digest(row.payload)))
        outbox.accept([row.seq for row in rows if not row.damage])
    return published


def lives(folder: Path) -> dict[str, Any]:
    """Start until the service stays up; what was published in an earlier life counts, too."""
    before: list[Any] = []
    for _ in range(_STARTS):
        told = start(folder)
        if "error" not in told:
            return told | {"published": before + told["published"]}
        assert told["expected"], told["error"]
    pytest.fail(f"does not stay up: {told['error']}")


def at_risk(original: Original, place: tuple[str, int]) -> set[int]:
    """Rows whose payload stands on the page that was damaged, and those of the last commit if its frames were."""
    name, at = place
    with closing(Pages(original.folder / "outbox.db", PAGE_BYTES)) as pages:
        if name == "outbox.db":
            number = at // PAGE_BYTES + 1
        else:
            frame = max(0, at - 32) // _FRAME
            if frame >= original.last_frames:
                return set(original.payloads)  # may look like a commit that a power cut tore: nothing can be promised of it
            number = pages.log.frames[frame].page
        if name == "outbox.db" and any(frame.page == number for frame in pages.log.committed):
            return set()  # a newer one stands in the log
        rows: set[int] = set()
        for record in records(_One(pages, number)):
            if record.rowid and len(record.values) == 2:
                rows.add(record.rowid)
        return rows | {n for n in original.payloads if n % 40 == 0}  # the large ones lie on many pages


class _One:
    """Only one page of the database."""

    def __init__(self, pages: Pages, number: int) -> None:
        self._pages, self._number, self.size, self.count = pages, number, pages.size, pages.count

    def read(self, number: int) -> bytes:
        return self._pages.read(number)

    def free(self) -> set[int]:
        return set(range(1, self.count + 1)) - {self._number}

    def loose(self) -> list[bytes]:
        return []


def judge(original: Original, told: dict[str, Any], lost: set[int], *, torn: bool) -> None:
    """Nothing wrong was published, everything whole was, and no seq was given twice under one epoch."""
    for seq, epoch, digest in told["published"]:
        assert original.payloads.get(seq) == digest, f"seq {seq} is not what was committed"
        assert epoch == original.epoch
    seen = {seq for seq, _, _ in told["published"]}
    missing = original.pending - seen
    assert missing <= lost, f"not delivered: {sorted(missing - lost)}"
    assert told["balanced"]
    if not torn:
        assert tuple(told["fresh"]) not in {(original.epoch, seq) for seq in original.payloads}, "a seq was given twice"
        assert told["fresh"][0] != original.epoch or told["fresh"][1] == max(original.payloads) + 1


def flip(path: Path, rng: random.Random) -> tuple[str, int]:
    """One bit; where it was."""
    data = bytearray(path.read_bytes())
    at = rng.randrange(len(data))
    data[at] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return path.name, at


def damaged(original: Original, change: Callable[[Path], tuple[str, int]]) -> tuple[dict[str, Any], tuple[str, int]]:
    """A copy, *change*d and started."""
    with in_memory() as folder:
        shutil.copytree(original.folder, folder, ignore=shutil.ignore_patterns("live"), dirs_exist_ok=True)
        place = change(folder)
        return lives(folder), place


def run(original: Original, count: int, seed: int) -> dict[str, int]:
    """Damage so many copies and judge each; how many were salvaged, how many had dead letters."""
    rng = random.Random(seed)
    outcome = {"salvaged": 0, "dead letters": 0, "harmless": 0}
    log_size = 32 + frames(original.folder / "outbox.db-wal") * _FRAME
    for number in range(count):

        def change(folder: Path, number: int = number) -> tuple[str, int]:
            if number % 10 == 9:
                path = folder / "outbox.db"
                size = rng.randrange(path.stat().st_size)
                os.truncate(path, size)
                return "cut", size
            name = "outbox.db-wal" if number % 3 == 0 else "outbox.db"
            if name == "outbox.db-wal":
                os.truncate(folder / name, log_size)  # what lies behind is of an older log
            return flip(folder / name, rng)

        told, place = damaged(original, change)
        torn = place[0] == "outbox.db-wal" and (place[1] - 32) // _FRAME >= original.last_frames
        lost = set(original.payloads) if place[0] == "cut" else at_risk(original, place)
        try:
            judge(original, told, lost, torn=torn)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, number {number}, {place}, {told['salvaged']}: {error}") from error
        new_dead = set(told["dead"]) - {"100"}
        outcome["salvaged" if told["salvaged"] else "dead letters" if new_dead else "harmless"] += 1
    return outcome


def test_damage_is_found_or_does_no_harm(original: Original) -> None:
    """A hundred bits flipped and files cut, each started again as the service manager does; all kinds of damage are among them."""
    outcome = run(original, 100, 20261122)
    print(outcome)
    assert outcome["salvaged"] > 25
    assert min(outcome.values()) > 0


@pytest.mark.soak
def test_damage_is_found_or_does_no_harm_a_thousand_times(original: Original) -> None:
    """The same with another thousand places."""
    print(run(original, 1000, 1))
