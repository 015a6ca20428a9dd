"""What tells whether the clock is set, where the kernel must not."""

import uuid
from pathlib import Path

import pytest

from edged.daemon.report import boot_id
from edged.lib import clock


def test_the_kernel_is_believed_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It knows, whoever sets its clock."""
    (tmp_path / "synchronized").touch()
    for answer, synced in ((0, True), (5, False)):
        monkeypatch.setattr(clock, "_adjtimex", lambda _, answer=answer: answer)
        assert clock.clock_synced(tmp_path) is synced


def test_where_the_kernel_refuses_the_file_of_timesyncd_tells(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its folder is there while it runs, its file once it set the clock; without either, nobody knows."""
    monkeypatch.setattr(clock, "_adjtimex", lambda _: -1)
    assert clock.clock_synced(tmp_path / "missing") is None
    assert clock.clock_synced(tmp_path) is False
    (tmp_path / "synchronized").touch()
    assert clock.clock_synced(tmp_path) is True


def test_the_unit_says_which_boot_it_is_where_the_kernel_is_hidden(tmp_path: Path) -> None:
    """Both spellings are one id; nonsense and silence are none."""
    known = uuid.UUID("a301d4c5-e6e7-4af9-8e2c-d7ce321a3caa")
    (tmp_path / "boot_id").write_text(f"{known}\n", encoding="ascii")
    assert boot_id(tmp_path / "boot_id", {}) == str(known)
    assert boot_id(tmp_path / "missing", {"EDGED_BOOT_ID": known.hex}) == str(known)
    assert boot_id(tmp_path / "missing", {"EDGED_BOOT_ID": "%b"}) is None
    assert boot_id(tmp_path / "missing", {}) is None
