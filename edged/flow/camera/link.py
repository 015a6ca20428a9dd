"""The process that captures, as its parent holds it: started, listened to, ended."""

import os
import select
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edged.capture.channel import Channel, pair
from edged.capture.protocol import Message, ProtocolError
from edged.flow.camera.redact import redacted

COMMAND: Final = (sys.executable, "-m", "edged.capture")
_HOME: Final = Path(__file__).parents[3]  # `-m` looks into the working directory first: it must be ours
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV")  # no proxy, no option of FFmpeg, no credential
_LINES: Final = 20  # of what it printed
_LINE_BYTES: Final = 4096
_DEATH_SECONDS: Final = 1.0  # a killed process is gone long before, unless a driver holds it
_AT_ONCE: Final = 200  # messages heard in one go …
_READS: Final = 16  # … and pieces of what it prints: it may print without an end


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, and the descriptor that came with it: the listener's to close."""

    message: Message
    fd: int | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The child is over, or says nonsense: how, in words."""

    how: str


class Link:
    """One child at a time. All but `wake` is called from one thread, with which the child ends, too."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._child: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._hidden: tuple[str, ...] = ()
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._fresh: list[str] = []
        self._rest = b""
        self._undead: list[subprocess.Popen[bytes]] = []  # killed, and held by a driver

    def printed(self) -> list[str]:
        """What the child printed since this was asked last, redacted."""
        fresh, self._fresh = self._fresh, []
        return fresh

    @property
    def lines(self) -> tuple[str, ...]:
        """What the child printed since it was last sent something, redacted."""
        return tuple(self._lines)

    def wake(self) -> None:
        """Let `listen` return. From any thread."""
        with suppress(OSError, BlockingIOError):
            os.eventfd_write(self._wake, 1)

    def spawn(self) -> None:
        """Start a child.

        Raises:
            OSError: There is no process, no memory or no descriptor to be had.
        """
        channel, theirs = pair()
        kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("PYTHON")}
        try:
            self._child = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell, the order goes by the socket
                [*self._command, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                cwd=_HOME,
                env=kept | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
        except OSError:
            channel.close()
            raise
        finally:
            theirs.close()
        assert self._child.stdout is not None, "it was asked for"
        os.set_blocking(self._child.stdout.fileno(), False)
        self._channel = channel
        self._lines.clear()

    def send(self, message: Message, hidden: Iterable[str] = ()) -> None:
        """Tell the child; *hidden* is never shown of what it prints from now on. One that is gone is heard of later."""
        self._hidden = tuple(hidden) or self._hidden
        if self._channel is not None:
            with suppress(OSError):
                self._channel.send(message, wait=False)

    def forget_lines(self) -> None:
        """What was printed so far is about something that is over."""
        self._lines.clear()

    def listen(self, timeout: float | None) -> list[Heard | Ended]:
        """What the child says, at once or within *timeout* seconds; None waits until it speaks or somebody calls `wake`."""
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        if self._channel is not None:
            poll.register(self._channel, select.POLLIN)
        printed = self._child.stdout if self._child is not None else None
        if printed is not None:
            poll.register(printed, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(None if timeout is None else max(0.0, timeout) * 1000 + 1)}
        if self._wake in ready:
            with suppress(BlockingIOError):
                os.eventfd_read(self._wake)
        self._bury()
        if self._channel is None or self._channel.fileno() not in ready:
            self._read_lines()
            return []
        heard = self._receive(self._channel)
        self._read_lines()
        return heard

    def _receive(self, channel: Channel) -> list[Heard | Ended]:
        heard: list[Heard | Ended] = []
        while len(heard) < _AT_ONCE and channel.ready(0):
            try:
                found = channel.receive()
            except ProtocolError as error:
                return [*heard, Ended(f"said what it may not say ({error})")]
            if found is None:
                return [*heard, Ended(self._ending())]
            heard.append(Heard(*found))
        return heard

    def _ending(self) -> str:
        """How the child ended; it let go of the socket, so it has or soon will."""
        assert self._child is not None, "it spoke"
        try:
            code = self._child.wait(_DEATH_SECONDS)
        except subprocess.TimeoutExpired:
            return "closed its socket"
        return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def _read_lines(self) -> None:
        """Take what it printed, as much as there is in a moment; nobody else empties the pipe."""
        printed = self._child.stdout if self._child is not None else None
        if printed is None:
            return
        with suppress(BlockingIOError):
            for _ in range(_READS):
                data = os.read(printed.fileno(), 65_536)
                *whole, self._rest = (self._rest + data).split(b"\n")
                self._rest = self._rest[-_LINE_BYTES:]
                lines = [redacted(line[:_LINE_BYTES].decode("utf-8", "replace"), self._hidden) for line in whole]
                self._lines.extend(lines)
                self._fresh.extend(lines)

    def kill(self) -> bool:
        """End the child, whatever it does; False where a driver holds it. Idempotent."""
        child, self._child = self._child, None
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        self._rest = b""
        if child is None:
            return True
        child.kill()
        if child.stdout is not None:
            child.stdout.close()
        try:
            child.wait(_DEATH_SECONDS)
        except subprocess.TimeoutExpired:
            self._undead.append(child)
            return False
        return True

    def _bury(self) -> None:
        self._undead = [child for child in self._undead if child.poll() is None]

    def close(self) -> None:
        """End all. Idempotent."""
        self.kill()
        self._bury()
        if self._wake >= 0:
            os.close(self._wake)
            self._wake = -1
