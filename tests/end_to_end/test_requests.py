"""What consumers may ask of the daemon over MQTT, and `edged replay`."""

import base64
import datetime as dt
import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.doubles.consumer import say
from tests.doubles.wait import until
from tests.end_to_end.box import SAMPLES, Box, Subscriber, running


def told(subscriber: Subscriber, word: str) -> list[dict[str, Any]]:
    """Payloads on topics that contain *word*."""
    return [payload for _, topic, payload in list(subscriber.messages) if word in topic]


def ask(box: Box, subscriber: Subscriber, verb: str, **arguments: Any) -> dict[str, Any]:
    """Ask over MQTT and wait for the answer."""
    count = len(told(subscriber, f"/response/{verb}"))
    now = dt.datetime.now(dt.UTC).isoformat()
    say(box.port, f"edged/box/request/{verb}", json.dumps({"id": count, "timestamp": now, **arguments}).encode(), MessageExpiryInterval=30)
    until(lambda: len(told(subscriber, f"/response/{verb}")) > count, 30)
    answer = told(subscriber, f"/response/{verb}")[-1]
    assert answer["id"] == count
    return answer


def test_health_read_and_replay_over_mqtt(tmp_path: Path) -> None:
    """A question is answered; a picture that comes with one is read and leaves no trace; a replay brings everything again."""
    with running(tmp_path, mqtt={"control": True}) as (box, subscriber):
        assert ask(box, subscriber, "health")["result"] == {"state": "ok", "reasons": []}
        effect = ask(box, subscriber, "config")["result"]
        assert effect["config"]["mqtt"]["port"] == box.port
        assert effect["said"]["mqtt.port"].startswith("edged.yaml:")
        assert effect["digest"] == subscriber.wait_status("online")["config"]
        samples = sorted(SAMPLES.glob("*.png"))[:3]
        for sample in samples:
            box.drop(sample)
        readings = subscriber.wait(lambda found: len(found) >= 3)
        picture = base64.b64encode(samples[0].read_bytes()).decode()
        answer = ask(box, subscriber, "read", image=picture, name="asked.png")["result"]
        (same,) = [r for r in readings if r["origin"]["sha256"] == answer["origin"]["sha256"]]
        assert (answer["text"], answer["seq"]) == (same["text"], None)
        until(lambda: json.loads(box.edged("status", "--json").stdout)["outbox"]["sent"] == 3)
        assert ask(box, subscriber, "replay", from_seq=1)["result"]["rows"] == 3
        subscriber.wait(lambda found: len(found) >= 6)
        assert sorted(r["seq"] for r in subscriber.readings()) == [1, 1, 2, 2, 3, 3]
        until(lambda: told(subscriber, "/event/replay_done"))
        run = box.edged("replay", "--from-seq", "2")
        assert run.stdout == "2 readings to be sent once more, seq 2 to 3\n"
        subscriber.wait(lambda found: len(found) >= 8)
        assert "not supported yet" in ask(box, subscriber, "firmware")["error"]
        assert "no camera" in ask(box, subscriber, "trigger", source="inbox")["error"]
        until(lambda: told(subscriber, "/event/request_refused"))
        assert "request refused" in box.log.read_text()


def test_requests_that_come_too_fast_are_counted_where_somebody_looks(tmp_path: Path) -> None:
    """Who asks a hundred times at once is not answered each time: status and metrics tell how often."""
    with running(tmp_path) as (box, subscriber):
        flood = ["mosquitto_pub", "-p", str(box.port), "-t", "edged/box/request/health", "-l"]
        subprocess.run(flood, input="{}\n" * 100, text=True, check=True)
        until(lambda: told(subscriber, "/response/health"))
        until(lambda: json.loads(box.edged("status", "--json").stdout)["broker"]["requests_dropped"] > 0)
        assert "requests dropped" in box.edged("status").stdout
        until(lambda: re.search(r"edged_requests_dropped_total [1-9]", box.metrics()))


def test_a_replay_without_a_daemon_is_done_by_the_next_one(tmp_path: Path) -> None:
    """What was asked for stands in the outbox."""
    with running(tmp_path) as (box, subscriber):
        box.drop(min(SAMPLES.glob("*.png")))
        subscriber.wait(lambda found: len(found) >= 1)
        until(lambda: json.loads(box.edged("status", "--json").stdout)["outbox"]["sent"] == 1)
        assert box.stop() == 0
        assert box.edged("replay").stdout == "1 reading to be sent once more, seq 1 to 1\n"
        box.start()
        subscriber.wait(lambda found: len(found) >= 2)
