"""Starts with bad files, and layers, as an operator meets them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.control.client import ask
from edged.control.health import HealthState
from tests.doubles.wait import until
from tests.end_to_end.box import SAMPLES, Box


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A box without a broker: the configuration is all that matters."""
    box = Box(tmp_path)
    yield box
    box.close()


def _ready(box: Box) -> dict[str, object]:
    """Start, wait until the daemon is ready, and ask for its status."""
    box.start()
    until(lambda: box.answers() and box.source_state() == "watching", 60, box.log.read_text() if box.log.exists() else "")
    return ask(box.path / "control.sock", "status")


def test_a_bad_file_is_told_and_the_daemon_reads_on(box: Box) -> None:
    """With the last good configuration: health is failing with every error, in the status, in the journal, and to the CLI."""
    good = _ready(box)
    kept = box.path / "state" / "last_good.json"
    until(kept.exists)
    assert box.stop() == 0

    text = box.config.read_text()
    box.config.write_text(text + "colour: red\nlog: {level: loud}\n")
    found = _ready(box)
    assert found["config"] == good["config"] == json.loads(kept.read_text())["digest"]
    health = found["health"]
    assert isinstance(health, dict)
    assert health["state"] == HealthState.FAILING
    told = "\n".join(health["reasons"])
    for says in (
        f"{box.config} is refused; running with the last good configuration",
        ": colour: unknown key",
        ': log.level: found "loud"',
    ):
        assert f"configuration: {says}" in told or says in told
        assert says in box.log.read_text()
    box.drop(SAMPLES / "lot.png")
    until(lambda: len(box.files("done")) == 1, 30)
    assert "is refused; running with" in box.edged("status").stdout
    assert box.edged("check").returncode == 78
    assert box.stop() == 0

    assert box.start("--strict").wait(60) == 78
    kept.unlink()
    assert box.start().wait(60) == 78
    assert "there is no last good configuration to start with" in box.log.read_text()


def test_layers_are_in_effect_and_shown(box: Box) -> None:
    """What a machine wrote wins over the file; `edged check` names the layers and who said what."""
    layer = box.path / "state" / "edged.d" / "10-tune.yaml"
    layer.parent.mkdir(parents=True)
    layer.write_text("sources:\n  inbox:\n    unsure_below: 0.123\n")
    checked, shown = box.edged("check"), box.edged("check", "--merged")
    assert checked.stdout.splitlines()[1:] == [f"with {layer}"]
    assert "    unsure_below: 0.123  # 10-tune.yaml:3" in shown.stdout.splitlines()

    layer.write_text("sources:\n  inbox:\n    unsure: 0.123\n")
    bad = box.edged("check")
    assert bad.returncode == 78
    assert "10-tune.yaml:3: sources.inbox.unsure: unknown key" in bad.stderr
    assert str(layer.parent) in bad.stderr
