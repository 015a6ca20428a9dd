"""A claimed file is in exactly one place, and no crash makes a second reading of it."""

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edged.errors import InstanceRunning, OutboxError, SourceError
from edged.flow.folder import claims
from edged.flow.folder.claims import Held, WorkFolder
from edged.flow.folder.lock import try_lock
from edged.flow.folder.names import ClaimedName
from edged.flow.folder.places import Places, places_of
from edged.types import FrameId, Origin, Outcome, SourceName
from tests.doubles.clock import START
from tests.doubles.folder import section

IDS = [FrameId(f"01a20673-b713-7a83-b144-3d217e89685{n}") for n in range(6)]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """An empty inbox and its folders."""
    (tmp_path / "inbox").mkdir()
    return places_of(SourceName("inbox"), section(tmp_path / "inbox"))


@pytest.fixture
def work(places: Places) -> Iterator[WorkFolder]:
    """An open work folder."""
    work = WorkFolder(places, "one")
    work.open()
    yield work
    work.close()


def claimed(number: int = 0, name: str = "a.jpg", attempt: int = 1) -> ClaimedName:
    return ClaimedName(id=IDS[number], attempt=attempt, name=name)


def held(name: ClaimedName) -> Held:
    return Held(claimed=name, origin=Origin(name=name.name, sha256="ab", bytes=1, modified_at=START), captured_at=START)


def claim(work: WorkFolder, places: Places, name: ClaimedName) -> None:
    (places.inbox / name.name).write_bytes(b"x")
    descriptor = os.open(places.inbox, os.O_RDONLY)
    work.claim(name.name, descriptor, str(places.inbox), name)
    os.close(descriptor)


def test_a_good_file_goes_to_done_by_day(work: WorkFolder, places: Places) -> None:
    """Ok and unsure alike, without a sidecar."""
    for number, outcome in enumerate((Outcome.OK, Outcome.UNSURE)):
        claim(work, places, claimed(number))
        work.file_away(held(claimed(number)), outcome, (), START)
    assert sorted(path.name for path in (places.done / "2026-11-22").iterdir()) == [f"{IDS[0]}~a.jpg", f"{IDS[1]}~a.jpg"]
    assert list(places.failed.iterdir()) == []


def test_a_bad_file_goes_to_failed_with_its_reasons(work: WorkFolder, places: Places) -> None:
    """The sidecar says what the reading says."""
    for number, outcome in enumerate((Outcome.REJECTED, Outcome.FAILED)):
        claim(work, places, claimed(number))
        work.file_away(held(claimed(number)), outcome, ("blur", "dark"), START)
    sidecar = json.loads((places.failed / "2026-11-22" / f"{IDS[1]}~a.jpg.json").read_bytes())
    assert (places.failed / "2026-11-22" / f"{IDS[1]}~a.jpg").read_bytes() == b"x"
    assert sidecar == {
        "id": IDS[1],
        "source": "inbox",
        "name": "a.jpg",
        "outcome": "failed",
        "reasons": ["blur", "dark"],
        "sha256": "ab",
        "bytes": 1,
        "attempts": 1,
        "modified_at": START.isoformat(),
        "claimed_at": START.isoformat(),
        "filed_at": START.isoformat(),
    }


def test_the_sidecar_stands_before_the_file_moves(work: WorkFolder, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file in failed is ever without its reasons."""
    claim(work, places, claimed())

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "x")

    monkeypatch.setattr(claims, "rename_noreplace", refuse)
    with pytest.raises(OSError, match="x"):
        work.file_away(held(claimed()), Outcome.FAILED, ("r",), START)
    assert (places.failed / "2026-11-22" / f"{IDS[0]}~a.jpg.json").exists()
    assert (work.path / f"{IDS[0]}~a.jpg").exists()


def test_a_new_day_is_durable_before_a_sidecar_lies_in_it(work: WorkFolder, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sync of a sidecar keeps every file of its folder from being found in work again: that folder must not go itself."""
    synced: list[Path] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(Path(f"/proc/self/fd/{descriptor}").readlink()))
    claim(work, places, claimed())
    work.file_away(held(claimed()), Outcome.FAILED, ("r",), START)
    day = places.failed / "2026-11-22"
    sidecar = next(number for number, path in enumerate(synced) if path.parent == day)
    assert {day, places.failed} <= set(synced[:sidecar])


