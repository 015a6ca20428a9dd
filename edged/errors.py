"""Everything edged can say is wrong.

EdgedError                   what happened, and a hint that says what to do
|-- ConfigError              the configuration is refused (exit 78)
|-- ModelError               a model on the shelf cannot be used (exit 78)
|   `-- ModelUnavailable     its files cannot be read now (exit 74)
|-- UsageError               the command line asks for something impossible (exit 2)
|-- SourceError              a folder cannot be used as configured (exit 78)
|   `-- SourceUnavailable    the disk, a mount or a permission stands in the way now (exit 74)
|-- SocketUnavailable        the control socket cannot be made now (exit 74)
|-- InstanceRunning          another edged holds this state directory or socket (exit 1)
|-- TuningError              learning on the box brought nothing that is worth a model (exit 1)
|-- NoDaemon                 nobody answers on the control socket (exit 1)
|-- FrameError               one input ends here; the daemon goes on
|   |-- FrameRejected        we will not read it: too large, not a picture, not allowed
|   |-- FrameFailed          we tried and could not
|   `-- FrameIncomplete      its structure says more bytes must follow: settle again
|-- OutboxError              the database cannot be trusted to keep readings (exit 74)
|   `-- OutboxFull           the disk budget is used up; intake stops, nothing is dropped
`-- PublishError             one message was not taken
    |-- TransientPublishError  keep it and try again
    `-- PermanentPublishError  this payload can never be taken: dead letter after the last try

A step raises; a loop decides. The class carries the decision, the message says what, where and what
was found, the hint says what to do. 78 is for what a text says wrongly, and waits for a person; what the
machine refuses may pass (a mount that comes later, a full disk) and is 74: systemd tries again.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command (78 and 74 as in sysexits.h)."""

    DONE = 0
    UNREADABLE = 1
    USAGE = 2
    IO_ERROR = 74
    CONFIG = 78


class EdgedError(Exception):
    """Base of all errors an operator can meet.

    Args:
        message: What happened, where, and what was found.
        hint: What to do about it; empty only where nothing can be done.
    """

    exit_code = ExitCode.UNREADABLE

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ConfigError(EdgedError):
    """The configuration is refused; `findings` has one line per error."""

    exit_code = ExitCode.CONFIG

    def __init__(self, message: str, *, hint: str = "", findings: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.findings = findings


class ModelError(EdgedError):
    """A model on the shelf is missing, damaged or contradicts its manifest."""

    exit_code = ExitCode.CONFIG


class ModelUnavailable(ModelError):
    """The files of a model cannot be read now, whatever they say."""

    exit_code = ExitCode.IO_ERROR


class UsageError(EdgedError):
    """The command line asks for something impossible."""

    exit_code = ExitCode.USAGE


class SourceError(EdgedError):
    """A source cannot work as configured."""

    exit_code = ExitCode.CONFIG


class SourceUnavailable(SourceError):
    """The machine does not let a source work now, whatever its configuration."""

    exit_code = ExitCode.IO_ERROR


class SocketUnavailable(EdgedError):
    """The machine does not let us make the control socket now."""

    exit_code = ExitCode.IO_ERROR


class InstanceRunning(EdgedError):
    """Another edged already holds the state directory, the work folder or the socket."""


class NoDaemon(EdgedError):
    """Nobody answers on the control socket: a command may open the database itself."""


class TuningError(EdgedError):
    """Learning on the box brought nothing that is worth a model; nothing was written."""


class FrameError(EdgedError):
    """One input ends here; `reason` is what the reading and the sidecar say."""

    @property
    def reason(self) -> str:
        """One line: what was found and what to do."""
        return f"{self}; {self.hint}" if self.hint else str(self)


class FrameRejected(FrameError):
    """We will not read this input: not a picture, too large, a link, not permitted."""


class FrameFailed(FrameError):
    """We tried to read this input and could not: damaged, or it crashed the reader."""


class FrameIncomplete(FrameError):
    """The structure of the file says that more bytes must follow."""


class OutboxError(EdgedError):
    """The outbox cannot keep what it is given: stop intake and end, never retry the sync."""

    exit_code = ExitCode.IO_ERROR


class OutboxFull(OutboxError):
    """The disk budget is used up; intake waits until there is room."""


class PublishError(EdgedError):
    """One message was not taken by the broker."""


class TransientPublishError(PublishError):
    """The message may be taken later: it stays in the outbox."""


class PermanentPublishError(PublishError):
    """The broker refuses this payload itself: counted, and a dead letter after the last try."""
