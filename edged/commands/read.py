"""`edged read`: the daemon's own way from bytes to a reading, once, without broker, outbox or moved files."""

import argparse
import datetime as dt
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from edged.config import Config, FolderSection, LimitsSection, ModelSection
from edged.errors import ExitCode, UsageError
from edged.flow.decode import limit_threads
from edged.flow.folder.content import Changing, Found, examine
from edged.flow.folder.settle import Stamp
from edged.flow.payload import encode_reading
from edged.flow.reader import Job, Reader
from edged.flow.recognise import Recogniser
from edged.generation import Builder, config_or_defaults, shelf_of
from edged.lib.clock import SystemClock, file_time
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
    reader, recognisers, limits, device = _reader(arguments)

    def check() -> None:
        for recogniser in recognisers:
            recogniser.check()

    worst = ExitCode.DONE
    try:
        for reading in _readings(paths, reader, limits.max_file_bytes, check):
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
    changes = "".join(f"  [read as {line.raw}; {'; '.join(line.rules)}]" for line in reading.lines if line.rules)
    doubts = f"  [{reading.outcome}: {'; '.join(reading.reasons)}]" if reading.reasons else ""
    print(f"{name}{reading.text}  ({reading.confidence:.2f}){changes}{doubts}", flush=True)


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


def _reader(arguments: argparse.Namespace) -> tuple[Reader, Sequence[Recogniser], LimitsSection, str]:
    """The reader that the configuration and the options ask for, what to close, the limits, and the device's name."""
    loaded = config_or_defaults(arguments.config)
    config = loaded.config
    source = _source(config, arguments.source)
    wanted = source.model or config.model
    wanted = ModelSection(name=arguments.model or wanted.name, precision=arguments.precision or wanted.precision)
    shelf = [arguments.models_dir] if arguments.models_dir else shelf_of(config.state_dir, config.models_dir)
    builder = Builder(shelf, config.recognise, config=loaded.digest, dictionaries=loaded.dictionaries, clock=SystemClock())
    return builder.reader(source, wanted), builder.recognisers, source.limits, config.device


def _source(config: Config, name: str | None) -> FolderSection:
    """The section to read as; without a name that of the only source, else the defaults."""
    if name is None:
        return next(iter(config.sources.values())) if len(config.sources) == 1 else FolderSection(path=Path("/"))
    if name not in config.sources:
        message = f"there is no source {name!r} in the configuration"
        raise UsageError(message, hint=f"it has {', '.join(config.sources)}")
    return config.sources[name]


def _readings(paths: Sequence[str], reader: Reader, max_bytes: int, check: Callable[[], None]) -> Iterator[Reading]:
    """Read the pictures, a few ahead, in their order."""
    window: deque[tuple[threading.Event, Job]] = deque()

    def oldest() -> Reading:
        completed, job = window.popleft()
        while not completed.wait(1):
            check()
        return reader.conclude(job)

    for path in paths:
        window.append(_begin(reader, _delivery(path, max_bytes)))
        if len(window) > _AHEAD:
            yield oldest()
    while window:
        yield oldest()


def _begin(reader: Reader, delivery: Delivery) -> tuple[threading.Event, Job]:
    completed = threading.Event()
    return completed, reader.begin(delivery, lambda _: completed.set())


def _delivery(path: str, max_bytes: int) -> Delivery:
    """One picture as the folder would deliver it."""
    now = dt.datetime.now(dt.UTC)
    found = _examine(path, max_bytes)
    return Delivery(
        id=FrameId(new_id(int(now.timestamp() * 1000), os.urandom(10))),
        source=_SOURCE,
        captured_at=now,
        origin=Origin(name=printable(path), sha256=found.sha256, bytes=found.size, modified_at=file_time(found.stamp.mtime_ns)),
        attempt=1,
        data=found.data,
        problem=found.problem,
    )


def _examine(path: str, max_bytes: int) -> Found:
    """Read the file once; links are followed, for whoever names a file means it."""
    real = Path(os.path.realpath(path))
    try:
        folder = os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return examine(real.name, folder, max_bytes)
        finally:
            os.close(folder)
    except (OSError, Changing) as error:
        why = (os.strerror(error.errno) if error.errno else str(error)) if isinstance(error, OSError) else "it is being written"
        reason = f"cannot be read: {why}; see that the file exists and that you may read it"
        return Found(stamp=Stamp(0, 0, 0), problem=FrameProblem(outcome=Outcome.FAILED, reason=reason))
