"""What systemd is told."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.lib.sdnotify import Notifier, watchdog_interval


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A service manager's socket and its name in the environment."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@edged-test-{os.getpid()}-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        listener.settimeout(5)
        yield listener, name


def test_each_message_is_one_datagram(manager: tuple[socket.socket, str]) -> None:
    """Ready, status, alive and stopping arrive as systemd reads them; a status stays on one line."""
    listener, name = manager
    notifier = Notifier.from_environ({"NOTIFY_SOCKET": name})
    notifier.ready("reading 2 sources")
    notifier.status("a\nREADY=1")
    notifier.alive()
    notifier.stopping("bye")
    found = [listener.recv(4096).decode() for _ in range(4)]
    assert found == ["READY=1\nSTATUS=reading 2 sources", "STATUS=a READY=1", "WATCHDOG=1", "STOPPING=1\nSTATUS=bye"]


def test_a_reload_tells_when_it_began(manager: tuple[socket.socket, str]) -> None:
    """RELOADING comes with the monotonic microseconds of now, without which systemd waits for ever."""
    listener, name = manager
    before = time.monotonic_ns() // 1000
    Notifier(name).reloading()
    first, second = listener.recv(4096).decode().split("\n")
    assert first == "RELOADING=1"
    assert before <= int(second.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
def test_without_a_manager_nothing_happens(environ: dict[str, str]) -> None:
    """No manager, or one that has gone, is no error."""
    Notifier.from_environ(environ).ready("up")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "15000000"}, 15.0),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(os.getpid())}, 0.5),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_fed_only_where_it_waits_for_us(environ: dict[str, str], expected: float | None) -> None:
    """The interval counts only for the process that it names."""
    assert watchdog_interval(environ) == expected
