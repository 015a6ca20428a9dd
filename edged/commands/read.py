"""`edged read`: the daemon's own way from bytes to a reading, once, without broker, outbox or moved files."""

import argparse
import datetime as dt
import hashlib
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from edged.config import Config, FolderSection, ModelSection
from edged.errors import ExitCode, UsageError
from edged.flow.decode import limit_threads
from edged.flow.payload import encode_reading
from edged.flow.reader import Job, Reader
from edged.flow.recognise import Recogniser
from edged.generation import Builder, config_or_defaults, shelf_of
from edged.lib.clock import SystemClock
from edged.lib.ids import new_id
from edged.lib.logs import printable
from edged.types import Delivery, FrameId, FrameProblem, Origin, Outcome, Reading, SourceName

_AHEAD: Final = 8  # pictures in work at a time; their readings come out in the order of the arguments
_SOURCE: Final = SourceName("read")


def read(arguments: argparse.Namespace) -> ExitCode:
    """Read pictures and print what is on them.

    Raises:
        EdgedError: The configuration, the model or the list of pictures cannot be used.
    """
    limit_threads(1)
    paths = list(_pictures(arguments.images))
    reader, recognisers, device = _reader(arguments)
    worst = ExitCode.DONE
    try:
        for reading in _readings(paths, reader):
            if arguments.json:
                sys.stdout.buffer.write(encode_reading(reading, device=device, seq=None, epoch=None) + b"\n")
                sys.stdout.buffer.flush()
            else:
                _print(reading, alone=len(paths) == 1)
            if reading.outcome in (Outcome.REJECTED, Outcome.FAILED):
                worst = ExitCode.UNREADABLE
    finally:
        for recogniser in recognisers:
            recogniser.close()
    return worst


def _print(reading: Reading, *, alone: bool) -> None:
    name = "" if alone else f"{reading.origin.name}: "
    if reading.outcome in (Outcome.REJECTED, Outcome.FAILED):
        print(f"{reading.origin.name}: {reading.outcome}: {'; '.join(reading.reasons)}", file=sys.stderr)
        return
    doubts = f"  [{reading.outcome}: {'; '.join(reading.reasons)}]" if reading.reasons else ""
    print(f"{name}{reading.text}  ({reading.confidence:.2f}){doubts}", flush=True)


def _pictures(arguments: list[str]) -> Iterator[str]:
    """The arguments, with each @FILE replaced by the pictures it names."""
    for argument in arguments:
        if not argument.startswith("@"):
            yield argument
            continue
        try:
            lines = Path(argument[1:]).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            message = f"the list {argument[1:]} cannot be read: {error}"
            raise UsageError(message, hint="name a text file with the path of one picture per line") from error
        yield from (line for line in lines if line.strip())


def _reader(arguments: argparse.Namespace) -> tuple[Reader, Sequence[Recogniser], str]:
    """The reader that the configuration and the options ask for, what to close, and the device's name."""
    loaded = config_or_defaults(arguments.config)
    config = loaded.config
    source = _source(config, arguments.source)
    wanted = source.model or config.model
    wanted = ModelSection(name=arguments.model or wanted.name, precision=arguments.precision or wanted.precision)
    shelf = [arguments.models_dir] if arguments.models_dir else shelf_of(config.state_dir, config.models_dir)
    builder = Builder(shelf, config.recognise, config=loaded.digest, clock=SystemClock())
    return builder.reader(source, wanted), builder.recognisers, config.device


def _source(config: Config, name: str | None) -> FolderSection:
    """The section to read as; without a name that of the only source, else the defaults."""
    if name is None:
        return next(iter(config.sources.values())) if len(config.sources) == 1 else FolderSection(path=Path("/"))
    if name not in config.sources:
        message = f"there is no source {name!r} in the configuration"
        raise UsageError(message, hint=f"it has {', '.join(config.sources)}")
    return config.sources[name]


def _readings(paths: Sequence[str], reader: Reader) -> Iterator[Reading]:
    """Read the pictures, a few ahead, in their order."""
    window: deque[tuple[threading.Event, Job]] = deque()
    for path in paths:
        window.append(_begin(reader, path))
        while len(window) > _AHEAD:
            yield _conclude(reader, *window.popleft())
    while window:
        yield _conclude(reader, *window.popleft())


def _begin(reader: Reader, path: str) -> tuple[threading.Event, Job]:
    completed = threading.Event()
    return completed, reader.begin(_delivery(path), lambda _: completed.set())


def _conclude(reader: Reader, completed: threading.Event, job: Job) -> Reading:
    completed.wait()
    return reader.conclude(job)


def _delivery(path: str) -> Delivery:
    """One picture as the folder would deliver it."""
    now = dt.datetime.now(dt.UTC)
    problem, data, modified = None, None, None
    try:
        with Path(path).open("rb") as file:
            data = file.read()
            modified = dt.datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, dt.UTC)
    except OSError as error:
        reason = f"cannot be read: {os.strerror(error.errno or 0)}; see that the file exists and that you may read it"
        problem = FrameProblem(outcome=Outcome.FAILED, reason=reason)
    return Delivery(
        id=FrameId(new_id(int(now.timestamp() * 1000), os.urandom(10))),
        source=_SOURCE,
        captured_at=now,
        origin=Origin(
            name=printable(path),
            sha256=hashlib.sha256(data).hexdigest() if data is not None else None,
            bytes=len(data) if data is not None else None,
            modified_at=modified,
        ),
        attempt=1,
        data=data,
        problem=problem,
    )
