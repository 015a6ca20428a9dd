"""What the daemon starts with when the files are good, bad, or bad with a last good configuration."""

import json
import stat
from pathlib import Path

import pytest

from edged.config.file import LoadedConfig, digest_of_content, load_config
from edged.config.last_good import FILE, last_good, save_last_good
from edged.config.start import Start, start_config
from edged.errors import ConfigError, ExitCode, SourceUnavailable
from tests.doubles.clock import START

GOOD = "version: 1\ndevice: line3\nstate_dir: state\nsources:\n  inbox: {path: inbox, ignore: ['*.a']}\nmqtt: {tls: {}}\n"
BAD = GOOD.replace("ignore", "ignroe")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A good file whose configuration was kept."""
    (tmp_path / "state").mkdir()
    (tmp_path / "edged.yaml").write_text(GOOD)
    save_last_good(_load(tmp_path / "edged.yaml"), now=START)
    return tmp_path / "edged.yaml"


def _load(file: Path) -> LoadedConfig:
    return load_config(file, environ={})


def _kept(file: Path) -> Path:
    return file.parent / "state" / FILE


def _start(file: Path, text: str, **environ: str) -> Start:
    file.write_text(text)
    return start_config(file, environ=environ)


def _refused(file: Path, text: str = BAD, *, strict: bool = False, **environ: str) -> ConfigError:
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        start_config(file, strict=strict, environ=environ)
    assert refused.value.exit_code is ExitCode.CONFIG
    return refused.value


def test_a_good_file_is_what_is_started_with(file: Path) -> None:
    """The last good configuration is no matter then."""
    start = _start(file, GOOD.replace("line3", "line4"))
    assert (start.loaded.config.device, start.errors, start.reasons) == ("line4", (), ())


@pytest.mark.parametrize("text", [BAD, GOOD + "outbox: {max_bytes: 1}\n", "state_dir: state\n"])
def test_a_bad_file_starts_what_was_good(file: Path, text: str) -> None:
    """The same configuration with the same digest, with every error of the file and since when."""
    good = _load(file)
    start = _start(file, text)
    assert (start.loaded.config, start.loaded.digest, start.loaded.path) == (good.config, good.digest, file)
    assert start.errors == _refused(file, text, strict=True).findings
    assert start.reasons[0] == f"{file} is refused; running with the last good configuration, of 2026-11-22T10:00:00+00:00"
    assert start.reasons[1:] == start.errors


def test_a_bad_layer_starts_what_was_good(file: Path) -> None:
    """And the layer is among the files whose change means a reload."""
    layer = file.parent / "state/edged.d/10-tune.yaml"
    layer.parent.mkdir()
    layer.write_text("mqtt: {port: no}\n")
    start = start_config(file, environ={})
    assert start.errors[0].startswith("10-tune.yaml:1: mqtt.port: found")
    assert start.loaded.files == (file, layer.parent, layer)


def test_a_file_that_is_gone_is_a_bad_one(file: Path) -> None:
    """Its only error is the system's."""
    state = str(file.parent / "state")
    file.unlink()
    start = start_config(file, environ={"STATE_DIRECTORY": state})
    assert start.errors == (f"{file}: the configuration cannot be read: No such file or directory",)


def test_strict_starts_nothing_else(file: Path) -> None:
    """--strict means this configuration or none."""
    assert _refused(file, strict=True).findings


def test_a_file_that_is_no_yaml_is_looked_up_where_systemd_says(file: Path) -> None:
    """Its own state_dir cannot be known; $STATE_DIRECTORY is, and it may name more than one folder."""
    text = "sources: [\nstate_dir: state\n"
    assert _start(file, text, STATE_DIRECTORY=f"{file.parent}/state:/elsewhere").loaded.config.device == "line3"
    assert "there is no last good configuration" in _refused(file, text).hint


def test_a_new_state_dir_in_a_bad_file_still_finds_the_old(file: Path) -> None:
    """Both may be changed in one go, and the daemon still has what it ran with."""
    start = _start(file, BAD.replace("state_dir: state", "state_dir: new"), STATE_DIRECTORY=f"{file.parent}/state")
    assert start.loaded.config.state_dir == file.parent / "state"


def test_only_the_file_it_came_from_is_stood_in_for(file: Path) -> None:
    """A trial file elsewhere never starts the box's own configuration."""
    other = file.with_name("trial.yaml")
    assert f"is of {file}" in _refused(other).hint


def test_without_one_the_errors_are_all_there_is(file: Path) -> None:
    """Exit 78, as ever."""
    _kept(file).unlink()
    error = _refused(file)
    assert error.findings[0].startswith("edged.yaml:5: sources.inbox.ignroe: unknown key")
    assert "there is no last good configuration" in error.hint


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", "{}", '{"config": 1, "digest": 2, "path": 3, "saved_at": 4}'])
def test_a_damaged_one_is_told_and_not_used(file: Path, damage: str) -> None:
    """Whatever stands in it."""
    _kept(file).write_text(damage)
    assert "is damaged" in _refused(file).hint


