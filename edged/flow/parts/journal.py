"""Triggers that have no reading yet, over a restart: a file of one JSON object a line, which is only ever appended to.

Nothing is synced: a process that dies loses nothing, a power cut may lose the triggers of its last seconds. Then nobody answers
them, and no reading contradicts that: what was committed needs the journal no more.
"""

import datetime as dt
import json
import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from edged.errors import SourceError
from edged.lib.ids import is_id
from edged.types import FrameId, TriggerKind

_BYTES: Final = 65_536  # from here on it is written anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """One accepted trigger."""

    id: FrameId
    kind: TriggerKind
    at: dt.datetime
    part: str | None
    attempt: int = 1


class Journal:
    """The triggers of one camera. Thread-safe; once open."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._open: dict[FrameId, Noted] = {}
        self._descriptor = -1
        self._bytes = 0
        self._lock = threading.Lock()

    def open(self) -> tuple[Noted, ...]:
        """What an earlier process left, in order of their ids, each with one attempt more.

        Raises:
            SourceError: The file cannot be read or written.
        """
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            if self._file.exists():
                self._open = _left(self._file.read_bytes())
            self._write_anew()
        except OSError as error:
            message = f"{self._file} cannot be written: {os.strerror(error.errno or 0)}"
            raise SourceError(message, hint="give the user of edged write access to state_dir, and room on its disk") from error
        return tuple(self._open[id] for id in sorted(self._open))

    def note(self, noted: Noted) -> None:
        """A trigger was accepted.

        Raises:
            OSError: It cannot be written; it is not accepted.
        """
        with self._lock:
            self._append({"id": noted.id, "kind": noted.kind, "at": noted.at.isoformat(), "part": noted.part, "attempt": noted.attempt})
            self._open[noted.id] = noted

    def finish(self, id: FrameId) -> bool:
        """Its reading is committed; False where it is not known.

        Raises:
            OSError: It cannot be written; it may be called again.
        """
        with self._lock:
            if id not in self._open:
                return False
            self._append({"done": id})
            del self._open[id]
            if self._bytes > _BYTES:
                self._write_anew()
            return True

    def close(self) -> None:
        """Idempotent."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _append(self, content: dict[str, Any]) -> None:
        line = _line(content)
        written = os.write(self._descriptor, line)
        self._bytes += written
        if written < len(line):
            os.ftruncate(self._descriptor, self._bytes - written)
            self._bytes -= written
            message = "no room for a whole line"
            raise OSError(message)

    def _write_anew(self) -> None:
        """Only what is open, in a new file that takes the old one's place."""
        lines = [
            {"id": one.id, "kind": one.kind, "at": one.at.isoformat(), "part": one.part, "attempt": one.attempt}
            for one in self._open.values()
        ]
        text = b"".join(map(_line, lines))
        new = self._file.with_suffix(".new")
        new.write_bytes(text)
        new.replace(self._file)
        descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._bytes = descriptor, len(text)


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode() + b"\n"


def _left(text: bytes) -> dict[FrameId, Noted]:
    """What is open; a line that is damaged or was not written to its end says nothing."""
    found: dict[FrameId, Noted] = {}
    for line in text.splitlines():
        try:
            content = json.loads(line)
            if "done" in content:
                found.pop(content["done"], None)
                continue
            noted = Noted(
                id=FrameId(content["id"]),
                kind=cast("TriggerKind", content["kind"]),
                at=dt.datetime.fromisoformat(content["at"]),
                part=content["part"],
                attempt=content["attempt"],
            )
        except (ValueError, KeyError, TypeError):
            continue
        if is_id(noted.id) and noted.at.tzinfo is not None:
            found[noted.id] = replace(noted, attempt=noted.attempt + 1)
    return found