def test_filing_never_overwrites(work: WorkFolder, places: Places) -> None:
    """What has the name keeps it, and the file stays in work."""
    claim(work, places, claimed())
    other = places.done / "2026-11-22" / f"{IDS[0]}~a.jpg"
    other.parent.mkdir()
    other.write_bytes(b"other")
    with pytest.raises(FileExistsError):
        work.file_away(held(claimed()), Outcome.OK, (), START)
    assert other.read_bytes() == b"other"
    assert (work.path / f"{IDS[0]}~a.jpg").exists()


def test_a_day_that_somebody_removes_is_made_again(work: WorkFolder, places: Places) -> None:
    """Cleaning up by hand breaks nothing."""
    for number in range(2):
        claim(work, places, claimed(number))
        work.file_away(held(claimed(number)), Outcome.OK, (), START)
        for path in (places.done / "2026-11-22").iterdir():
            path.unlink()
        (places.done / "2026-11-22").rmdir()


def test_a_file_that_somebody_removed_from_work_is_filed(work: WorkFolder, places: Places) -> None:
    """There is nothing left to move; the reading stands."""
    claim(work, places, claimed())
    (work.path / str(claimed())).unlink()
    work.file_away(held(claimed()), Outcome.OK, (), START)


def test_attempts_end_where_a_name_has_no_more_room(work: WorkFolder) -> None:
    """A crash loop of any other cause goes on for ever: the longest name must still be taken up."""
    name = claimed(name="n" * 255 + ".jpg", attempt=998)
    (work.path / str(name)).touch()
    for _ in range(3):
        name = work.count_attempt(name)
    assert name.attempt == 999
    assert [str(left) for left in work.leftovers()] == [str(name)]


def test_leftovers_come_in_the_order_of_their_claims(work: WorkFolder, places: Places) -> None:
    """Whatever their names and attempts; what is not ours stays and is no leftover."""
    for number, name in ((2, "a"), (0, "c"), (1, "b")):
        claim(work, places, claimed(number, name))
    work.count_attempt(claimed(2, "a"))
    (work.path / "stranger").touch()
    assert work.leftovers() == [claimed(0, "c"), claimed(1, "b"), claimed(2, "a", 2)]
    assert (work.path / "stranger").exists()


def test_a_work_folder_that_was_removed_is_not_taken_for_a_lost_race(work: WorkFolder, places: Places) -> None:
    """Otherwise no file would ever be claimed again, without a word."""
    (work.path / ".lock").unlink()
    work.path.rmdir()
    with pytest.raises(SourceError, match="was removed"):
        claim(work, places, claimed())


def _synced(monkeypatch: pytest.MonkeyPatch, error: OSError | None = None) -> list[str]:
    synced: list[str] = []

    def fsync(folder: int | Path) -> None:
        if error is not None:
            raise error
        synced.append(str(Path(f"/proc/self/fd/{folder}").readlink()) if isinstance(folder, int) else str(folder))

    monkeypatch.setattr(claims, "fsync_dir", fsync)
    return synced


