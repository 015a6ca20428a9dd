"""A model that says which way a line stands, in the chain of the daemon; and sources that read with models of their own."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from edged.config import MqttSection
from edged.config.file import load_config
from edged.flow.payload import encode_reading
from edged.flow.reader import Job, Reader
from edged.flow.signals import signals
from edged.generation import Generation, build_generation
from edged.lib.clock import SystemClock
from edged.types import FieldState, Outcome, Reading, SourceName
from tests.doubles.toy_model import TURNED, make_toy, picture
from tests.end_to_end.box import edged
from tests.unit.flow.test_reader import delivery

FIELDS = {"wire": {"pattern": "[A-Z]", "confusions": "seen", "dictionary": ["A", "B"]}}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models: one reads A, the other B."""
    place = tmp_path_factory.mktemp("shelf")
    make_toy(place, "says-a", "A")
    make_toy(place, "says-b", "B")
    return place


@pytest.fixture(scope="module")
def generation(shelf: Path) -> Iterator[Generation]:
    """Five folders: two name their model, one a model for its field, and one has places."""
    for name in ("left", "right", "third", "fourth", "fifth"):
        (shelf / name).mkdir()
    content = {
        "version": 1,
        "device": "box",
        "models_dir": ".",
        "state_dir": "state",
        "model": {"name": "says-a"},
        "recognise": {"threads": 1, "requests": 1},
        "sources": {
            "left": {"path": "left", "model": {"name": "says-a"}, "fields": FIELDS},
            "right": {"path": "right", "model": {"name": "says-b"}},
            "third": {"path": "third"},
            "fifth": {
                "path": "fifth",
                "layout": "regions",
                "fields": {"up": {"box": [0, 0, 48, 32]}, "down": {"box": [0, 32, 48, 32]}},
            },
            "fourth": {"path": "fourth", "model": {"name": "says-a"}, "fields": {"wire": {"model": {"name": "says-b"}}}},
        },
    }
    (shelf / "edged.yaml").write_text(yaml.safe_dump(content), encoding="utf8")
    made = build_generation(load_config(shelf / "edged.yaml"), SystemClock())
    yield made
    for recogniser in made.recognisers:
        recogniser.close()


def read(reader: Reader, data: bytes) -> Reading:
    completed: list[Job] = []
    done = threading.Event()

    def complete(job: Job) -> None:
        completed.append(job)
        done.set()

    reader.begin(delivery(data=data), complete)
    assert done.wait(60)
    return reader.conclude(completed[0])


def test_each_source_reads_with_its_own_model(generation: Generation) -> None:
    """The same picture says A in one folder and B in another, a field's choice goes before its source's; no model is opened twice."""
    found = {name: read(generation.readers[SourceName(name)], picture()) for name in ("left", "right", "third", "fourth")}
    assert {name: (got.text, got.model and got.model.name) for name, got in found.items()} == {
        "left": ("A", "says-a"),
        "right": ("B", "says-b"),
        "third": ("A", "says-a"),
        "fourth": ("B", "says-b"),
    }
    assert {got.outcome for got in found.values()} == {Outcome.OK}
    assert len(generation.recognisers) == 2


def test_what_stands_upside_down_is_rejected_without_a_text(generation: Generation) -> None:
    """Field and live signal say that nothing was read; nothing that is published names the class."""
    reading = read(generation.readers[SourceName("left")], picture(turned=True))
    assert (reading.outcome, reading.text, reading.confidence, reading.lines) == (Outcome.REJECTED, "", 0.0, ())
    assert reading.reasons[0].startswith("upside down: ")
    assert [(field.text, field.raw, field.state, field.characters) for field in reading.fields] == [("", "", FieldState.NOT_READ, ())]
    assert TURNED not in encode_reading(reading, device="d", seq=1, epoch="e").decode()
    assert [message.payload for message in signals(reading, "edged/d", MqttSection())] == [b"?"]


def test_of_two_places_only_the_one_that_stands_upside_down_is_not_read(generation: Generation) -> None:
    """The other keeps its text, and the reason names the field."""
    above, below = (cv2.imdecode(np.frombuffer(picture(turned=turned), np.uint8), cv2.IMREAD_COLOR) for turned in (False, True))
    assert above is not None
    assert below is not None
    reading = read(generation.readers[SourceName("fifth")], cv2.imencode(".png", np.vstack((above, below)))[1].tobytes())
    assert reading.outcome is Outcome.UNSURE
    assert reading.reasons[0].startswith("field down: upside down: ")
    assert {field.name: (field.text, field.state) for field in reading.fields} == {
        "up": ("A", FieldState.READ),
        "down": ("", FieldState.NOT_READ),
    }


def test_nothing_of_an_upright_reading_names_the_class(generation: Generation) -> None:
    """It was seen at each step as well, with next to no share."""
    payload = encode_reading(read(generation.readers[SourceName("left")], picture()), device="d", seq=1, epoch="e")
    told: dict[str, Any] = json.loads(payload)
    assert (told["outcome"], told["fields"][0]["text"]) == ("ok", "A")
    assert told["fields"][0]["characters"]
    assert TURNED not in payload.decode()


def test_one_shot_commands_say_it_and_count_it(shelf: Path, tmp_path: Path) -> None:
    """`edged read` says what to do; `edged models eval` counts such a line as not read and wrong, whatever its label, and says so."""
    tree = tmp_path / "tree" / "wires"
    tree.mkdir(parents=True)
    (tree / "up.png").write_bytes(picture())
    (tree / "down.png").write_bytes(picture(turned=True))
    (tree / "dev.tsv").write_text(f"up.png\tA\ndown.png\t{TURNED}\n", encoding="utf8")
    done = edged("read", str(tree / "down.png"), "--model", "says-a", "--models-dir", str(shelf))
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert "down.png: rejected: upside down: " in done.stderr
    assert "turn the picture by 180 degrees" in done.stderr
    done = edged("models", "eval", str(tree.parent), "--model", "says-a", "--models-dir", str(shelf), "--json", str(tmp_path / "f.json"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 not read, 1 of them told upside down" in done.stdout
    told = json.loads((tmp_path / "f.json").read_text())
    assert told["sources"]["wires"] == {"n": 2, "exact": 0.5, "case": 0.5, "cer": 0.5, "not_read": 1}
    assert told["upside_down"] == {"wires": 1}
