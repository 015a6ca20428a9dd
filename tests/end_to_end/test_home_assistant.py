"""What Home Assistant shows of a box, through a real broker."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.doubles.home_assistant import HomeAssistant
from tests.doubles.wait import until
from tests.end_to_end.box import SAMPLES, Box, running

SHOWN = {"home_assistant": {"enabled": True}, "live_seconds": 600}  # a live signal may be late here


def put(box: Box, field: str, mqtt: dict[str, Any] = SHOWN, **inbox: Any) -> None:
    box.configure(mqtt=mqtt, inbox={"fields": {field: {}}, **inbox})


def test_a_field_that_is_renamed_is_gone_and_the_new_one_is_there(tmp_path: Path) -> None:
    """By a reload and over a restart; switched off, or under another prefix, nothing of the device is left behind."""
    with running(tmp_path, mqtt=SHOWN, inbox={"fields": {"lot": {}}, "evidence": {"image": "all"}}) as (box, subscriber):
        home = HomeAssistant(box.port)
        try:
            home.until(lambda h: h.names() == {"Health", "inbox", "inbox problem", "inbox lot"})
            home.until(lambda h: all(one.available for one in h.entities.values()))
            box.drop(min(SAMPLES.glob("*.png")))
            (reading,) = subscriber.wait(lambda found: len(found) >= 1)
            home.until(lambda h: h.entities["edged.box.read.inbox"].state == reading["text"])
            home.until(lambda h: h.entities["edged.box.field.inbox.lot"].attributes.get("state") == "read")
            home.until(lambda h: h.entities["edged.box.field.inbox.lot"].state == reading["text"])  # it is said beside the reading
            assert home.entities["edged.box.problem.inbox"].state == "OFF"
            assert home.entities["edged.box.health"].state == "ok"
            assert home.entities["edged.box.read.inbox"].attributes["id"] == reading["id"]
            home.until(lambda h: h.entities["edged.box.image.inbox"].image)
            data = home.entities["edged.box.image.inbox"].image
            assert data
            assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[1] <= 640

            put(box, "batch")
            assert box.edged("reload", "--wait").returncode == 0
            home.until(lambda h: h.names() == {"Health", "inbox", "inbox problem", "inbox batch"})
            assert home.names("image") == set()
            home.comes_online()
            until(lambda: b"lot" not in home.announcements[-1])
            assert home.names() == {"Health", "inbox", "inbox problem", "inbox batch"}

            assert box.stop() == 0
            home.until(lambda h: not any(one.available for one in h.entities.values()))
            put(box, "serial")
            box.start()
            home.until(lambda h: h.names() == {"Health", "inbox", "inbox problem", "inbox serial"})

            put(box, "serial", {"home_assistant": {"enabled": True, "prefix": "other"}})
            assert box.edged("reload", "--wait").returncode == 0
            home.until(lambda h: not h.entities)
            other = HomeAssistant(box.port, "other")
            other.until(lambda h: len(h.entities) == 4)
            put(box, "serial", {})
            assert box.edged("reload", "--wait").returncode == 0
            other.until(lambda h: not h.entities)
            other.close()
            assert json.loads(box.edged("status", "--json").stdout)["health"] == {"state": "ok", "reasons": []}
            assert not (tmp_path / "state" / "home_assistant.json").exists()
        finally:
            home.close()
