"""`python -m edged.capture FD`: captures what is ordered on the socket with that number, which was inherited.

Nothing of the order ever stands in the arguments or the environment that others may see.
"""

import contextlib
import ctypes
import os
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Final

from edged.capture.channel import Channel

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_IOLBF: Final = 1


def _confine() -> None:
    """End with the thread that started us, leave no core, and be read by no other process of the same user."""
    prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # what the terminal or systemd sends to all is for the parent to act on


def _print_at_once() -> None:
    """OpenCV passes on with printf what FFmpeg says: each line has to be out before what it leads to is told."""
    libc = ctypes.CDLL(None)
    with contextlib.suppress(ValueError, AttributeError):
        libc.setvbuf(ctypes.c_void_p.in_dll(libc, "stdout"), None, _IOLBF, 0)


def main(arguments: Sequence[str]) -> int:
    """Capture until the other side is gone."""
    parent = os.getppid()
    _confine()
    if os.getppid() != parent:  # it ended before we were told to end with it
        return 0
    _print_at_once()
    channel = Channel(socket.socket(fileno=int(arguments[0])))
    import cv2  # noqa: PLC0415 - after we are confined

    from edged.capture.session import Gone, serve  # noqa: PLC0415 - it brings all of OpenCV

    cv2.setNumThreads(1)
    with contextlib.suppress(Gone, BrokenPipeError, ConnectionResetError):
        serve(channel)
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # nothing of FFmpeg is taken down: it may hang
