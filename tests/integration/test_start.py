"""What a start says of the machine, and of an earlier configuration."""

from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from edged.config import Config
from edged.control.health import HealthState
from edged.daemon import opening
from edged.errors import ExitCode, OutboxError
from edged.lib.clock import SystemClock
from tests.doubles.folder import hot_folder, picture, put, section


def config(root: Path) -> Config:
    return Config(version=1, device="box", state_dir=root / "state", sources={"inbox": section(root / "inbox")})


@pytest.mark.parametrize("step", ["state", "instance"])
def test_a_state_folder_that_cannot_be_used_may_come_later(tmp_path: Path, step: str) -> None:
    """74: a disk that is full or not mounted yet heals itself, and systemd tries again."""
    (tmp_path / "state").touch()
    with pytest.raises(OutboxError, match="cannot be") as refused:
        opening.open_outbox(config(tmp_path), SystemClock()) if step == "state" else opening.instance_of(tmp_path / "state")
    assert refused.value.exit_code is ExitCode.IO_ERROR
    assert refused.value.hint


def test_files_of_a_source_that_left_the_configuration_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In the journal and in the health, with the folder and what to do."""
    (tmp_path / "inbox").mkdir()
    put(tmp_path / "inbox" / "a.jpg", picture("a"), age=60)
    with closing(hot_folder(tmp_path / "inbox")) as source:
        source.open()
        assert opening.former(tmp_path, [source]).state is HealthState.OK
        next(source.deliveries(Event(), lambda: None))
        used = source.work_folder
    with closing(hot_folder(tmp_path / "inbox", work=tmp_path / "elsewhere")) as source:
        source.open()
        health = opening.former(tmp_path, [source])
    assert health.state is HealthState.DEGRADED
    assert str(used) in health.reasons[0]
    assert health.reasons[0] in caplog.text
