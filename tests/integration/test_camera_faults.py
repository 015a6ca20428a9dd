"""A camera that really captures, and a real RTSP server that fails in every way: each is seen, told, and over when the server is back."""

import logging
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edged.flow.camera.capture import Capture
from tests.doubles.cameras import capture_of, section_of
from tests.doubles.rtsp_camera import RtspCamera, render_parts, render_still
from tests.doubles.toxic_proxy import Moment, Toxic, ToxicProxy
from tests.doubles.wait import until

READ, OPEN = 1.0, 10.0  # seconds, the first short for the test
KEYS = {"read_seconds": READ, "open_seconds": OPEN}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_parts(tmp_path_factory.mktemp("rtsp") / "parts")


@pytest.fixture
def server(parts: Path) -> Iterator[RtspCamera]:
    server = RtspCamera(parts)
    server.start()
    yield server
    server.close()


@pytest.fixture
def opened() -> Iterator[Callable[..., Capture]]:
    """Open cameras; they are closed at the end."""
    made: list[Capture] = []

    def open_(keys: dict[str, object]) -> Capture:
        made.append(capture_of(KEYS | keys))
        made[-1].open()
        return made[-1]

    yield open_
    for capture in made:
        capture.close()


def state(capture: Capture) -> str:
    return str(capture.told()["state"])


def in_state(capture: Capture, *states: str, seconds: float = 30.0) -> None:
    until(lambda: state(capture) in states, seconds, f"{states}: {dict(capture.told())} {capture.trouble}")


def shows(capture: Capture) -> None:
    """A frame comes that is newer than any before."""
    newest = capture.told()["frames"]
    until(lambda: capture.told()["frames"] > newest and state(capture) == "streaming", 30, f"{dict(capture.told())} {capture.trouble}")


def child_of(capture: Capture) -> int:
    link = capture._link
    assert link is not None
    assert link._child is not None
    return link._child.pid


def use() -> dict[str, int]:
    """What this process holds, and how many children it has."""
    tasks = Path("/proc/self/task")
    children = {pid for task in tasks.iterdir() for pid in task.joinpath("children").read_text().split()}
    return {"fds": len(list(Path("/proc/self/fd").iterdir())), "threads": len(list(tasks.iterdir())), "children": len(children)}


