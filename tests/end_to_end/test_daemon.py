"""The daemon as an operator meets it: a real process, a real broker, a real model."""

import json
import signal
import socket
import stat
from pathlib import Path

import jsonschema

from tests.doubles.wait import until, until_still
from tests.end_to_end import laws
from tests.end_to_end.box import ROOT, SAMPLES, Box, running

CRASHING = ROOT / "tests" / "doubles" / "crashing_decoder"


def labels() -> dict[str, str]:
    """The samples' own texts."""
    rows = (line.split("\t") for line in (SAMPLES / "labels.tsv").read_text(encoding="utf8").splitlines())
    return {row[0]: row[1] for row in rows}


def test_a_dropped_picture_becomes_text_at_the_subscriber(tmp_path: Path) -> None:
    """The main job: copied in, read, published by the contract, filed under done."""
    schema = json.loads((ROOT / "config" / "reading.schema.json").read_text())
    with running(tmp_path) as (box, subscriber):
        for name in labels():
            box.drop(SAMPLES / name)
        readings = subscriber.wait(lambda readings: len(readings) >= len(labels()))
        for reading in readings:
            jsonschema.validate(reading, schema)
        right = sum(r["text"].replace(" ", "") == labels()[r["origin"]["name"]].replace(" ", "") for r in readings)
        assert right >= 0.8 * len(readings)
        until(lambda: len(box.files("done")) == len(readings))
        assert not list(box.inbox.iterdir())


def test_the_status_says_online_then_offline(tmp_path: Path) -> None:
    """The retained status is valid by its schema, and a clean stop leaves `offline` behind."""
    schema = json.loads((ROOT / "config" / "status.schema.json").read_text())
    with running(tmp_path) as (box, subscriber):
        status = subscriber.wait_status("online")
        jsonschema.validate(status, schema)
        assert status["health"] == {"state": "ok", "reasons": []}
        assert box.stop() == 0
        jsonschema.validate(subscriber.wait_status("offline"), schema)


def test_the_last_will_says_offline(tmp_path: Path) -> None:
    """A killed daemon is told by the broker."""
    with running(tmp_path) as (box, subscriber):
        box.kill()
        subscriber.wait_status("offline", timeout=60)


def test_a_broken_file_is_told_once_and_filed_with_its_reason(tmp_path: Path) -> None:
    """A PDF becomes a rejected reading and a file in failed with a sidecar; the next picture is read."""
    sample = next(iter(labels()))
    with running(tmp_path) as (box, subscriber):
        (box.inbox / "scan.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n")
        box.drop(SAMPLES / sample)
        readings = {r["origin"]["name"]: r for r in subscriber.wait(lambda readings: len(readings) >= 2)}
        assert readings["scan.pdf"]["outcome"] == "rejected"
        assert "PDF" in readings["scan.pdf"]["reasons"][0]
        assert readings[sample]["outcome"] in {"ok", "unsure"}
        until(lambda: len(box.files("failed")) == 2)
        sidecar = next(p for p in box.files("failed") if p.suffix == ".json")
        assert json.loads(sidecar.read_text())["reasons"] == readings["scan.pdf"]["reasons"]


def test_the_broker_may_come_later(tmp_path: Path) -> None:
    """The daemon starts and reads without a broker; everything arrives once there is one."""
    box = Box(tmp_path)
    try:
        box.start()
        for name in labels():
            box.drop(SAMPLES / name)
        until_still(lambda: len(box.files("done")) == len(labels()), lambda: (box.answers(), box.files("done")))
        assert box.daemon
        box.daemon.send_signal(signal.SIGSTOP)  # what it said before anybody listens would be lost
        box.start_broker()
        subscriber = box.subscribe()
        box.daemon.send_signal(signal.SIGCONT)
        readings = subscriber.wait(lambda readings: len(readings) >= len(labels()))
        assert [r["seq"] for r in readings] == list(range(1, len(labels()) + 1))
    finally:
        box.close()


