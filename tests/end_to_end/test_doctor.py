"""`edged doctor` as a person meets it."""

import datetime as dt
import json
from pathlib import Path

from edged.config.file import load_config
from edged.config.last_good import save_last_good
from edged.control.client import ask
from tests.doubles.wait import until
from tests.end_to_end.box import SAMPLES, Box, running


def test_beside_a_running_daemon_nothing_is_disturbed(tmp_path: Path) -> None:
    """0, and the daemon has lost no connection, read nothing more, and goes on reading."""
    with running(tmp_path) as (box, subscriber):
        box.drop(SAMPLES / "lot.png")
        subscriber.wait(lambda readings: len(readings) >= 1)
        until(lambda: ask(box.counted[0], "status")["broker"]["sent"] == 1)  # until then, the doctor tries the topic of readings
        done = box.edged("doctor")
        assert done.returncode == 0, done.stdout
        text = " ".join(done.stdout.split())  # lines are wrapped
        assert "the daemon runs" in text
        assert "is in use by the daemon" in text
        assert "reads its 3 golden lines" in text
        status = json.loads(box.edged("status", "--json").stdout)
        assert (status["broker"]["reconnects"], status["accepted"], status["broker"]["connected"]) == (0, 1, True)
        box.drop(SAMPLES / "date.png")
        assert [r["seq"] for r in subscriber.wait(lambda readings: len(readings) >= 2)] == [1, 2]


def test_without_daemon_and_broker_it_says_what_will_fail(tmp_path: Path) -> None:
    """1, every area as JSON, each failure with its remedy; no folder is made."""
    box = Box(tmp_path)
    done = box.edged("doctor", "--json")
    told = json.loads(done.stdout)
    bad = [finding for finding in told["findings"] if finding["level"] == "bad"]
    assert (done.returncode, told["exit_code"]) == (1, 1)
    assert [finding["area"] for finding in bad] == ["broker"]
    assert all(finding["remedy"] for finding in told["findings"] if finding["level"] != "good")
    assert not (tmp_path / "state").exists()


def test_a_bad_configuration_is_told_whole_with_78(tmp_path: Path) -> None:
    """Every error at once, as `edged check` does."""
    box = Box(tmp_path)
    box.configure(devise="x", log={"level": "loud"})
    done = box.edged("doctor")
    assert done.returncode == 78
    assert "did you mean device?" in done.stdout
    assert "log.level" in done.stdout
    assert "nothing good is kept to start with instead" in done.stdout


def test_what_stands_in_for_a_bad_configuration_is_told(tmp_path: Path) -> None:
    """As a start would find it."""
    box = Box(tmp_path)
    (tmp_path / "state").mkdir()
    save_last_good(load_config(box.config), now=dt.datetime.now(dt.UTC))
    box.configure(devise="x")
    done = box.edged("doctor")
    assert done.returncode == 78
    assert "edged starts with the last good configuration, of 20" in " ".join(done.stdout.split())
