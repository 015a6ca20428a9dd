"""The control socket: one JSON line in, one JSON line out, for whoever may open it.

A request is `{"verb": "status", "id": 7, …}`; what else it holds are the verb's arguments. The answer is
`{"id": 7, "ok": true, "result": …}` or `{"id": 7, "ok": false, "error": …, "hint": …}`. Any number of
requests per connection, one after the other.
"""

import contextlib
import json
import logging
import os
import selectors
import socket
import stat
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edged.control.verbs import Verb, perform
from edged.errors import ConfigError, InstanceRunning, SocketUnavailable
from edged.lib.beat import Beat

MAX_REQUEST = 64 * 1024
MAX_CLIENTS = 8
_MODE = 0o660
_TICK_SECONDS = 0.2  # how late a stop is noticed

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Client:
    """One connection; only the worker's thread touches it."""

    socket: socket.socket
    deadline: float
    inbox: bytearray = field(default_factory=bytearray)
    outbox: bytearray = field(default_factory=bytearray)
    last: bool = False  # close once the answer is out


class ControlSocket:
    """A worker that answers requests, up to 8 connections at a time.

    `open` binds the socket and fails early; `run` serves it; `close` removes it.
    """

    name = "control"

    def __init__(self, path: Path, verbs: Mapping[str, Verb], *, limit_seconds: float = 10.0) -> None:
        self._path = path
        self._verbs = verbs
        self._limit = limit_seconds  # without a whole request, or with an answer that is not taken
        self._listener: socket.socket | None = None
        self._inode = 0
        self._clients: dict[socket.socket, _Client] = {}
        self._left: list[socket.socket] = []  # dropped, not closed yet

    def open(self) -> None:
        """Bind the socket; one that a dead process left is replaced.

        Raises:
            InstanceRunning: Somebody answers there.
            ConfigError: Something else stands at this place.
            SocketUnavailable: The machine refuses it.
        """
        try:
            _clear(self._path)
            self._listener = _listening(self._path)
            self._inode = self._path.stat().st_ino
        except OSError as error:
            message = f"the control socket {self._path} cannot be made: {error.strerror or error}"
            hint = "its folder must exist and belong to the user of edged (RuntimeDirectory=edged makes /run/edged); or set control.socket"
            raise SocketUnavailable(message, hint=hint) from error

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Answer until *stop* is set."""
        assert self._listener is not None
        with selectors.DefaultSelector() as selector:
            try:
                while not stop.is_set():
                    beat()
                    self._watch(selector)
                    for key, events in selector.select(_TICK_SECONDS):
                        self._serve(key, events)
                    self._drop_late()
            finally:
                for client in list(self._clients.values()):
                    self._drop(client)
                self._watch(selector)

    def close(self) -> None:
        """Remove the socket, if it is still ours. Idempotent, after `run` ended."""
        if self._listener is None:
            return
        self._listener.close()
        self._listener = None
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def _watch(self, selector: selectors.BaseSelector) -> None:
        """Listen to whom something is expected from: a full house accepts nobody, they wait in the backlog.

        Who was dropped is closed only once it is not listened to: while a child is being started it holds our sockets, too,
        and the end of a closed one would be told under its number, which a new client has by then.
        """
        wanted: dict[socket.socket, int] = {
            key: selectors.EVENT_WRITE if client.outbox else selectors.EVENT_READ for key, client in self._clients.items()
        }
        if self._listener is not None and len(self._clients) < MAX_CLIENTS:
            wanted[self._listener] = selectors.EVENT_READ
        for known in [key.fileobj for key in selector.get_map().values()]:
            selector.unregister(known)
        while self._left:
            self._left.pop().close()
        for wanted_socket, events in wanted.items():
            selector.register(wanted_socket, events)

    def _serve(self, key: selectors.SelectorKey, events: int) -> None:
        assert isinstance(key.fileobj, socket.socket)
        client = self._clients.get(key.fileobj)
        try:
            if client is None:
                self._accept(key.fileobj)
            elif events & selectors.EVENT_WRITE:
                self._write(client)
            else:
                self._read(client)
        except OSError:  # the peer has gone, or never came: nobody is left to tell
            if client is not None:
                self._drop(client)

    def _accept(self, listener: socket.socket) -> None:
        accepted, _ = listener.accept()
        accepted.setblocking(False)
        self._clients[accepted] = _Client(socket=accepted, deadline=time.monotonic() + self._limit)

    def _read(self, client: _Client) -> None:
        chunk = client.socket.recv(MAX_REQUEST)
        if not chunk:
            self._drop(client)
            return
        client.inbox += chunk
        self._answer_next(client)

    def _write(self, client: _Client) -> None:
        del client.outbox[: client.socket.send(client.outbox)]
        if client.outbox:
            return
        if client.last:
            self._drop(client)
        else:
            client.deadline = time.monotonic() + self._limit
            self._answer_next(client)

    def _answer_next(self, client: _Client) -> None:
        """Answer the next whole line, if there is one."""
        line, end, rest = client.inbox.partition(b"\n")
        if len(line) > MAX_REQUEST:
            client.inbox.clear()
            client.last = True
            client.outbox += _line(
                {"ok": False, "error": f"the request is longer than {MAX_REQUEST} bytes", "hint": "ask for less at a time"}
            )
        elif end:
            client.inbox = rest
            client.outbox += self._answer(bytes(line))
        if client.outbox:
            client.deadline = time.monotonic() + self._limit

    def _answer(self, line: bytes) -> bytes:
        try:
            request = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            request = None
        if not isinstance(request, dict):
            return _line({"ok": False, "error": "the request is not a JSON object on one line", "hint": 'send {"verb": "status"}'})
        if isinstance(request.get("id"), list | dict):
            return _line({"ok": False, "error": "the id is a list or an object", "hint": "send a number or a text"})
        head = {"id": request.pop("id")} if "id" in request else {}
        verb = request.pop("verb", None)
        known = self._verbs.get(verb) if isinstance(verb, str) else None
        if known is None:
            return _line({**head, "ok": False, "error": "there is no such verb", "hint": f"known are {', '.join(sorted(self._verbs))}"})
        return perform(str(verb), known, request, head).encode() + b"\n"

    def _drop_late(self) -> None:
        now = time.monotonic()
        for client in [client for client in self._clients.values() if client.deadline <= now]:
            _log.debug("a client of the control socket took too long")
            self._drop(client)

    def _drop(self, client: _Client) -> None:
        del self._clients[client.socket]
        self._left.append(client.socket)


def _clear(path: Path) -> None:
    """Make the place free, unless somebody lives there."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        message = f"the control socket {path} cannot be made: something else than a socket stands there"
        raise ConfigError(message, hint="remove it, or set control.socket to another place")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:  # nobody listens: a dead process left it
            path.unlink()
            return
        except (TimeoutError, BlockingIOError):
            pass  # somebody lives there who is too busy to answer
    message = f"another edged answers on {path}"
    raise InstanceRunning(message, hint="stop it first (systemctl stop edged), or give this one its own control.socket and state_dir")


def _listening(path: Path) -> socket.socket:
    with contextlib.ExitStack() as undo:
        listener = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK))
        os.fchmod(listener.fileno(), _MODE)  # bind takes the mode from here: never open to others, not even for a moment
        listener.bind(os.fspath(path))
        path.chmod(_MODE)  # what the umask took away
        listener.listen(MAX_CLIENTS)
        undo.pop_all()
    return listener


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode() + b"\n"
