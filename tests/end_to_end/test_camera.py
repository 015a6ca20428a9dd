"""Cameras in the whole daemon: parts that pass are read once each, and who triggers gets a reading, whatever happens in between."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import pytest

from edged.control.client import ask as ask_socket
from edged.errors import EdgedError
from scripts.belt import SECTION, Belt
from tests.doubles.consumer import say
from tests.doubles.wait import until
from tests.end_to_end import laws
from tests.end_to_end.box import ROOT, Box, Subscriber, running
from tests.end_to_end.test_reload import Traffic
from tests.end_to_end.test_requests import told

SCHEMA = json.loads((ROOT / "config" / "reading.schema.json").read_text(encoding="utf8"))


def film(belt: Belt, folder: Path) -> str:
    """The belt as a folder of pictures; its address."""
    folder.mkdir()
    for number in range(1, belt.frames + 1):
        cv2.imwrite(str(folder / f"{number:05d}.jpg"), belt.frame(number), [cv2.IMWRITE_JPEG_QUALITY, 95])
    return f"file://{folder}"


def still(folder: Path, count: int = 1) -> str:
    """A camera in front of which a part lies still."""
    folder.mkdir()
    belt = Belt(1, hardness=0.1)
    for number in range(count):
        cv2.imwrite(str(folder / f"{number:05d}.png"), belt.frame(belt.middle(0)))
    return f"file://{folder}"


def triggered(url: str, **keys: Any) -> dict[str, Any]:
    """A camera that is asked over MQTT."""
    return {"kind": "camera", "url": url, "file": {"fps": 30, "loop": True}, "trigger": {"kind": "mqtt"}} | keys


def stamp(seconds: float = 0.0) -> str:
    """The time so long ago."""
    return (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds)).isoformat()


def request(box: Box, subscriber: Subscriber, content: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """Trigger over MQTT, and wait for the answer."""
    count = len(told(subscriber, "/response/trigger"))
    say(box.port, "edged/box/request/trigger", json.dumps({"id": count, **content}).encode(), **properties)
    until(lambda: len(told(subscriber, "/response/trigger")) > count, 30)
    return told(subscriber, "/response/trigger")[-1]


def test_each_part_that_passes_has_one_reading(tmp_path: Path) -> None:
    """Five parts with the same code in a row are five readings; the vote tells how many frames it had."""
    belt = Belt(6, hardness=0.15)
    object.__setattr__(belt, "texts", [belt.texts[0]] * 5 + [belt.texts[5][:-1] + "9"])
    patient = {"seconds": 30, "deadline_seconds": 30}  # a film that waits for who asks has no time of its own
    camera = dict(SECTION) | {"url": film(belt, tmp_path / "film"), "file": {"pace": "fast"}, "window": patient}
    with running(tmp_path, sources={"gate": camera}) as (box, subscriber):
        readings = subscriber.wait(lambda found: len(found) >= 6)
        assert [reading["text"] for reading in readings] == belt.texts
        for reading in readings:
            jsonschema.validate(reading, SCHEMA)
            assert reading["trigger"]["kind"] == "presence"
            assert reading["lines"][0]["frames"] >= 2
            assert reading["origin"]["name"].startswith("gate ")
        until(lambda: ask_socket(box.counted[0], "status")["sources"]["gate"]["filed"] == 6)
        until(lambda: 'edged_camera_frames_total{source="gate"}' in box.metrics())


def test_a_trigger_over_mqtt_has_its_reading_under_the_id_that_was_told(tmp_path: Path) -> None:
    """The part comes back; without a fresh timestamp or expiry, or too late, it is refused, and no reading is made."""
    with running(tmp_path, sources={"gate": triggered(still(tmp_path / "film"), window={"seconds": 30, "deadline_seconds": 30})}) as (
        box,
        subscriber,
    ):
        until(lambda: box.answers() and ask_socket(box.counted[0], "status")["sources"]["gate"]["state"] == "streaming")
        ids: list[str] = []
        for content in ({"part": "4711"}, {"part": "4712"}, {"source": "gate", "part": 7}):
            ids.append(request(box, subscriber, content, MessageExpiryInterval=30)["result"]["reading"])
            readings = subscriber.wait(lambda found: len(found) >= len(ids))  # two parts that share one frame are not both read
        assert [(reading["id"], reading["part"]) for reading in readings] == list(zip(ids, ("4711", "4712", "7"), strict=True))
        assert all(reading["trigger"]["kind"] == "mqtt" for reading in readings)
        assert {reading["text"] for reading in readings} == {Belt(1).texts[0]}
        for refused in ({}, {"timestamp": stamp(20)}):
            assert not request(box, subscriber, refused)["ok"]
        assert not request(box, subscriber, {"source": "inbox"}, MessageExpiryInterval=30)["ok"]
        assert ask_socket(box.counted[0], "trigger", part="by hand")["source"] == "gate"
        readings = subscriber.wait(lambda found: len(found) >= 4)
        assert [reading["part"] for reading in readings[3:]] == ["by hand"]


def test_a_trigger_without_a_frame_is_answered_by_its_deadline(tmp_path: Path) -> None:
    """A camera that is away does not make silence: the reading failed, its fields were not read."""
    away = triggered("file:///nowhere/at/all.mp4", fields={"lot": {}}, window={"seconds": 0.1, "deadline_seconds": 0.2})
    with running(tmp_path, sources={"gate": away}) as (box, subscriber):
        identity = request(box, subscriber, {"part": "1"}, MessageExpiryInterval=30)["result"]["reading"]
        [reading] = subscriber.wait(lambda found: len(found) >= 1)
        assert (reading["id"], reading["outcome"], reading["fields"][0]["state"]) == (identity, "failed", "not_read")
        assert "no frame came" in reading["reasons"][0]
        jsonschema.validate(reading, SCHEMA)


def test_triggers_of_a_daemon_that_was_killed_are_answered_by_the_next(tmp_path: Path) -> None:
    """Each accepted trigger has exactly one reading, under its id."""
    slow = triggered("file:///nowhere/at/all.mp4", window={"seconds": 28, "deadline_seconds": 28})
    with running(tmp_path, sources={"gate": slow}) as (box, subscriber):
        ids = [request(box, subscriber, {"part": str(n)}, MessageExpiryInterval=30)["result"]["reading"] for n in range(3)]
        box.kill()
        box.start()
        readings = subscriber.wait(lambda found: len(found) >= 3)
        assert [(reading["id"], reading["part"]) for reading in readings] == [(one, str(n)) for n, one in enumerate(ids)]
        assert all(reading["outcome"] == "failed" and "edged ended" in reading["reasons"][0] for reading in readings)
        until(lambda: ask_socket(box.counted[0], "status")["sources"]["gate"]["recovered"] == 3)
        laws.check_settled(box.counted[0], tmp_path / "work")
        assert box.stop() == 0
        box.start()
        subscriber.wait_status("online")
        until(box.answers)
        assert ask_socket(box.counted[0], "status")["accepted"] == 0


def test_triggers_are_read_in_time_while_a_folder_is_worked_off(tmp_path: Path) -> None:
    """A folder waits, a camera does not: each trigger has its frames read before its deadline, and files go on being read."""
    gate = triggered(still(tmp_path / "film"), window={"seconds": 30, "deadline_seconds": 30})
    with running(tmp_path, sources={"gate": gate, "inbox": {"path": "inbox"}}) as (box, subscriber):
        until(lambda: box.answers() and ask_socket(box.counted[0], "status")["sources"]["gate"]["state"] == "streaming")
        parts: list[dict[str, Any]] = []
        with Traffic(box, pause=0) as traffic:  # the folder never runs dry, however long the parts take
            for number in range(5):
                others = sum(reading["source"] == "inbox" for reading in subscriber.readings())
                ask_socket(box.counted[0], "trigger", source="gate", part=str(number))
                found = subscriber.wait(lambda found: sum(reading["source"] == "gate" for reading in found) == number + 1)  # noqa: B023
                parts = [reading for reading in found if reading["source"] == "gate"]
                subscriber.wait(lambda found: sum(reading["source"] == "inbox" for reading in found) > others)  # noqa: B023
            dropped = traffic.end()
        assert [(reading["part"], reading["outcome"]) for reading in parts] == [(str(n), "ok") for n in range(5)]
        subscriber.wait(lambda found: len(found) >= dropped + 5)


def test_only_a_camera_that_says_so_is_triggered_by_requests(tmp_path: Path) -> None:
    """The configuration of the source is the permission; who asks another one is told what to set."""
    camera = {"kind": "camera", "url": still(tmp_path / "film"), "trigger": {"kind": "interval", "every_seconds": 1000}}
    with running(tmp_path, sources={"gate": camera}) as (box, _), pytest.raises(EdgedError, match=r"trigger\.kind interval"):
        ask_socket(box.counted[0], "trigger")
