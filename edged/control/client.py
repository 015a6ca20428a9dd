"""The other end of the control socket, for the command line."""

import contextlib
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

from edged.errors import EdgedError, NoDaemon

MAX_ANSWER = 64 * 2**20  # every dead letter of a full outbox; a daemon that says more is not ours


def ask(socket_path: Path, verb: str, *, limit_seconds: float = 10.0, **arguments: Any) -> Any:
    """Ask the running daemon and return its result.

    Raises:
        NoDaemon: Nobody answers there.
        EdgedError: The daemon refused, or did not answer in time or in its language.
    """
    deadline = time.monotonic() + limit_seconds
    try:
        with _connect(socket_path, limit_seconds) as connection:
            connection.sendall(json.dumps({**arguments, "verb": verb, "id": 1}).encode() + b"\n")
            answer = json.loads(_line(connection, deadline))
    except (OSError, ValueError) as error:
        message = f"edged on {socket_path} did not answer {verb}: {error or type(error).__name__}"
        raise EdgedError(message, hint="look at its journal: journalctl -u edged -n 50") from error
    if not isinstance(answer, dict) or answer.get("ok") is not True:
        told = answer if isinstance(answer, dict) else {}
        raise EdgedError(str(told.get("error", "the answer makes no sense")), hint=str(told.get("hint", "")))
    return answer.get("result")


def _connect(path: Path, seconds: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    with contextlib.ExitStack() as undo:
        undo.callback(connection.close)
        try:
            connection.connect(os.fspath(path))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            message = f"no edged answers on {path}"
            hint = "is it running? systemctl status edged; with another configuration: -c FILE"
            raise NoDaemon(message, hint=hint) from error
        except PermissionError as error:
            message = f"{path} may not be opened by this user"
            raise EdgedError(message, hint="join the group of edged (usermod -aG edged USER) or use sudo") from error
        undo.pop_all()
    return connection


def _line(connection: socket.socket, deadline: float) -> bytes:
    """One line, before the deadline.

    Raises:
        OSError: It did not come in time or not to its end.
    """
    found = bytearray()
    while not found.endswith(b"\n"):
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        chunk = connection.recv(2**20)
        if not chunk or len(found) > MAX_ANSWER:
            message = "the answer broke off" if not chunk else "the answer has no end"
            raise ConnectionError(message)
        found += chunk
    return bytes(found)
