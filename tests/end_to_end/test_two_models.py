"""Two folders, each with a model of its own, and a picture that stands upside down."""

import json
from pathlib import Path

import jsonschema

from tests.doubles.toy_model import TURNED, make_toy, picture
from tests.doubles.wait import until
from tests.end_to_end.box import ROOT, running


def test_each_folder_reads_with_its_own_model_and_upside_down_is_told(tmp_path: Path) -> None:
    """The same picture says A in one folder and B in the other; turned, it is rejected with what to do, and filed with its reason."""
    make_toy(tmp_path / "models", "says-a", "A")
    make_toy(tmp_path / "models", "says-b", "B")
    (tmp_path / "other").mkdir()
    (tmp_path / "up.png").write_bytes(picture())
    (tmp_path / "down.png").write_bytes(picture(turned=True))
    schema = json.loads((ROOT / "config" / "reading.schema.json").read_text())
    sources = {
        "inbox": {"path": "inbox", "model": {"name": "says-a"}, "fields": {"wire": {}}},
        "other": {"path": "other", "model": {"name": "says-b"}},
    }
    mqtt = {"live_seconds": 600}  # a live signal may be late here
    with running(tmp_path, models_dir="models", model={"name": "says-a"}, sources=sources, mqtt=mqtt) as (box, subscriber):
        box.drop(tmp_path / "up.png")
        box.drop(tmp_path / "down.png")
        (tmp_path / "up.png").rename(tmp_path / "other" / "up.png")
        readings = subscriber.wait(lambda readings: len(readings) >= 3)
        for reading in readings:
            jsonschema.validate(reading, schema)
        told = {(r["source"], r["origin"]["name"]): (r["outcome"], r["text"], r["model"]["name"]) for r in readings}
        assert told == {
            ("inbox", "up.png"): ("ok", "A", "says-a"),
            ("inbox", "down.png"): ("rejected", "", "says-a"),
            ("other", "up.png"): ("ok", "B", "says-b"),
        }
        until(lambda: len(box.files("failed")) == 2)  # the picture and its sidecar
        sidecar = next(path for path in box.files("failed") if path.suffix == ".json")
        assert "turn the picture by 180 degrees" in sidecar.read_text(encoding="utf8")
        assert not [payload for _, _, payload in subscriber.messages if TURNED in json.dumps(payload, ensure_ascii=False)]
        until(lambda: [payload["text"] for _, topic, payload in subscriber.messages if "/field/inbox/wire" in topic] == ["A", "?"])
