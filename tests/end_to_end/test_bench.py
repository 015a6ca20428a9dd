"""`edged bench`, as short as it goes: that it measures everything, not what."""

import json
import os
from pathlib import Path

from tests.doubles.toy_model import make_toy
from tests.end_to_end.box import ROOT, Box


def test_every_step_is_measured_and_nothing_is_left(tmp_path: Path) -> None:
    """Raw, stage, text, folder to PUBACK; latencies, memory, disk; one JSON object, and a drawing."""
    box = Box(tmp_path)
    make_toy(tmp_path / "models", "says-a", "A")  # the search for the fastest setting compiles it fifty times
    box.configure(models_dir="models", model={"name": "says-a"})
    (tmp_path / "state").mkdir()
    drawing = tmp_path / "bench.svg"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}
    done = box.edged("bench", "--seconds", "0.1", "--rounds", "1", "--json", "--svg", str(drawing), env=environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [name for name, step in told["steps"].items() if step["per_second"] > 0] == ["raw", "stage", "text", "folder"]
    assert all(len(step["rates"]) == 1 and step["ratio"] > 0 for step in told["steps"].values())
    assert 0 < told["latency_ms"]["p50"] <= told["latency_ms"]["p99"]
    assert told["memory_mib"] > 50
    assert told["written_bytes"] > 0
    assert drawing.read_text().startswith("<svg")
    assert list((tmp_path / "state").iterdir()) == []
