"""What systemd wants to hear from a service of Type=notify, see sd_notify(3)."""

import contextlib
import os
import socket
import time
from collections.abc import Mapping

_TIMEOUT_SECONDS = 0.5  # the main loop tells; it must not hang behind a full socket


class Notifier:
    """Tells the service manager; does nothing where there is none. Any thread may call it."""

    def __init__(self, address: str | None) -> None:
        self._address = f"\0{address[1:]}" if address and address.startswith("@") else address

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Notifier":
        """The manager that started this process, if one did."""
        return cls(environ.get("NOTIFY_SOCKET"))

    def ready(self, status: str) -> None:
        """Start-up, or a reload, is done."""
        self._tell("READY=1", _status(status))

    def reloading(self) -> None:
        """A reload begins; `ready` ends it. systemd asks for the time since version 253."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self, status: str) -> None:
        """The end has begun."""
        self._tell("STOPPING=1", _status(status))

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._tell(_status(text))

    def alive(self) -> None:
        """Feed the watchdog."""
        self._tell("WATCHDOG=1")

    def _tell(self, *fields: str) -> None:
        if not self._address:
            return
        # A manager that is being restarted itself is no reason to stop reading pictures.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(_TIMEOUT_SECONDS)
            sender.connect(self._address)
            sender.sendall("\n".join(fields).encode())


def watchdog_interval(environ: Mapping[str, str] = os.environ) -> float | None:
    """Seconds within which systemd expects each sign of life of this process; None where it expects none."""
    microseconds = environ.get("WATCHDOG_USEC", "")
    meant_for = environ.get("WATCHDOG_PID", str(os.getpid()))
    if not microseconds.isdecimal() or int(microseconds) == 0 or meant_for != str(os.getpid()):
        return None
    return int(microseconds) / 1_000_000


def _status(text: str) -> str:
    return "STATUS=" + " ".join(text.split())
