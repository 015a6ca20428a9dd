"""`edged read`: the daemon's own way from bytes to a reading, once, without broker, outbox or moved files."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from edged.commands.pictures import opened
from edged.config import Config, FolderSection, ModelSection
from edged.errors import ExitCode, UsageError
from edged.flow.payload import encode_reading
from edged.generation import config_or_defaults
from edged.types import Outcome, Reading


def read(arguments: argparse.Namespace) -> ExitCode:
    """Read pictures and print what is on them.

    Raises:
        EdgedError: The configuration, the model or the list of pictures cannot be used.
    """
    paths = list(_pictures(arguments.images))
    loaded = config_or_defaults(arguments.config)
    source = _source(loaded.config, arguments.source)
    wanted = source.model or loaded.config.model
    wanted = ModelSection(name=arguments.model or wanted.name, precision=arguments.precision or wanted.precision)
    worst = ExitCode.DONE
    with opened(loaded, source, wanted, arguments.models_dir) as chain:
        for reading in chain.readings(paths):
            if arguments.json:
                sys.stdout.buffer.write(encode_reading(reading, device=loaded.config.device, seq=None, epoch=None) + b"\n")
                sys.stdout.buffer.flush()
            else:
                _print(reading, alone=len(paths) == 1)
            if reading.outcome in (Outcome.REJECTED, Outcome.FAILED):
                worst = ExitCode.UNREADABLE
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


def _source(config: Config, name: str | None) -> FolderSection:
    """The section to read as; without a name that of the only source, else the defaults."""
    if name is None:
        return next(iter(config.sources.values())) if len(config.sources) == 1 else FolderSection(path=Path("/"))
    if name not in config.sources:
        message = f"there is no source {name!r} in the configuration"
        raise UsageError(message, hint=f"it has {', '.join(config.sources)}")
    return config.sources[name]
