"""Show the main job: broker, daemon, sample lines and a photograph, and the readings as a subscriber sees them.

The photograph is also drawn with what was read in it.

With `CAMERA=sample` a belt is rendered and played to a camera instead: one reading for each part that passes.

`make run` starts this. On a terminal it stays up until Ctrl-C; without one it ends by itself, with 0 only
if the reading of every sample arrived.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "samples"
PLACE = ROOT / "run"
DRAWN = PLACE / "annotated"
FOLDERS = {"inbox": SAMPLES, "photos": SAMPLES / "photos"}
TIMEOUT_SECONDS = 60.0

HEAD = """\
version: 1
device: demo
state_dir: state
models_dir: {models}
mqtt: {{host: 127.0.0.1, port: {port}}}
control: {{socket: control.sock}}
sources:
"""
FOLDER_SOURCES = """\
  inbox: {{kind: folder, path: inbox}}
  photos: {{kind: folder, path: photos, layout: detect}}
"""
CAMERA_SOURCES = """\
  belt:
    kind: camera
    url: file://{film}
    file: {{pace: fast}}  # as fast as it is read, so that nothing is passed over whatever machine this is
    trigger: {{kind: presence, region: ["25%", "0%", "50%", "100%"]}}
    window: {{seconds: 30, deadline_seconds: 30}}
"""
BELT_PARTS = 20
BROKER = "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n"


class Subscriber:
    """mosquitto_sub on all topics of the daemon; prints what arrives and remembers who was read."""

    def __init__(self, port: int) -> None:
        command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-t", "edged/#", "-F", "%t\t%p"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf8")
        self.read: set[str] = set()
        self.parts = 0
        self._state: str | None = None
        self._changed = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            topic, _, payload = line.rstrip("\n").partition("\t")
            message = json.loads(payload)
            show(topic, message, whole=not self.read)
            with self._changed:
                if topic.endswith("/status"):
                    self._state = message["state"]
                elif "/read/" in topic:
                    self.read.add(message["origin"]["name"])
                    self.parts += message["trigger"] is not None
                self._changed.notify_all()

    def wait_online(self) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._state == "online", TIMEOUT_SECONDS)

    def wait_parts(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.parts >= count, TIMEOUT_SECONDS)

    def wait_read(self, names: set[str]) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: names <= self.read, TIMEOUT_SECONDS)


def show(topic: str, message: dict[str, Any], *, whole: bool) -> None:
    """Print a message: the first reading as it is, the others in a line."""
    if "/read/" not in topic:
        print(f"{topic}  {message.get('state', message)}", flush=True)
        return
    if whole:
        print(f"{topic}  (the first one as it arrives, but for the line ends; the others in short)")
        lines = (f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in message.items())
        print("{\n" + ",\n".join(lines) + "\n}")
    reasons = f"  ({'; '.join(message['reasons'])})" if message["reasons"] else ""
    text = message["text"].replace("\n", " / ")
    print(
        f"{topic}  #{message['seq']:<3} {message['origin']['name']:28} {message['outcome']:8} {message['confidence']:.2f}  {text}{reasons}",
        flush=True,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(port: int, *, camera: bool) -> None:
    """Lay out a fresh place with two drop folders, or the film of a belt, the daemon's and the broker's configuration."""
    shutil.rmtree(PLACE, ignore_errors=True)
    for folder in FOLDERS:
        (PLACE / folder).mkdir(parents=True)
    text = (HEAD + (CAMERA_SOURCES if camera else FOLDER_SOURCES)).format(models=ROOT / "models", port=port, film=PLACE / "film")
    (PLACE / "edged.yaml").write_text(text, encoding="utf8")
    if camera:
        print(f"rendering a belt with {BELT_PARTS} parts; ten of them in a row carry the same code", flush=True)
        command = [sys.executable, "-m", "scripts.belt", "--parts", str(BELT_PARTS), "--film", str(PLACE / "film")]
        subprocess.run(command, cwd=ROOT, check=True)
    (PLACE / "mosquitto.conf").write_text(BROKER.format(port=port), encoding="utf8")


def stop(process: subprocess.Popen[Any]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()


def pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in {".png", ".jpg"})


def drop() -> set[str]:
    """Drop every sample as any program would: copied under its name."""
    dropped = set()
    for folder, samples in FOLDERS.items():
        for sample in pictures(samples):
            shutil.copyfile(sample, PLACE / folder / sample.name)  # no more than that: once it is written, the daemon takes it
            dropped.add(sample.name)
    return dropped


def annotate() -> None:
    """Draw what was read into the photographs, as anybody would, and say where they lie."""
    photos = [str(path) for path in pictures(FOLDERS["photos"])]
    command = [sys.executable, "-m", "edged", "read", "-c", str(PLACE / "edged.yaml"), "--source", "photos"]
    done = subprocess.run([*command, "--annotate", str(DRAWN), *photos], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"demo: the photographs could not be drawn:\n{done.stderr}", file=sys.stderr)
        return
    print(done.stderr, end="", file=sys.stderr)
    print("what was read, drawn into the photograph:", *(str(path) for path in pictures(DRAWN)))


def watch(daemon: subprocess.Popen[Any]) -> None:
    lines, photos = (PLACE / folder for folder in FOLDERS)
    print(f"\nDrop pictures of text lines into\n\n    {lines}\n\nand whole photographs into\n\n    {photos}", flush=True)
    print("\nand watch them here. Ctrl-C ends.\n", flush=True)
    while daemon.poll() is None:
        time.sleep(0.5)
    print(f"the daemon ended by itself with {daemon.returncode}", file=sys.stderr)


def main() -> int:
    port, camera = free_port(), os.environ.get("CAMERA") == "sample"
    prepare(port, camera=camera)
    broker = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/sbin")
    if broker is None:
        print("demo: mosquitto is not installed; run: make setup", file=sys.stderr)
        return 1
    processes: list[subprocess.Popen[Any]] = [subprocess.Popen([broker, "-c", str(PLACE / "mosquitto.conf")])]
    try:
        wait_port(port)
        subscriber = Subscriber(port)
        processes.append(subscriber.process)
        daemon = subprocess.Popen([sys.executable, "-m", "edged", "run", "-c", str(PLACE / "edged.yaml")], stderr=(PLACE / "log").open("w"))
        processes.append(daemon)
        if not subscriber.wait_online():
            print(f"demo: the daemon did not come up; its log:\n{(PLACE / 'log').read_text()}", file=sys.stderr)
            return 1
        if camera:
            complete = subscriber.wait_parts(BELT_PARTS)
            print(f"\n{subscriber.parts} readings of {BELT_PARTS} parts; the daemon's log is {PLACE / 'log'}")
            return 0 if complete and subscriber.parts == BELT_PARTS else 1
        names = drop()
        complete = subscriber.wait_read(names)
        print(f"\n{len(names & subscriber.read)} of {len(names)} samples were read; the daemon's log is {PLACE / 'log'}")
        annotate()
        if sys.stdin.isatty() and sys.stdout.isatty():
            watch(daemon)
        return 0 if complete else 1
    except KeyboardInterrupt:
        return 0
    finally:
        for process in reversed(processes):
            stop(process)


def wait_port(port: int) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"demo: the broker does not listen on port {port}")


if __name__ == "__main__":
    sys.exit(main())
