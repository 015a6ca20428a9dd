"""From a trigger over MQTT to the reading at a subscriber: a real broker, the daemon, and a camera that plays drawn frames.

    python -m scripts.camera_latency                    # 300 triggers, 5 a second
    python -m scripts.camera_latency --backlog 10000    # while a folder of so many files is worked off

Beside it stands what the recogniser alone took for the frames of the same readings.
"""

import argparse
import json
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import cv2
import yaml
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edged.control.client import ask
from edged.errors import EdgedError
from scripts.belt import Belt
from scripts.demo import BROKER, free_port, wait_port

ROOT = Path(__file__).resolve().parent.parent
PER_SECOND = 5
FRAMES_PER_SECOND = 60


def configuration(port: int, frames: Path, agree: int, before: float) -> dict[str, Any]:
    """One camera that is triggered over MQTT, and a folder."""
    camera = {
        "kind": "camera",
        "url": f"file://{frames}",
        "file": {"fps": FRAMES_PER_SECOND, "loop": True},
        "frozen_seconds": 0,
        "trigger": {"kind": "mqtt"},
        "window": {"seconds": 0.15, "before_seconds": before, "deadline_seconds": 0.18, "agree": agree},
    }
    return {
        "version": 1,
        "device": "belt",
        "state_dir": "state",
        "models_dir": str(ROOT / "models"),
        "mqtt": {"host": "127.0.0.1", "port": port},
        "control": {"socket": "control.sock"},
        "sources": {"gate": camera, "inbox": {"kind": "folder", "path": "inbox"}},
    }


class Station:
    """A client that triggers and waits for the readings."""

    def __init__(self, port: int) -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self.sent: dict[str, float] = {}
        self.heard: dict[str, tuple[float, dict[str, Any]]] = {}
        self.answers: list[dict[str, Any]] = []
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", port)
        self.client.subscribe([("edged/belt/read/gate", 1), ("edged/belt/response/trigger", 1)])
        self.client.loop_start()

    def _on_message(self, _client: Any, _data: Any, message: Any) -> None:
        now, content = time.monotonic(), json.loads(message.payload)
        if message.topic.endswith("/trigger"):
            self.answers.append(content)
        elif content["part"] is not None:
            self.heard.setdefault(content["part"], (now, content))

    def trigger(self, part: str) -> None:
        """Say that a part is there."""
        properties: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = 2
        self.sent[part] = time.monotonic()
        self.client.publish("edged/belt/request/trigger", json.dumps({"source": "gate", "part": part}), qos=1, properties=properties)


def percentile(values: list[float], share: float) -> float:
    """The value that so many do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def row(name: str, values: list[float]) -> str:
    """In milliseconds."""
    return f"| {name} | {statistics.median(values):.1f} | {percentile(values, 0.99):.1f} | {max(values):.1f} |"


def lay_out(place: Path, port: int, agree: int, before: float, backlog: int) -> None:
    """Frames, files, configuration."""
    belt = Belt(1, hardness=0.2)
    for folder in ("frames", "inbox"):
        (place / folder).mkdir()
    for number in range(FRAMES_PER_SECOND):  # the part lies in the middle of each; noise, blur and light differ
        cv2.imwrite(str(place / "frames" / f"{number:04d}.bmp"), belt.frame(belt.middle(0), take=number))
    line = (ROOT / "tests" / "samples" / "lot.png").read_bytes()
    for number in range(backlog):
        (place / "inbox" / f"{number:05d}.png").write_bytes(line)
    (place / "edged.yaml").write_text(yaml.safe_dump(configuration(port, place / "frames", agree, before)), encoding="utf8")
    (place / "mosquitto.conf").write_text(BROKER.format(port=port), encoding="utf8")


def wait_ready(socket: Path) -> None:
    """Until the camera streams."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if ask(socket, "status")["sources"]["gate"]["state"] == "streaming":
                return
        except EdgedError:
            pass
        time.sleep(0.1)
    raise SystemExit("the daemon is not ready after 120 s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--triggers", type=int, default=300)
    parser.add_argument("--backlog", type=int, default=0, help="files in the folder")
    parser.add_argument("--agree", type=int, default=2)
    parser.add_argument("--before", type=float, default=0.05, help="seconds before the trigger from which frames count (default: 0.05)")
    arguments = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        lay_out(place, port, arguments.agree, arguments.before, arguments.backlog)
        broker = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") or "mosquitto"
        processes = [subprocess.Popen([broker, "-c", str(place / "mosquitto.conf")])]
        try:
            wait_port(port)
            command = [sys.executable, "-m", "edged", "run", "-c", str(place / "edged.yaml")]
            processes.append(subprocess.Popen(command, stderr=(place / "log").open("w")))
            wait_ready(place / "control.sock")
            return measure(Station(port), place / "control.sock", arguments.triggers)
        finally:
            for process in reversed(processes):
                process.send_signal(signal.SIGTERM)
                process.wait(30)


def measure(station: Station, socket: Path, triggers: int) -> int:
    """Trigger, wait, tell."""
    time.sleep(1)
    began, first = time.monotonic(), ask(socket, "status")
    for number in range(triggers):
        time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        station.trigger(str(number))
    deadline = time.monotonic() + 20
    while len(station.heard) < triggers and time.monotonic() < deadline:
        threading.Event().wait(0.1)
    last = ask(socket, "status")
    refused = [answer["error"] for answer in station.answers if not answer["ok"]]
    latency = [(at - station.sent[part]) * 1000 for part, (at, _) in station.heard.items()]
    alone = [reading["timing_ms"].get("recognise", 0.0) for _, reading in station.heard.values()]
    total = [reading["timing_ms"].get("total", 0.0) for _, reading in station.heard.values()]
    outcomes = [reading["outcome"] for _, reading in station.heard.values()]
    files = last["sources"]["inbox"]["filed"] - first["sources"]["inbox"]["filed"]
    print(f"{triggers} triggers, {PER_SECOND} a second; {files} files read meanwhile, {last['sources']['inbox']['waiting']} waiting\n")
    print("| milliseconds | p50 | p99 | at most |\n|---|---|---|---|")
    print(row("trigger to reading at the subscriber", latency))
    print(row("of these, from taking the part up to its reading", total))
    print(row("the recogniser alone, all frames of a part", alone))
    print(
        f"\n{len(latency)} readings: { ({one: outcomes.count(one) for one in set(outcomes)}) }; refused {len(refused)} {set(refused) or ''}"
    )
    return 0 if len(latency) == triggers else 1


if __name__ == "__main__":
    sys.exit(main())
