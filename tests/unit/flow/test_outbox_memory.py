"""What the database remembers of files that stay where they are."""

import os
from pathlib import Path

import pytest

from edged.errors import OutboxError
from edged.flow.memory import KeptFile, Mark
from edged.flow.outbox import Outbox
from edged.types import FrameId, SourceName
from tests.doubles.disk import ERRORS, FailingDisk
from tests.doubles.readings import frame_id, make_outbox, reading

A, B = SourceName("a"), SourceName("b")


def file(number: int, path: str | None = None, mark: Mark | None = None) -> KeptFile:
    """A claim."""
    return KeptFile(path=path or f"{number}.jpg", mark=mark or Mark(f"{number}:1", f"{number}:2"), sha256="ab" * 32, id=frame_id(number))


def test_a_listing_of_any_length_is_compared_in_bulk(outbox: Outbox) -> None:
    """By path and mark, per source; names are bytes, and numbers may be larger than the database's."""
    huge = Mark(f"{2**63}:{2**64}", f"{2**64 - 1}:-1")
    files = [file(number) for number in range(1, 700)] + [file(700, os.fsdecode(b"\xff\n"), huge)]
    for one in files:
        outbox.kept.claim(A, one)
    listed = [(one.path, one.mark) for one in files]
    assert outbox.kept.fresh(A, listed) == set()
    assert outbox.kept.fresh(A, []) == set()
    assert outbox.kept.fresh(B, listed) == {path for path, _ in listed}
    changed = [(path, Mark("0:0", mark.identity)) for path, mark in listed[300:302]]
    assert outbox.kept.fresh(A, [*listed[:300], *changed, ("new.jpg", huge)]) == {listed[300][0], listed[301][0], "new.jpg"}
    assert outbox.kept.find(A, listed[-1][0]) == files[-1]
    assert outbox.kept.find(B, "1.jpg") is None


def test_a_claim_is_open_until_its_file_is_filed(outbox: Outbox, tmp_path: Path) -> None:
    """Noted with the next transaction, and again found open where a crash came first."""
    for number in (2, 1, 3):
        outbox.kept.claim(A, file(number))
    outbox.add([reading(1), reading(2)])
    outbox.filed([frame_id(1)])
    outbox.kept.count_attempt(frame_id(2))
    assert [(one.id, one.attempt) for one in outbox.kept.claims(A)] == [(frame_id(1), 1), (frame_id(2), 2), (frame_id(3), 1)]
    outbox.accept([1])
    assert [one.id for one in outbox.kept.claims(A)] == [frame_id(2), frame_id(3)]
    outbox.kept.forget(A, ["3.jpg"])
    outbox.close()
    again = make_outbox(tmp_path)
    again.open()
    assert [(one.id, one.attempt) for one in again.kept.claims(A)] == [(frame_id(2), 2)]
    assert again.kept.count(A) == 2
    again.close()


def test_a_newer_claim_takes_the_place_of_an_older_one(outbox: Outbox) -> None:
    """A path is one file, and its newest content is what counts; the older reading is filed nevertheless."""
    outbox.kept.claim(A, file(1, "a.jpg"))
    outbox.kept.claim(A, file(2, "a.jpg"))
    outbox.add([reading(1)])
    outbox.filed([frame_id(1)])
    outbox.add([])
    assert [one.id for one in outbox.kept.claims(A)] == [frame_id(2)]


def test_the_oldest_come_in_steps(outbox: Outbox) -> None:
    """In the order of the claims, of one source."""
    for number in (3, 1, 2):
        outbox.kept.claim(A, file(number))
        outbox.kept.claim(B, file(number + 10))
    first = outbox.kept.oldest(A, None, 2)
    assert [one.id for one in first] == [frame_id(1), frame_id(2)]
    assert [one.id for one in outbox.kept.oldest(A, first[-1].id, 2)] == [frame_id(3)]
    assert outbox.kept.oldest(A, FrameId("~"), 2) == []


@pytest.mark.parametrize(("fault", "on"), [("full", "INSERT"), ("input/output", "COMMIT"), ("damaged", "INSERT")])
def test_a_claim_that_cannot_be_noted_ends_the_outbox_with_its_own_reason(tmp_path: Path, fault: str, on: str) -> None:
    """Nothing is tried after it, and a full disk is not told as damage, which would have all of it checked at the next start."""
    disk = FailingDisk()
    outbox = make_outbox(tmp_path, connect=disk.connect)
    outbox.open()
    disk.fault, disk.on = fault, on
    with pytest.raises(OutboxError, match=ERRORS[fault][0]):
        outbox.kept.claim(A, file(1))
    assert disk.last.startswith(on)
    with pytest.raises(OutboxError, match=ERRORS[fault][0]):
        outbox.add([reading(1)])
    assert (tmp_path / "outbox.db.suspect").exists() == (fault == "damaged")


def test_every_commit_after_a_claim_is_synced(outbox: Outbox) -> None:
    """Also after a claim that was given up."""
    outbox.kept.claim(A, file(1))
    with pytest.raises(UnicodeEncodeError):
        outbox.kept.claim(A, file(2, "\ud800"))
    with outbox._database.reading() as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_claims_find_room_when_the_disk_is_nearly_full(tmp_path: Path) -> None:
    """The reserve is given up for them, as for everything that must be written."""
    free = [2**30]
    outbox = make_outbox(tmp_path, reserve_bytes=2**20, free=lambda _: free[0])
    outbox.open()
    free[0] = 0
    outbox.kept.claim(A, file(1))
    assert not (tmp_path / "outbox.reserve").exists()
    outbox.close()