def test_a_changed_one_is_told_and_not_used(file: Path) -> None:
    """Its digest does not fit its content any more."""
    _kept(file).write_text(_kept(file).read_text().replace("line3", "line4"))
    assert "is damaged" in _refused(file).hint


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"colour": "red"}, "colour: unknown key"),
        ({"outbox": {"max_bytes": 1}}, "outbox.max_bytes: found 1, expected a whole number of at least"),
        ({"state_dir": "/inbox"}, "is of the state_dir /inbox"),
    ],
)
def test_one_that_this_edged_does_not_find_good_is_told_and_not_used(file: Path, change: dict[str, object], why: str) -> None:
    """An older edged kept it; what is wrong is said with its keys."""
    content = json.loads(_kept(file).read_text())
    content["config"] |= change
    content |= {"edged": "0.0.1", "digest": digest_of_content(content["config"])}
    _kept(file).write_text(json.dumps(content))
    assert why in _refused(file).hint


def test_rules_across_keys_hold_for_it_too(file: Path) -> None:
    """It is judged as a file would be."""
    content = json.loads(_kept(file).read_text())
    content["config"]["sources"]["inbox"]["stalled_seconds"] = 1
    content["digest"] = digest_of_content(content["config"])
    _kept(file).write_text(json.dumps(content))
    assert "sources.inbox.stalled_seconds: stalled_seconds (1) is shorter" in _refused(file).hint


def test_no_secret_is_kept_and_nobody_else_reads_it(file: Path, tmp_path: Path) -> None:
    """The password's file is named, never read."""
    (tmp_path / "password").write_text("hunter2\n")
    file.write_text(GOOD.replace("mqtt: {", "mqtt: {username: a, password_file: password, "))
    save_last_good(_load(file), now=START)
    assert "password" in _kept(file).read_text()
    assert "hunter2" not in _kept(file).read_text()
    assert stat.S_IMODE(_kept(file).stat().st_mode) == 0o640


def test_what_is_kept_already_is_not_written_again(file: Path) -> None:
    """The disk is spared; a change is written."""
    before = _kept(file).stat().st_ino
    save_last_good(_load(file), now=START.replace(year=2027))
    assert _kept(file).stat().st_ino == before
    file.write_text(GOOD.replace("line3", "line4"))
    save_last_good(_load(file), now=START)
    kept = last_good(file.parent / "state", file)
    assert kept is not None
    assert kept.loaded.config.device == "line4"


def _die(start: Start) -> None:
    """A start that ends as a kill or a crash would leave it."""
    start.attempt().__enter__()


def test_the_last_good_one_is_given_up_after_three_deaths(file: Path) -> None:
    """Not a loop for ever: 78 waits for a person, who may then try again."""
    for _ in range(3):
        _die(_start(file, BAD))
    with pytest.raises(ConfigError, match="died 3 times before it was ready") as refused:
        _die(_start(file, BAD))
    assert refused.value.findings
    _die(_start(file, BAD))


def test_being_ready_forgives_the_deaths_before(file: Path) -> None:
    """And a daemon that runs with the last good one does not keep it anew."""
    for _ in range(3):
        start = _start(file, BAD)
        _die(start)
    before = _kept(file).stat().st_ino
    start.proven(now=START.replace(year=2027))
    assert _kept(file).stat().st_ino == before
    _die(_start(file, BAD))


def test_an_error_that_speaks_for_itself_is_no_death(file: Path) -> None:
    """A mount that comes later (74) is waited for as long as it takes, and a clean stop is no death either."""
    for _ in range(5):
        with pytest.raises(SourceUnavailable), _start(file, BAD).attempt():
            raise SourceUnavailable("not mounted")
    for _ in range(5):
        with _start(file, BAD).attempt():
            pass


def test_a_good_start_leaves_no_trace_but_the_last_good_one(file: Path) -> None:
    """It is kept once the daemon is ready, and counts no deaths."""
    _kept(file).unlink()
    start = _start(file, GOOD)
    with start.attempt():
        assert list(_kept(file).parent.iterdir()) == []
        start.proven(now=START)
    assert list(_kept(file).parent.iterdir()) == [_kept(file)]


def test_a_disk_that_takes_nothing_does_not_stop_the_daemon(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It cannot be kept, and is told."""
    _kept(file).unlink()
    start = _start(file, GOOD)
    _kept(file).parent.rmdir()
    start.proven(now=START)
    assert "cannot be kept as the last good one: No such file" in caplog.text
