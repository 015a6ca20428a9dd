"""Log records as one line each: a sentence and key=value fields.

Under systemd each line begins with the journal's <priority>; on a terminal with the time and the level.
File names are hostile: whatever cannot be printed is escaped, so no name can forge a line or a field.
"""

import contextlib
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import TextIO

_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_BARE = re.compile(r'[^ "=\\]+')  # needs no quotes
_context: ContextVar[Mapping[str, object]] = ContextVar("frame", default=MappingProxyType({}))


@contextlib.contextmanager
def frame_context(**fields: object) -> Iterator[None]:
    """Add these fields to every record that this thread writes meanwhile, for example id and source."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def setup_logging(level: str, *, stream: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> None:
    """Write edged's records from *level* on to *stream* (stderr), those of libraries from warning on."""
    target = stream if stream is not None else sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(LineFormatter(journal=_is_journal(target, environ)))
    # Nothing of this is written; looking it up would cost as much as all else about a record.
    logging._srcfile = None  # noqa: SLF001 - as the logging HOWTO says, "Optimization"
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    set_level(level)


def set_level(level: str) -> None:
    """Write edged's records from *level* on."""
    logging.getLogger("edged").setLevel(level.upper())


class LineFormatter(logging.Formatter):
    """One line per record; a traceback follows on lines of its own."""

    def __init__(self, *, journal: bool) -> None:
        super().__init__()
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """The record as text without a line end."""
        extra = {key: value for key, value in vars(record).items() if key not in _OWN}
        fields = "".join(f" {key}={_value(value)}" for key, value in {**_context.get(), **extra}.items())
        lines = [printable(record.getMessage()) + fields]
        if record.exc_info:
            lines += [printable(line) for line in self.formatException(record.exc_info).splitlines()]
        if self._journal:
            priority = next((number for level, number in _PRIORITIES if record.levelno >= level), 7)
            return "\n".join(f"<{priority}>{line}" for line in lines)
        lines[0] = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname.lower():7} {lines[0]}"
        return "\n".join(lines)


def printable(text: str) -> str:
    """Escape controls, line and direction marks and undecodable bytes; everything else stays."""
    return text if text.isprintable() else "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _value(value: object) -> str:
    text = str(value)
    if text.isprintable() and _BARE.fullmatch(text):
        return text
    quotable = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{printable(quotable)}"'


def _is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether the stream is the one that systemd connected to the journal (systemd.exec(5), JOURNAL_STREAM)."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"
