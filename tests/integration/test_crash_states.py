"""Every state that a power cut may leave on the disk, recovered by a real start.

A workload is run once under strace. At each of its steps the disk is built anew with what was synced, and
with parts of what was not; then the service is started on it and must finish the work as if nothing had happened.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.crash_disk import STRACE, Call, Disk, put, record
from tests.doubles.line import Line, inputs
from tests.doubles.memory_disk import in_memory

_LONG_AGO = 1_700_000_000.0


@pytest.fixture(scope="module", autouse=True)
def _hurried() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edged.flow.pipeline._PATIENCE", 0.0)
        patch.setattr("edged.flow.folder.source._PATIENCE", 0.0)
        yield


def recorded(count: int) -> tuple[dict[str, bytes], list[Call]]:
    """The workload with *count* files: what lay there before, and every call."""
    files = {f"inbox/{name}": data for name, data in inputs(count).items()}
    with in_memory() as place:
        root = place / "root"
        put({"inbox": None, **files}, _made(root), _LONG_AGO)
        return files, record("tests.doubles.line", str(root), str(count), log=place / "calls", root=root)


def _made(root: Path) -> Path:
    root.mkdir()
    return root


def check(root: Path, files: dict[str, bytes], said: list[list[str]]) -> None:
    """After a start on this state: nothing lost, nothing doubled, every file in one place, all that was said is true."""
    life = Line(root)
    life.run(len(files))
    names = {Path(path).name for path in files}
    found = [path for place in ("inbox", "work", "done", "failed") for path in (root / place).rglob("*.pic")]
    assert sorted(path.name.split("~")[-1] for path in found) == sorted(names), "each file is in exactly one place"
    for path in found:
        assert path.read_bytes() == files[f"inbox/{path.name.split('~')[-1]}"]
        assert ("failed" in path.parts) == path.read_bytes().startswith(b"%PDF") == path.with_name(f"{path.name}.json").exists()
    rows = _rows(root)
    assert [seq for seq, _, _ in rows] == list(range(1, len(files) + 1)), "seq has no gap"
    assert {name for _, _, name in rows} == names, "one reading for each file"
    known = {id: seq for seq, id, _ in rows}
    for what, id, seq, *_ in said:
        assert known.get(id) == int(seq), f"{what} before the crash, unknown or renumbered after it"
    published = {(id, int(seq)) for what, id, seq, *_ in said if what == "published"} | {(id, seq) for id, seq, _ in life.published}
    assert published == {(id, seq) for seq, id, _ in rows}, "every reading was published, under one id and seq"


def _rows(root: Path) -> list[tuple[int, str, str]]:
    with sqlite3.connect(root / "state" / "outbox.db") as db:
        rows = db.execute("SELECT seq, id, source, body FROM reading JOIN payload USING (seq) ORDER BY seq").fetchall()
    db.close()
    from edged.flow.outbox.seal import unseal

    return [(seq, id, json.loads(unseal(body, seq=seq, id=id, source=source))["origin"]["name"]) for seq, id, source, body in rows]


def survive(count: int, *, torn: bool) -> tuple[int, int]:
    """Build and recover every state; how many steps there were, and how many different states."""
    files, calls = recorded(count)
    disk, seen, said, steps = Disk({**files}), set[bytes](), list[list[str]](), 0
    for number, call in enumerate((None, *calls)):
        if call is not None and call.name == "said":
            said.append(call.data.decode().split())
            continue
        if call is not None and not disk.apply(call):
            continue
        steps += 1
        for state in disk.states(torn=torn):
            key = hashlib.sha256(repr((sorted(state.items()), len(said))).encode()).digest()
            if key in seen:
                continue
            seen.add(key)
            with in_memory() as place:
                put({"inbox": None, **state}, root := _made(place / "root"), _LONG_AGO)
                try:
                    check(root, files, said)
                except BaseException as error:
                    raise AssertionError(f"step {number} ({call and (call.name, call.paths)}), {sorted(state)}: {error!r}") from error
    assert len([words for words in said if words[0] == "published"]) == count, "the recording saw the whole workload"
    return steps, len(seen)


needs_strace = pytest.mark.skipif(STRACE is None, reason="strace is not installed")


@needs_strace
@pytest.mark.parametrize("count", [1, 2])
def test_every_state_after_a_power_cut_recovers(count: int) -> None:
    """For one file and for two, from the first start of a new box to the end of the service."""
    steps, states = survive(count, torn=count == 1)
    print(f"{count} files: {steps} durable steps, {states} states")
    assert states > steps > 50


@needs_strace
@pytest.mark.soak
def test_every_state_of_ten_files_recovers() -> None:
    """The same for ten files, with torn writes."""
    steps, states = survive(10, torn=True)
    print(f"10 files: {steps} durable steps, {states} states")
    assert states > steps > 50
