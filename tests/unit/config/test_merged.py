"""What is in effect, as one file."""

import json
from pathlib import Path

import pytest

from edged.config.file import load_config
from edged.config.merged import answer, merged

MAIN = "version: 1\ndevice: line3\nstate_dir: state\nsources:\n  -in: {path: in, ignore: ['*.a', 'ü\"']}\n  b: {path: b, model: {}}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A main file with one layer."""
    (tmp_path / "state/edged.d").mkdir(parents=True)
    (tmp_path / "state/edged.d/10-tune.yaml").write_text("mqtt:\n  port: 8883\n  tls: {}\n")
    (tmp_path / "edged.yaml").write_text(MAIN, encoding="utf-8")
    return tmp_path / "edged.yaml"


def test_each_key_that_a_file_says_names_it(file: Path) -> None:
    """The value in effect, and who said it; defaults are shown without a word."""
    lines = merged(load_config(file, environ={})).splitlines()
    assert 'device: "line3"  # edged.yaml:2' in lines
    assert "  port: 8883  # 10-tune.yaml:2" in lines
    assert "  tls: {}  # 10-tune.yaml:3" in lines
    assert '  host: "localhost"' in lines
    assert '    ignore: ["*.a", "ü\\""]  # edged.yaml:5' in lines


def test_it_is_a_configuration_of_its_own(file: Path, tmp_path: Path) -> None:
    """Without layers and defaults it means the same: the digest says so."""
    loaded = load_config(file, environ={})
    alone = tmp_path / "alone.yaml"
    text = merged(loaded)
    (tmp_path / "state/edged.d/10-tune.yaml").unlink()
    alone.write_text(text, encoding="utf-8")
    assert load_config(alone, environ={}).digest == loaded.digest


def test_the_answer_for_programs_has_no_secret(file: Path) -> None:
    """Everything in effect, who said it, and the digest of readings; cameras are known that take a password in their address."""
    with file.open("a", encoding="utf-8") as more:
        more.write("  gate: {kind: camera, url: 'http://10.0.0.7/snap.cgi?user=admin&pwd=geheim'}\n")
    loaded = load_config(file, environ={})
    told = answer(loaded)
    assert "geheim" not in json.dumps(told)
    assert told["config"]["sources"]["gate"]["url"] == "http://10.0.0.7/snap.cgi?…"
    assert told["config"]["mqtt"]["port"] == 8883
    assert told["said"]["mqtt.port"] == "10-tune.yaml:2"
    assert told["said"]["device"] == "edged.yaml:2"
    assert "mqtt.host" not in told["said"]
    assert told["digest"] == loaded.digest
