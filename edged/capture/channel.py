"""Messages over a socket that keeps their bounds, each with at most one descriptor."""

import array
import os
import select
import socket
from typing import Final

from edged.capture.protocol import MAX_BYTES, Message, ProtocolError, decode, encode

_SEND_BYTES: Final = 4 * MAX_BYTES
_FD_BYTES: Final = array.array("i").itemsize


def pair() -> tuple["Channel", socket.socket]:
    """A channel, and the socket of the other side, to be inherited."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
    return Channel(ours), theirs


class Channel:
    """One end. Any thread may send; one receives."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def fileno(self) -> int:
        """For a poll."""
        return self._end.fileno()

    def send(self, message: Message, fd: int | None = None, *, wait: bool = True) -> bool:
        """Send; False where the other side does not read and it may not *wait*.

        Raises:
            OSError: The other side is gone.
            ProtocolError: It is too long.
        """
        try:
            beside = [] if fd is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
            self._end.sendmsg([encode(message)], beside, 0 if wait else socket.MSG_DONTWAIT)  # send_fds of Python 3.11 knows no flags
        except BlockingIOError:
            return False
        return True

    def ready(self, timeout: float) -> bool:
        """Whether `receive` would return at once; waits at most *timeout* seconds."""
        poll = select.poll()
        poll.register(self._end, select.POLLIN)
        return bool(poll.poll(max(0.0, timeout) * 1000))

    def receive(self) -> tuple[Message, int | None] | None:
        """The next message and the descriptor that came with it, which is the caller's; None where the other side is gone.

        Raises:
            ProtocolError: It is none.
        """
        try:
            data, beside, flags, _ = self._end.recvmsg(MAX_BYTES, socket.CMSG_SPACE(4 * _FD_BYTES), socket.MSG_CMSG_CLOEXEC)
        except ConnectionError:
            return None
        fds = _descriptors(beside)
        if not data and not fds:
            return None
        try:
            message = _whole(data, fds, flags)
        except ProtocolError:
            for fd in fds:
                os.close(fd)
            raise
        return message, fds[0] if fds else None

    def close(self) -> None:
        """Let go. Idempotent."""
        self._end.close()


def _descriptors(beside: list[tuple[int, int, bytes]]) -> list[int]:
    fds = array.array("i")
    for level, kind, data in beside:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(data[: len(data) - len(data) % _FD_BYTES])
    return fds.tolist()


def _whole(data: bytes, fds: list[int], flags: int) -> Message:
    """The message, if nothing of it is missing and nothing is too much."""
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) or len(fds) > 1:
        text = "a message that is too long, or has more than one descriptor"
        raise ProtocolError(text)
    return decode(data)