def test_many_claims_cost_one_sync_of_work_and_inbox(work: WorkFolder, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work first, so that a power cut between the two loses nothing; and nothing where nothing was claimed."""
    synced = _synced(monkeypatch)
    for number in range(3):
        claim(work, places, claimed(number))
    work.sync()
    assert synced == [str(work.path), str(places.inbox)]
    work.sync()
    assert len(synced) == 2


def test_what_an_earlier_process_claimed_is_synced_too(work: WorkFolder, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have died before it did: after a power cut the file would be back in the inbox, and be read twice."""
    (work.path / str(claimed(name="in/a.jpg"))).touch()
    assert work.leftovers()
    synced = _synced(monkeypatch)
    work.sync()
    assert synced[:1] == [str(work.path)]
    assert {Path(folder) for folder in synced[1:]} == {places.inbox, places.inbox / "in"}


def test_what_a_neighbour_claimed_is_synced_too(work: WorkFolder, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that it came from, and the neighbour's."""
    with closing(WorkFolder(places, "two")) as neighbour:
        neighbour.open()
        claim(neighbour, places, claimed())
    work.adopt()
    assert work.adopt()
    synced = _synced(monkeypatch)
    work.sync()
    assert {Path(folder) for folder in synced} == {work.path, places.inbox, neighbour.path}


def test_a_sync_that_fails_ends_the_process(work: WorkFolder, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed sync the kernel forgets what it could not write."""
    claim(work, places, claimed())
    _synced(monkeypatch, OSError(errno.EIO, "Input/output error"))
    with pytest.raises(OutboxError, match="cannot be synced"):
        work.sync()


def test_a_removed_folder_inside_the_inbox_needs_no_sync(work: WorkFolder, places: Places) -> None:
    """Nothing of it can come back."""
    (places.inbox / "in").mkdir()
    (places.inbox / "in" / "a").touch()
    descriptor = os.open(places.inbox / "in", os.O_RDONLY)
    work.claim("a", descriptor, str(places.inbox / "in"), claimed())
    os.close(descriptor)
    (places.inbox / "in").rmdir()
    work.sync()


def test_two_processes_cannot_hold_one_work_folder(work: WorkFolder, places: Places) -> None:
    """The second is told so, and may have it once the first ended."""
    second = WorkFolder(places, "one")
    with pytest.raises(InstanceRunning, match="another edged"):
        second.open()
    second.close()
    work.close()
    second.open()
    second.close()


def test_a_neighbour_is_adopted_once_it_was_free_twice(work: WorkFolder, places: Places) -> None:
    """Its files come to us with their ids and attempts; its folder goes, ours and strangers stay."""
    with closing(WorkFolder(places, "two")) as neighbour:
        neighbour.open()
        for number in (1, 0):
            claim(neighbour, places, claimed(number))
        neighbour.count_attempt(claimed(1))
        assert work.adopt() == []
        assert work.adopt() == []
    (places.work / "stranger").mkdir()
    assert work.adopt() == []
    assert work.adopt() == [claimed(0), claimed(1, attempt=2)]
    assert work.leftovers() == [claimed(0), claimed(1, attempt=2)]
    assert sorted(path.name for path in places.work.iterdir()) == ["one", "stranger"]
    assert list((places.work / "stranger").iterdir()) == []


def test_a_neighbour_that_came_back_is_not_adopted(work: WorkFolder, places: Places) -> None:
    """It knows what it committed; we do not."""
    neighbour = WorkFolder(places, "two")
    neighbour.open()
    claim(neighbour, places, claimed())
    neighbour.close()
    assert work.adopt() == []
    neighbour.open()
    assert work.adopt() == []
    neighbour.close()
    assert work.adopt() == []
    assert work.adopt() == [claimed()]


def test_a_neighbour_that_comes_back_after_adoption_gets_a_new_folder(work: WorkFolder, places: Places) -> None:
    """The lock of a removed folder is worth nothing."""
    neighbour = WorkFolder(places, "two")
    neighbour.open()
    neighbour.close()
    for _ in range(2):
        work.adopt()
    assert not neighbour.path.exists()
    neighbour.open()
    assert try_lock(neighbour.path) is None
    neighbour.close()


@pytest.mark.parametrize("replace", [False, True], ids=["removed", "replaced"])
def test_a_lock_on_a_file_that_is_gone_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replace: bool) -> None:
    """Two processes never believe to hold one folder: it may be removed between open and lock."""
    path, real = tmp_path / ".lock", fcntl.flock

    def removed(descriptor: int, how: int) -> None:
        path.rename(tmp_path / "old")
        if replace:
            path.touch()
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", removed)
    assert try_lock(tmp_path, make=True) is None
