"""Failed files go back into the drop folder under their own names, and never over another."""

import errno
import os
from pathlib import Path

import pytest

from edged.errors import SourceUnavailable, UsageError
from edged.flow.folder import retry
from edged.flow.folder.retry import retry_verb
from edged.lib import files
from edged.types import Outcome
from tests.doubles.folder import Feed, filed, hot_folder, names, picture, put, section
from tests.doubles.wait import until


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An empty drop folder."""
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def fail(inbox: Path, *wanted: str, **keys: object) -> list[str]:
    """Let these files fail, the first one first; their ids."""
    for age, name in enumerate(reversed(wanted)):
        (inbox / name).parent.mkdir(exist_ok=True)
        put(inbox / name, picture(ascii(name)), age=60 + age)
    with Feed(hot_folder(inbox, **keys), outcome=Outcome.FAILED) as feed:
        until(lambda: feed.source.counters().filed == len(wanted))
    return [delivery.id for delivery in feed.delivered]


def retried(inbox: Path, **arguments: object) -> tuple[list[list[str]], list[list[str]]]:
    """What moved, and what was left."""
    told = retry_verb({"inbox": section(inbox)})(arguments)
    return told["moved"], told["left"]


@pytest.mark.parametrize("links", [True, False])
def test_all_that_failed_goes_back(inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool) -> None:
    """With its name and its bytes, whatever they were; the sidecar goes, and the next claim gives a new id."""
    if not links:
        monkeypatch.setattr(files, "_renameat2", None)
    strange = os.fsdecode(b"\xff~\n.jpg")
    ids = fail(inbox, "a.jpg", "b.json", strange)
    moved, left = retried(inbox)
    assert (moved, left) == ([["inbox", id, name] for id, name in zip(ids, ("a.jpg", "b.json", "\\xff~\\n.jpg"), strict=True)], [])
    assert names(inbox) == sorted(["a.jpg", "b.json", strange])
    assert [path for path in (tmp_path / "failed").rglob("*") if path.is_file()] == []
    with Feed(hot_folder(inbox)) as feed:
        until(lambda: len(feed.delivered) == 3)
    assert {delivery.data for delivery in feed.delivered} == {picture(ascii(name)) for name in ("a.jpg", "b.json", strange)}
    assert not {delivery.id for delivery in feed.delivered} & set(ids)
    assert retried(inbox) == ([], [])


def test_only_those_that_are_asked_for(inbox: Path) -> None:
    """By id, or by the time of the claim."""
    ids = fail(inbox, "a.jpg", "b.jpg", "c.jpg")
    times = [retry.minted_ms(retry.FrameId(id)) for id in ids]
    assert retried(inbox, ids=[ids[1], "nonsense"])[0] == [["inbox", ids[1], "b.jpg"]]
    assert retried(inbox, since_ms=times[2] + 1) == ([], [])
    assert retried(inbox, until_ms=times[0]) == ([], [])
    assert retried(inbox, since_ms=times[0], until_ms=times[2] + 1)[0] == [["inbox", ids[0], "a.jpg"], ["inbox", ids[2], "c.jpg"]]


def test_a_name_that_is_taken_is_left(inbox: Path, tmp_path: Path) -> None:
    """Both stay as they are, with the reason; it moves once the name is free."""
    first, second = fail(inbox, "a.jpg") + fail(inbox, "a.jpg")
    put(inbox / "a.jpg", picture("new"))
    moved, left = retried(inbox)
    assert moved == []
    assert [(row[1], row[3].startswith("a file of that name waits")) for row in left] == [(first, True), (second, True)]
    assert (inbox / "a.jpg").read_bytes() == picture("new")
    assert len(filed(tmp_path, "failed")) == 2
    (inbox / "a.jpg").unlink()
    moved, left = retried(inbox)
    assert ([row[1] for row in moved], [row[1] for row in left]) == ([first], [second])


def test_folders_inside_are_found_again(inbox: Path) -> None:
    """A file goes back where it came from; where that is gone it is left, and never made or followed."""
    fail(inbox, "in/a.jpg", recursive=True)
    (inbox / "in").rmdir()
    [[*_, why]] = retried(inbox)[1]
    assert why == "its folder inside the drop folder is gone; make it again"
    (inbox / "elsewhere").mkdir()
    (inbox / "in").symlink_to(inbox / "elsewhere")
    assert len(retried(inbox)[1]) == 1
    (inbox / "in").unlink()
    (inbox / "in").mkdir()
    assert retried(inbox)[0][0][2] == "in/a.jpg"
    assert (inbox / "in" / "a.jpg").read_bytes() == picture("'in/a.jpg'")


def test_of_a_shared_folder_each_source_takes_its_own(tmp_path: Path, inbox: Path) -> None:
    """The sidecar names the source."""
    fail(inbox, "a.jpg", failed=tmp_path / "out")
    (tmp_path / "other").mkdir()
    sources = {name: section(tmp_path / name, failed=tmp_path / "out") for name in ("other", "inbox")}
    assert retry_verb(sources)({"source": "other"}) == {"moved": [], "left": []}
    assert [row[0] for row in retry_verb(sources)({})["moved"]] == ["inbox"]


def test_a_few_hundred_at_a_time(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest first, until none is left: whoever waits for another answer does not wait long."""
    monkeypatch.setattr(retry, "_AT_ONCE", 2)
    fail(inbox, "a", "b", "c")
    assert [[row[2] for row in retried(inbox)[0]] for _ in range(3)] == [["a", "b"], ["c"], []]


def test_those_that_cannot_be_moved_keep_none_of_the_others(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many they are; so many are told of."""
    monkeypatch.setattr(retry, "_AT_ONCE", 2)
    fail(inbox, "a", "b", "c", "d")
    for name in "abc":
        (inbox / name).write_bytes(b"newer")
    moved, left = retried(inbox)
    assert ([row[2] for row in moved], [row[2] for row in left]) == (["d"], ["a", "b"])


def test_what_is_not_ours_stays(inbox: Path, tmp_path: Path) -> None:
    """Names without an id, sidecars whose file is gone, folders."""
    [id] = fail(inbox, "a.jpg")
    [path] = filed(tmp_path, "failed")
    path.rename(path.with_name("a.jpg"))
    path.mkdir()
    assert retried(inbox) == ([], [])
    assert sorted(p.name for p in path.parent.iterdir()) == sorted(["a.jpg", path.name, f"{path.name}.json"])
    assert id in path.name


def test_what_makes_no_sense_is_refused(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what would; and a folder that is away is no usage error."""
    for arguments in ({"ids": "all"}, {"ids": [1]}, {"since_ms": "2h"}, {"until_ms": True}, {"source": "gate"}):
        with pytest.raises(UsageError):
            retried(inbox, **arguments)
    inbox.rmdir()
    with pytest.raises(SourceUnavailable, match="cannot be moved back"):
        retried(inbox)


def test_a_file_that_cannot_be_moved_is_left_with_the_reason(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others move."""
    real = retry.rename_noreplace

    def rename(source: str, target: str, **keys: int) -> None:
        if target == "a.jpg":
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        real(source, target, **keys)

    fail(inbox, "a.jpg", "b.jpg")
    monkeypatch.setattr(retry, "rename_noreplace", rename)
    moved, left = retried(inbox)
    assert ([row[2] for row in moved], [row[2:] for row in left]) == (["b.jpg"], [["a.jpg", "Operation not permitted"]])