def resident() -> int:
    """Memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


# --- faults, each from the first sign to frames again ---


def killed_server(server: RtspCamera, capture: Capture) -> None:
    server.kill()
    in_state(capture, "lost", "silent", "unreachable")
    server.start()


def refusing_server(server: RtspCamera, capture: Capture) -> None:
    before = capture.told()["unreachable"]
    server.kill()
    until(lambda: capture.told()["unreachable"] > before, 20, "nobody answers")
    server.start()


def frozen_server(server: RtspCamera, capture: Capture) -> None:
    server.freeze()
    in_state(capture, "silent", "unreachable")
    server.thaw()


def killed_child(server: RtspCamera, capture: Capture) -> None:
    before = capture.told()["failed"]
    os.kill(child_of(capture), signal.SIGKILL)
    until(lambda: capture.told()["failed"] > before, 20, "the death is seen")


def frozen_child(server: RtspCamera, capture: Capture) -> None:
    before = capture.told()["failed"]
    os.kill(child_of(capture), signal.SIGSTOP)
    until(lambda: capture.told()["failed"] > before, 20, "the freeze is seen")


def cut_network(server: RtspCamera, capture: Capture) -> None:
    """Nothing passes any more on the connection that stands, and nobody is told."""

    def seen() -> int:
        """As silence, or as a hanging process where the machine is slow."""
        told = capture.told()
        return int(told["silent"] + told["failed"] + told["lost"])

    before = seen()
    server.proxy.cut()
    until(lambda: seen() > before, 60, "the silence is seen")


FAULTS = (killed_server, frozen_server, killed_child, frozen_child, refusing_server, cut_network)


def play(server: RtspCamera, capture: Capture, rounds: int) -> list[tuple[str, float, float]]:
    """So many faults, drawn with a fixed seed; each ends with new frames. Its name, seconds until it was seen, until frames were back."""
    dice, told = random.Random(4), []
    for number in range(rounds):
        fault = FAULTS[number % len(FAULTS)] if number < 2 * len(FAULTS) else dice.choice(FAULTS)
        began, connects = time.monotonic(), capture.told()["connects"]
        fault(server, capture)
        seen = time.monotonic()
        until(lambda: capture.told()["connects"] > connects and state(capture) == "streaming", 60, f"{fault.__name__}: {capture.trouble}")  # noqa: B023
        server.proxy.sweep()
        if rounds > 100:
            print(number, *told[-1:], use(), resident() >> 20, flush=True)
        told.append((fault.__name__, seen - began, time.monotonic() - seen))
    return told


def holds_no_more(server: RtspCamera, before: dict[str, int]) -> bool:
    """Less is well: what an earlier test left to end may have ended meanwhile."""
    server.proxy.sweep()
    return all(now <= before[name] for name, now in use().items())


def leaks_nothing(server: RtspCamera, open_: Callable[..., Capture], rounds: int) -> None:
    url, before = server.proxy.url, use()
    capture = open_({"url": url, "read_seconds": 0.6})
    shows(capture)
    streaming, memory = use(), resident()
    told = play(server, capture, rounds)
    shows(capture)
    until(lambda: holds_no_more(server, streaming), 20, f"{use()} is no more than {streaming}")
    grown = resident() - memory
    counts = capture.told()
    capture.close()
    until(lambda: holds_no_more(server, before), 20, f"{use()} is no more than {before}")
    assert grown < 16 * 2**20, f"{grown} bytes more after {rounds} rounds"
    worst = {name: [f"{max(one[part] for one in told if one[0] == name):.2f}" for part in (1, 2)] for name, _, _ in told}
    print(f"\n{rounds} rounds, {grown / 2**20:.1f} MiB more; seconds at worst until seen, until back: {worst}; {dict(counts)}")


def test_each_fault_leaves_nothing_behind(server: RtspCamera, opened: Callable[..., Capture]) -> None:
    """Kills, freezes, refusals, a network that swallows, each twice: frames are back; descriptors, threads and children are as before.

    They are counted, so that a single one that is left is seen.
    """
    leaks_nothing(server, opened, 2 * len(FAULTS))


@pytest.mark.soak
def test_a_thousand_faults_leave_nothing_behind(server: RtspCamera, opened: Callable[..., Capture]) -> None:
    """The same for the best part of an hour."""
    leaks_nothing(server, opened, 1000)


def test_a_wrong_password_is_told_and_stands_nowhere(
    parts: Path, tmp_path: Path, opened: Callable[..., Capture], caplog: pytest.LogCaptureFixture
) -> None:
    """Refused, in words, until the file is corrected; no password in a log, in what is told, or in the list of processes."""
    caplog.set_level(logging.DEBUG)
    guarded, file = RtspCamera(parts, "--user", "viewer", "--password", "pass word/@:%41"), tmp_path / "secret"
    guarded.start()
    try:
        file.write_text("wrong@hunter2\n")
        capture = opened({"url": guarded.url, "username": "viewer", "password_file": str(file)})
        in_state(capture, "refused")
        assert "username and its password file" in capture.trouble
        seen = _seen_of(capture, caplog)
        file.write_text("pass word/@:%41\n")
        in_state(capture, "streaming")
        assert capture.told()["refused"] == 1
        seen += _seen_of(capture, caplog)
        assert not [secret for secret in ("hunter2", "pass word", "pass%20word") if secret in seen]
    finally:
        guarded.kill()


def _seen_of(capture: Capture, caplog: pytest.LogCaptureFixture) -> str:
    """All that anybody may see of it."""
    child = Path(f"/proc/{child_of(capture)}")
    process = child.joinpath("cmdline").read_bytes() + (child.joinpath("environ").read_bytes() if os.geteuid() == 0 else b"")
    assert b"edged.capture" in process
    assert capture._link is not None
    return f"{process!r}{capture.told()}{capture.trouble}{capture._link.lines}{caplog.text}{capture._course.order}"


def test_no_user_and_no_stream_are_told_apart(parts: Path, server: RtspCamera, opened: Callable[..., Capture]) -> None:
    """A camera that wants a user is `refused`, one without that stream `unreachable`, and each says what to do."""
    guarded = RtspCamera(parts, "--user", "a", "--password", "b")
    guarded.start()
    try:
        without = opened({"url": guarded.url})
        nowhere = opened({"url": server.url.replace("/part", "/nope")})
        in_state(without, "refused")
        in_state(nowhere, "unreachable")
        assert "add" in without.trouble or "correct username" in without.trouble
        assert "correct the path in url" in nowhere.trouble
    finally:
        guarded.kill()


def test_a_name_that_nobody_knows_is_unreachable(opened: Callable[..., Capture]) -> None:
    """The cause that FFmpeg gave stands in the trouble."""
    capture = opened({"url": "rtsp://nowhere.invalid/1"})
    in_state(capture, "unreachable")
    assert "nowhere.invalid" in capture.trouble


@pytest.mark.parametrize(("level", "state_"), [(128, "frozen"), (3, "black")])
def test_pictures_that_show_nothing_are_told(tmp_path: Path, opened: Callable[..., Capture], level: int, state_: str) -> None:
    """Equal and black pictures are a state with a counter and a trouble; frames come all the same."""
    server = RtspCamera(render_still(tmp_path / "still", level))
    server.start()
    try:
        capture = opened({"url": server.url, "frozen_seconds": 1.0, "black_seconds": 0.5})
        in_state(capture, state_)
        assert capture.told()[state_] == 1
        assert f"{state_}_seconds" in capture.trouble
        frame = capture.newer(capture.told()["frames"], 10)
        assert frame is not None
        assert abs(int(frame.image.mean()) - level) < 8
    finally:
        server.kill()


def _shape(capture: Capture) -> tuple[int, ...]:
    frame = capture.newer(capture.told()["frames"], 1)
    return () if frame is None else frame.image.shape


def test_another_resolution_comes_through(parts: Path, opened: Callable[..., Capture]) -> None:
    """A camera that is set to another size while it runs, and one that comes back with another size: frames have it, and it is counted."""
    server = RtspCamera(parts)
    server.start()
    try:
        capture = opened({"url": server.url})
        shows(capture)
        server.kill()
        server.start("--size", "640x480")
        until(lambda: _shape(capture) == (480, 640, 3), 90, "the larger size comes")
        assert (capture.told()["resized"], capture.told()["width"], capture.told()["height"]) == (1, 640, 480)
        server.resize("320x240")
        until(lambda: _shape(capture) == (240, 320, 3), 90, "the smaller size comes")
        assert (capture.told()["resized"], capture.told()["width"]) == (2, 320)
    finally:
        server.kill()


def test_a_larger_picture_than_allowed_is_refused(server: RtspCamera, opened: Callable[..., Capture]) -> None:
    """`limits.max_pixels` holds for cameras, too."""
    capture = opened({"url": server.url, "limits": {"max_pixels": 320 * 240 - 1}})
    in_state(capture, "failed")
    assert "320 x 240" in capture.trouble
    assert "limits.max_pixels" in capture.trouble


def test_udp_brings_frames_too(server: RtspCamera, opened: Callable[..., Capture]) -> None:
    """The other transport; the codes that the parts carry are those that were rendered."""
    shows(opened({"url": server.url, "transport": "udp"}))


def test_a_change_is_taken_while_it_runs(server: RtspCamera, parts: Path, opened: Callable[..., Capture]) -> None:
    """Another address: the camera there is opened, and numbers go on growing; other seconds alone open nothing anew."""
    other = RtspCamera(parts)
    other.start()
    try:
        capture = opened({"url": server.url, "read_seconds": 9})
        shows(capture)
        capture.change(section_of(KEYS | {"url": server.url, "read_seconds": 9, "frozen_seconds": 7.0}))
        shows(capture)
        assert capture.told()["connects"] == 1
        newest = capture.told()["frames"]
        capture.change(section_of(KEYS | {"url": other.url, "read_seconds": 9}))
        until(lambda: capture.told()["connects"] == 2, 20, "the other one is opened")
        shows(capture)
        frame = capture.newer(newest, 10)
        assert frame is not None
        assert frame.number > newest
    finally:
        other.kill()


@pytest.mark.parametrize("toxic", [Toxic.RESET, Toxic.BLACK_HOLE, Toxic.HALF_OPEN, Toxic.SLOW_CLOSE])
def test_a_network_that_fails_while_it_connects(server: RtspCamera, opened: Callable[..., Capture], toxic: Toxic) -> None:
    """The first connection fails so, at its first bytes; the next one brings frames."""
    proxy = ToxicProxy(server.port, toxic, Moment.CONNECT, strikes=1)
    try:
        capture = opened({"url": f"rtsp://127.0.0.1:{proxy.port}/part", "open_seconds": 5.0})
        in_state(capture, "streaming", seconds=90)
        assert capture.told()["unreachable"] + capture.told()["refused"] == 1
        assert proxy.struck == 1
    finally:
        capture.close()
        proxy.close()