def test_a_picture_that_crashes_the_reader_ends_in_failed(tmp_path: Path) -> None:
    """It takes the daemon down once, is found guilty in a child process at the next start, and stops nothing."""
    samples = list(labels())[:3]
    box = Box(tmp_path, environment={"PYTHONPATH": f"{CRASHING}:{ROOT}"})
    try:
        box.start_broker()
        subscriber = box.subscribe()
        poison = (SAMPLES / samples[0]).read_bytes() + b"EDGED-TEST-ABORT"
        (box.inbox / "poison.png").write_bytes(poison)
        for name in samples:
            box.drop(SAMPLES / name)
        assert box.start().wait(120) == -signal.SIGABRT
        box.start()
        readings = {r["origin"]["name"]: r for r in subscriber.wait(lambda readings: len({r["id"] for r in readings}) >= 4)}
        assert readings["poison.png"]["outcome"] == "failed"
        assert "crashed the reader twice" in readings["poison.png"]["reasons"][0]
        assert all(readings[name]["outcome"] in {"ok", "unsure"} for name in samples)
        assert box.stop() == 0
        assert any(p.name.endswith("~poison.png") for p in box.files("failed"))
    finally:
        box.close()


def test_status_and_health_come_from_the_socket(tmp_path: Path) -> None:
    """`edged status` asks the running daemon; the conservation laws hold."""
    with running(tmp_path) as (box, subscriber):
        for name in labels():
            box.drop(SAMPLES / name)
        subscriber.wait(lambda readings: len(readings) >= len(labels()))
        assert stat.S_IMODE((tmp_path / "control.sock").stat().st_mode) == 0o660

        def status() -> dict:
            return json.loads(box.edged("status", "--json").stdout)

        until(lambda: status()["outbox"]["sent"] == len(labels()))
        now = status()
        assert laws.broken(now) == []
        assert (now["accepted"], now["outbox"]["readings"]) == (len(labels()), len(labels()))
        assert "ok" in box.edged("status").stdout


def test_a_second_daemon_on_the_same_state_is_refused(tmp_path: Path) -> None:
    """It ends at once and says who is in the way; the first goes on."""
    with running(tmp_path) as (box, _):
        again = box.edged("run")
        assert again.returncode == 1
        assert "end the other edged" in again.stderr
        assert box.daemon
        assert box.daemon.poll() is None


def test_a_bad_configuration_ends_with_78(tmp_path: Path) -> None:
    """systemd does not restart on 78, so a typing error is no restart loop."""
    box = Box(tmp_path)
    box.configure(devise="x")
    result = box.edged("run")
    assert result.returncode == 78
    assert "did you mean device?" in result.stderr


def test_the_unit_is_told_ready_and_stopping(tmp_path: Path) -> None:
    """READY comes when pictures can be read, WATCHDOG while all stages move, STOPPING at the end."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(path))
        notify.settimeout(120)
        box = Box(tmp_path, environment={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "2000000"})
        try:
            box.start()
            heard: list[str] = []
            while not any("WATCHDOG=1" in message for message in heard):
                heard.append(notify.recv(4096).decode())
            assert any("READY=1" in message for message in heard)
            assert box.stop() == 0
            while "STOPPING=1" not in heard[-1]:
                heard.append(notify.recv(4096).decode())
        finally:
            box.close()


def test_the_stop_leaves_nothing_in_work(tmp_path: Path) -> None:
    """SIGTERM under load: what was claimed is committed or goes on at the next start."""
    with running(tmp_path) as (box, subscriber):
        sample = SAMPLES / next(iter(labels()))
        for number in range(200):
            box.drop(sample, f"{number}{sample.suffix}")
        assert box.stop() == 0
        box.start()
        readings = subscriber.wait(lambda readings: len({r["id"] for r in readings}) >= 200)
        assert sorted({r["seq"] for r in readings}) == list(range(1, 201))
        assert len({r["origin"]["name"] for r in readings}) == 200
    assert not list(box.inbox.iterdir())
