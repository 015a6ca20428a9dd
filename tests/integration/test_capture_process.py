"""The process that captures, really started: what it gets wrong is told and over, and it never outlives us."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edged.flow.camera.capture import Capture
from tests.contracts.frame_source_contract import ask
from tests.doubles.cameras import QUICK, capture_of, odd_capture
from tests.doubles.mjpeg_camera import MjpegCamera
from tests.doubles.wait import until

ROOT = Path(__file__).parents[2]
CAMERA = {"url": "rtsp://127.0.0.1:9/none", "open_seconds": 1, "read_seconds": 0.5}


def pid_of(capture: Capture) -> int:
    """Of its process now; 0 where there is none."""
    link = capture._link
    child = link._child if link else None
    return child.pid if child else 0


def gone(process: Path) -> bool:
    """Whether a process is over; it may end while we look."""
    try:
        return "(zombie)" in process.joinpath("status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize(
    ("word", "state", "says"),
    [
        ("mute", "failed", "does not start"),
        ("nonsense", "failed", "may not say"),
        ("hanging", "failed", "hangs"),
        ("crashing", "failed", "signal 11"),
        ("unsealed", "failed", "memory that is none"),
        ("huge", "failed", "100000 x 100000"),
    ],
)
def test_whatever_the_process_does_wrong_is_told(word: str, state: str, says: str) -> None:
    """It hangs, dies, or says what it may not: a state, words, and another process; nothing of it is believed."""
    times = replace(QUICK, start=1.0 if word == "mute" else 60.0, hung=0.6)  # the others do start, however long Python takes
    capture = odd_capture(f"{sys.executable} -m tests.doubles.odd_child {word}", CAMERA, times=times)
    capture.open()
    try:
        # A slow machine may find it hanging first: what it really does wrong shows at a later start.
        until(lambda: capture.told()["state"] == state and says in capture.trouble, 90, says)
        assert capture.newer(0, 0.01) is None
        assert capture.told()["frames"] == 0 or word == "unsealed"
        pid = pid_of(capture)
        until(lambda: pid_of(capture) not in (0, pid), 60, "another one is started")
    finally:
        capture.close()


def pictures(folder: Path, count: int = 3) -> Path:
    folder.mkdir()
    for index in range(count):
        cv2.imwrite(str(folder / f"{index}.png"), np.full((48, 64, 3), 40 * index, np.uint8))
    return folder


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_us(tmp_path: Path, number: signal.Signals) -> None:
    """Whoever kills the daemon leaves no process behind that holds the camera."""
    program = (
        "import sys, time; from tests.doubles.cameras import capture_of; "
        f"c = capture_of({{'url': 'file://{pictures(tmp_path / 'shown')}', 'file': {{'loop': True, 'fps': 50}}}}); c.open(); "
        "c.newer(0, 20); print(c._link._child.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = Path(f"/proc/{int(parent.stdout.readline())}")
    assert b"edged.capture" in child.joinpath("cmdline").read_bytes()
    parent.send_signal(number)
    parent.communicate()
    until(lambda: gone(child), 60, "it is gone")


def test_no_other_process_of_the_same_user_can_read_it(tmp_path: Path) -> None:
    """Its memory holds a password: it cannot be traced, its memory and its environment belong to root."""
    capture = capture_of({"url": f"file://{pictures(tmp_path / 'shown')}", "file": {"loop": True, "fps": 50}})
    capture.open()
    try:
        ask(capture, 0)
        assert capture._link is not None
        assert capture._link._child is not None
        child = Path(f"/proc/{capture._link._child.pid}")
        assert child.joinpath("environ").stat().st_uid == 0
        names = (
            {entry.split(b"=")[0].decode() for entry in child.joinpath("environ").read_bytes().split(b"\0")} if os.geteuid() == 0 else set()
        )
        assert not [name for name in names if "PROXY" in name.upper() or "CREDENTIALS" in name]
    finally:
        capture.close()


def test_a_picture_that_cannot_be_decoded_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The journal names it; the others are shown, in the order of their names, of whatever size."""
    folder = pictures(tmp_path / "shown")
    (folder / "1.png").write_bytes(b"no picture")
    (folder / "readme.txt").write_text("nor this")
    cv2.imwrite(str(folder / "9.jpg"), np.full((30, 90, 3), 250, np.uint8))
    capture = capture_of({"url": f"file://{folder}", "file": {"pace": "fast"}})
    capture.open()
    try:
        frames = [ask(capture, than) for than in range(3)]
        assert [frame.image.shape for frame in frames] == [(48, 64, 3), (48, 64, 3), (30, 90, 3)]
        assert [round(float(frame.image.mean())) for frame in frames] == [0, 80, 250]
        assert capture.newer(3, 20) is None
        assert (capture.ended, capture.told()["resized"]) == (True, 1)
        assert [record.picture for record in caplog.records if hasattr(record, "picture")] == ["1.png"]
    finally:
        capture.close()


