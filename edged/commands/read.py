"""`edged read`: the daemon's own way from bytes to a reading, once, without broker, outbox or moved files."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from edged.commands.annotating import Annotating
from edged.commands.pictures import opened
from edged.commands.sources import reading_as
from edged.config import ModelSection
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
    source, by_shape = reading_as(loaded.config, arguments.source, arguments.layout)
    wanted = source.reads_with or loaded.config.model
    wanted = ModelSection(name=arguments.model or wanted.name, precision=arguments.precision or wanted.precision)
    annotating = Annotating(arguments.annotate, paths, source) if arguments.annotate else None
    outcomes: Counter[Outcome] = Counter()
    looked = 0
    with opened(loaded, source, wanted, arguments.models_dir, by_shape=by_shape) as chain:
        for done in chain.finished(paths):
            _tell(done.reading, arguments, loaded.config.device, alone=len(paths) == 1)
            outcomes[done.reading.outcome] += 1
            looked += by_shape and done.reading.layout == "detect"
            if annotating and annotating.write(done) is None:
                print(f"{done.reading.origin.name}: no annotated picture, for it could not be decoded", file=sys.stderr)
    if looked and not arguments.json:
        print(f"edged: text was looked for in {looked} of {len(paths)} pictures, not shaped like a line (see --layout)", file=sys.stderr)
    return ExitCode.UNREADABLE if outcomes[Outcome.REJECTED] or outcomes[Outcome.FAILED] else ExitCode.DONE


def _tell(reading: Reading, arguments: argparse.Namespace, device: str, *, alone: bool) -> None:
    if arguments.json:
        sys.stdout.buffer.write(encode_reading(reading, device=device, seq=None, epoch=None) + b"\n")
        sys.stdout.buffer.flush()
    else:
        _print(reading, alone=alone)


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
