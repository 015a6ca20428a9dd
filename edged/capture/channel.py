"""Messages over a socket that keeps their bounds, each with at most one descriptor."""

import os
import select
import socket
from typing import Final

from edged.capture.protocol import MAX_BYTES, Message, ProtocolError, decode, encode

_SEND_BYTES: Final = 4 * MAX_BYTES


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
            socket.send_fds(self._end, [encode(message)], [] if fd is None else [fd], 0 if wait else socket.MSG_DONTWAIT)
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
            data, fds, flags, _ = socket.recv_fds(self._end, MAX_BYTES, 4)
        except ConnectionError:
            return None
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


def _whole(data: bytes, fds: list[int], flags: int) -> Message:
    """The message, if nothing of it is missing and nothing is too much."""
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) or len(fds) > 1:
        text = "a message that is too long, or has more than one descriptor"
        raise ProtocolError(text)
    return decode(data)
