"""The control socket against real clients, good and bad."""

import json
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from edged.control.client import ask
from edged.control.socket import MAX_CLIENTS, MAX_REQUEST, ControlSocket
from edged.errors import ConfigError, EdgedError, InstanceRunning, NoDaemon, OutboxError, OutboxFull, SocketUnavailable, UsageError
from tests.doubles.wait import until


def _refuse(arguments: Mapping[str, Any]) -> Any:
    message = f"there is no row {arguments.get('seq')}"
    raise UsageError(message, hint="edged outbox dead lists them")


def _break(arguments: Mapping[str, Any]) -> Any:
    raise ZeroDivisionError(str(arguments))


VERBS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "status": lambda _: {"state": "online"},
    "outbox_retry": _refuse,
    "echo": dict,
    "broken": _break,
    "no_json": lambda _: object(),
    "large": lambda _: "x" * 3_000_000,
}


class Running:
    """A served socket."""

    def __init__(self, path: Path, limit_seconds: float = 60.0) -> None:
        self.path, self.stop, self.beats = path, threading.Event(), 0
        self.control = ControlSocket(path, VERBS, limit_seconds=limit_seconds)
        self.control.open()
        self.thread = threading.Thread(target=self.control.run, args=(self.stop, self._beat), daemon=True)
        self.thread.start()

    def _beat(self) -> None:
        self.beats += 1

    def connect(self) -> socket.socket:
        """A client that waits at most a minute for anything."""
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(60)
        client.connect(os.fspath(self.path))
        return client

    def end(self) -> None:
        """Stop and remove it."""
        self.stop.set()
        self.thread.join(60)
        self.control.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A served socket, ended after the test."""
    served = Running(tmp_path / "control.sock")
    yield served
    served.end()


def _exchange(client: socket.socket, request: bytes) -> dict[str, Any]:
    client.sendall(request)
    answer: dict[str, Any] = json.loads(client.makefile("rb").readline())
    return answer


def test_a_verb_is_answered(running: Running) -> None:
    """The result comes back, however large, and arguments reach the verb."""
    assert ask(running.path, "status") == {"state": "online"}
    assert ask(running.path, "echo", seq=7, all=True) == {"seq": 7, "all": True}
    assert len(ask(running.path, "large")) == 3_000_000


def test_a_refusal_comes_back_with_its_remedy(running: Running) -> None:
    """What the daemon refuses is an error here, with message and hint."""
    with pytest.raises(EdgedError, match="there is no row 7") as refused:
        ask(running.path, "outbox_retry", seq=7)
    assert refused.value.hint == "edged outbox dead lists them"
    with pytest.raises(EdgedError, match="no such verb") as unknown:
        ask(running.path, "explode")
    assert unknown.value.hint == "known are broken, echo, large, no_json, outbox_retry, status"


@pytest.mark.parametrize("verb", ["broken", "no_json"])
def test_a_verb_that_breaks_is_answered_and_told(running: Running, verb: str, caplog: pytest.LogCaptureFixture) -> None:
    """A fault of ours in one question ends nothing: the caller is told, the journal has the traceback."""
    with pytest.raises(EdgedError, match=f"{verb} failed") as broken:
        ask(running.path, verb)
    assert "journal" in broken.value.hint
    assert caplog.records[-1].exc_info
    assert ask(running.path, "status") == {"state": "online"}


def test_an_id_that_is_nested_too_deep_to_be_sent_back_does_no_harm(running: Running) -> None:
    """Some depths can be read but not written: they are refused like any other nonsense."""
    with running.connect() as client:
        for depth in range(800, 1000):
            answer = _exchange(client, b'{"verb":"status","id":' + b"[" * depth + b"]" * depth + b"}\n")
            assert answer["ok"] is False
    assert ask(running.path, "status") == {"state": "online"}


@pytest.mark.parametrize(("error", "ends"), [(OutboxError("disk"), True), (OutboxFull("no room"), False)])
def test_a_storage_error_is_for_the_supervisor(tmp_path: Path, error: OutboxError, ends: bool) -> None:
    """A verb that meets broken storage ends the worker; one that finds no room is told so."""

    def fail(_: Mapping[str, Any]) -> Any:
        raise error

    control, stop, raised = ControlSocket(tmp_path / "control.sock", {"outbox_retry": fail}), threading.Event(), []

    def serve() -> None:
        try:
            control.run(stop, lambda: None)
        except OutboxError as caught:
            raised.append(caught)

    control.open()
    server = threading.Thread(target=serve, daemon=True)
    server.start()
    with pytest.raises(EdgedError, match="broke off" if ends else "no room"):
        ask(tmp_path / "control.sock", "outbox_retry")
    stop.set()
    server.join(60)
    control.close()
    assert raised == ([error] if ends else [])


def test_one_connection_may_ask_often(running: Running) -> None:
    """Requests on one connection are answered in their order, each with its own id, also when they arrive in pieces."""
    with running.connect() as client:
        client.sendall(b'{"verb":"status","id":1}\n{"verb":"echo","id":"two"')
        client.sendall(b',"a":1}\n{"verb":"status"}\n')
        lines = client.makefile("rb")
        found = [json.loads(lines.readline()) for _ in range(3)]
    assert [answer.get("id") for answer in found] == [1, "two", None]
    assert all(answer["ok"] for answer in found)


@pytest.mark.parametrize(
    "request_",
    [
        b"\n",
        b"status\n",
        b"[]\n",
        b"7\n",
        b"\xff\xfe\n",
        b"[" * 50_000 + b"\n",
        b"9" * 5000 + b"\n",
        b'{"verb":["status"]}\n',
        b'{"verb":null}\n',
        b"{\n",
    ],
)
def test_nonsense_is_answered_and_does_no_harm(running: Running, request_: bytes) -> None:
    """Whatever a line holds, it gets an answer with a hint, and the next request is served."""
    with running.connect() as client:
        answer = _exchange(client, request_)
        assert answer["ok"] is False
        assert answer["hint"]
        assert _exchange(client, b'{"verb":"status"}\n')["ok"] is True


def test_a_line_without_end_is_cut_off(running: Running) -> None:
    """More than the limit without a line end is answered and the connection is closed."""
    with running.connect() as client:
        answer = _exchange(client, b"x" * (MAX_REQUEST + 1))
        assert str(MAX_REQUEST) in answer["error"]
        assert client.recv(10) == b""


def test_who_says_nothing_is_dropped(tmp_path: Path) -> None:
    """A client that never ends its request does not keep its place, and the worker makes progress all the while."""
    served = Running(tmp_path / "control.sock", limit_seconds=2.0)
    with served.connect() as client:
        client.sendall(b'{"verb":')
        assert client.recv(10) == b""
    assert served.beats > 0
    served.end()


def test_a_full_house_makes_others_wait(running: Running) -> None:
    """Beyond the limit of clients nobody is refused; who waits is served as soon as one leaves."""
    clients = [running.connect() for _ in range(MAX_CLIENTS)]
    until(lambda: len(running.control._clients) == MAX_CLIENTS)
    with running.connect() as late:
        late.sendall(b'{"verb":"status"}\n')
        late.settimeout(0.05)
        with pytest.raises(TimeoutError):
            late.recv(1)
        clients.pop().close()
        late.settimeout(60)
        assert json.loads(late.makefile("rb").readline())["ok"] is True
    for client in clients:
        client.close()


def test_a_client_that_a_child_still_holds_disturbs_nobody(running: Running) -> None:
    """A process that is being started has our sockets until it runs; its number goes to the next client meanwhile."""
    with running.connect():
        until(lambda: running.control._clients)
        (left,) = running.control._clients
        number = left.fileno()
        held = os.dup(number)
    until(lambda: not running.control._clients and left.fileno() == -1)
    with running.connect() as client:
        until(lambda: running.control._clients)
        assert [each.fileno() for each in running.control._clients] == [number]
        beats = running.beats
        until(lambda: running.beats > beats + 2)
        assert _exchange(client, b'{"verb":"status"}\n')["ok"] is True
    os.close(held)


def test_the_socket_is_for_owner_and_group(tmp_path: Path) -> None:
    """Its mode is 0660 whatever the umask, and it goes when the daemon goes."""
    for umask in (0o077, 0o000):
        before = os.umask(umask)
        try:
            served = Running(tmp_path / "control.sock")
        finally:
            os.umask(before)
        assert stat.S_IMODE(served.path.stat().st_mode) == 0o660
        served.end()
        assert not served.path.exists()


def test_a_second_daemon_is_refused(running: Running) -> None:
    """Where somebody answers the second one ends, and the first goes on."""
    with pytest.raises(InstanceRunning, match="another edged answers"):
        ControlSocket(running.path, VERBS).open()
    assert ask(running.path, "status") == {"state": "online"}


def test_the_socket_of_a_dead_daemon_is_replaced(tmp_path: Path) -> None:
    """After a crash the socket is still there and nobody answers: the next daemon takes its place."""
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(os.fspath(path))
    served = Running(path)
    assert ask(path, "status") == {"state": "online"}
    served.end()


def test_only_its_own_socket_is_removed(tmp_path: Path) -> None:
    """A socket that another daemon made at the same place meanwhile stays."""
    served = Running(tmp_path / "control.sock")
    served.path.unlink()
    other = Running(served.path)
    served.end()
    assert ask(other.path, "status") == {"state": "online"}
    other.end()


def test_a_place_that_cannot_hold_a_socket_is_refused(tmp_path: Path) -> None:
    """A file in the way, a missing folder and a path that is too long are told with what to do."""
    (tmp_path / "file").write_text("mine")
    late = SocketUnavailable  # may pass: systemd tries again
    places = ((tmp_path / "file", ConfigError), (tmp_path / "missing" / "control.sock", late), (tmp_path / ("s" * 120), late))
    for path, kind in places:
        with pytest.raises(kind, match="cannot be made") as refused:
            ControlSocket(path, VERBS).open()
        assert "control.socket" in refused.value.hint
    assert (tmp_path / "file").read_text() == "mine"


def test_nobody_at_home_is_an_error_of_its_own(tmp_path: Path) -> None:
    """No daemon is told apart from a daemon that refuses: only then may a command open the database itself."""
    with pytest.raises(NoDaemon, match="no edged answers"):
        ask(tmp_path / "control.sock", "status")


def test_a_daemon_that_hangs_does_not_hang_the_client(tmp_path: Path) -> None:
    """Without an answer in time the command ends with where to look."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(os.fspath(tmp_path / "control.sock"))
        silent.listen(1)
        with pytest.raises(EdgedError, match="did not answer status") as refused:
            ask(tmp_path / "control.sock", "status", limit_seconds=0.05)
    assert not isinstance(refused.value, NoDaemon)
    assert "journalctl" in refused.value.hint
