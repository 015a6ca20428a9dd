"""What counts as a change of files, and when it is over."""

import os
from pathlib import Path

from edged.control.stamps import Watch, fingerprint


def test_every_way_to_change_a_file_shows(tmp_path: Path) -> None:
    """Written, replaced, touched, removed, come: in a file, and anywhere below a folder."""
    file, folder = tmp_path / "edged.yaml", tmp_path / "model"
    (folder / "fp16").mkdir(parents=True)
    file.write_text("a")
    seen = [fingerprint([file, folder])]

    def differs() -> None:
        seen.append(fingerprint([file, folder]))
        assert len(set(seen)) == len(seen)

    file.write_text("ab")
    differs()
    (tmp_path / "new").write_text("ab")
    os.utime(tmp_path / "new", ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    (tmp_path / "new").replace(file)
    differs()
    os.utime(file, (1, 1))
    differs()
    (folder / "fp16" / "model.xml").write_text("x")
    differs()
    file.unlink()
    differs()
    assert fingerprint([file, folder]) == seen[-1]


def test_a_folder_that_is_not_there_yet_is_watched_too(tmp_path: Path) -> None:
    """A model that appears on a better place of the shelf shadows the one in use."""
    before = fingerprint([tmp_path / "later"])
    (tmp_path / "later").mkdir()
    assert fingerprint([tmp_path / "later"]) != before


def test_a_change_is_told_once_and_only_when_it_is_over(tmp_path: Path) -> None:
    """While somebody still writes, nothing is told; afterwards it is told once."""
    file = tmp_path / "edged.yaml"
    watch, told = Watch(), []

    def look(content: str) -> None:
        file.write_text(content)
        os.utime(file, (len(content), len(content)))
        told.append(watch.changed(fingerprint([file])))

    for content in ("", "", "", "a", "ab", "abc", "abc", "abc"):
        look(content)
    assert told == [False, True, False, False, False, False, True, False]


def test_what_is_about_to_be_read_is_no_change_afterwards(tmp_path: Path) -> None:
    """A reload that somebody asked for right after a change is not made twice."""
    file, watch = tmp_path / "edged.yaml", Watch()
    for _ in range(2):
        watch.changed(fingerprint([file]))
    file.write_text("new")
    watch.take(fingerprint([file]))
    assert [watch.changed(fingerprint([file])) for _ in range(3)] == [False] * 3