def _film(path: Path, frames: int) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for index in range(frames):
        writer.write(np.full((48, 64, 3), 10 * index + 20, np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize("loop", [False, True])
def test_a_film_is_shown_frame_by_frame(tmp_path: Path, loop: bool) -> None:
    """In lock step every frame of a video comes once; where it is played over and over it begins again."""
    capture = capture_of(
        {"url": f"file://{_film(tmp_path / 'a%20film.avi', 6)}".replace("%", "%25"), "file": {"pace": "fast", "loop": loop}}
    )
    capture.open()
    try:
        levels = [round((float(ask(capture, than).image.mean()) - 20) / 10) for than in range(6)]
        assert levels == list(range(6))
        if loop:
            assert [round((float(ask(capture, than).image.mean()) - 20) / 10) for than in range(6, 9)] == [0, 1, 2]
        else:
            assert capture.newer(6, 20) is None
            assert capture.ended
        assert capture.told()["passed_over"] == 0
    finally:
        capture.close()


def test_a_film_goes_on_after_its_process_was_killed(tmp_path: Path) -> None:
    """Nothing is shown twice, and nothing is left out."""
    capture = capture_of({"url": f"file://{_film(tmp_path / 'film.avi', 6)}", "file": {"pace": "fast"}})
    capture.open()
    try:
        first = [ask(capture, than) for than in range(3)]
        assert capture._link is not None
        assert capture._link._child is not None
        capture._link._child.kill()
        rest = [ask(capture, than) for than in range(3, 6)]
        assert [round((float(frame.image.mean()) - 20) / 10) for frame in (*first, *rest)] == list(range(6))
    finally:
        capture.close()


@pytest.mark.parametrize(
    ("keys", "state", "says"),
    [
        ({"url": "v4l2:///dev/nowhere"}, "unreachable", "/dev/v4l/by-id"),
        ({"url": "v4l2:///dev/null"}, "failed", "no video device"),
        ({"url": "file:///etc/hostname"}, "failed", "a video player"),
        ({"url": "rtsp://127.0.0.1:9/x", "username": "me", "password_file": "/nowhere"}, "failed", "password_file"),
        ({"url": "rtsp://127.0.0.1:9/x", "username": "me" * 100}, "failed", "127 characters"),
    ],
)
def test_what_cannot_be_opened_says_what_to_do(keys: dict[str, object], state: str, says: str) -> None:
    """A device that is not there, one that is none, a file that is no film, a password that cannot be read."""
    capture = capture_of(keys)
    capture.open()
    try:
        until(lambda: capture.told()["state"] == state, 20, f"{dict(capture.told())} {capture.trouble}")
        assert says in capture.trouble
    finally:
        capture.close()


def test_a_stream_over_http_shows_its_pictures(tmp_path: Path) -> None:
    """MJPEG in a multipart answer; a wrong password is refused, and the right one opens it as soon as it stands in its file."""
    shown = [cv2.imencode(".jpg", np.full((48, 64, 3), level, np.uint8))[1].tobytes() for level in (40, 120, 200)]
    camera, secret = MjpegCamera(shown, "viewer", "a b/@:ü"), tmp_path / "secret"
    secret.write_text("hunter2\n")
    capture = capture_of({"url": camera.url, "username": "viewer", "password_file": str(secret)})
    capture.open()
    try:
        until(lambda: capture.told()["state"] == "refused", 20, f"{dict(capture.told())} {capture.trouble}")
        secret.write_text("a b/@:ü\n")
        frame = ask(capture, 0)
        assert frame.image.shape == (48, 64, 3)
        assert min(abs(float(frame.image.mean()) - level) for level in (40, 120, 200)) < 4
        camera.close()
        until(lambda: capture.told()["state"] in ("lost", "unreachable"), 20, f"{dict(capture.told())} {capture.trouble}")
    finally:
        capture.close()
