"""`edged models eval`: labelled lines, read with the daemon's own steps."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from edged.commands.pictures import Chain, opened
from edged.config import FolderSection, ModelSection
from edged.errors import ExitCode, UsageError
from edged.exam import told
from edged.exam.labelled import Labelled, labelled
from edged.exam.rules import load_rules
from edged.exam.score import Answer, score
from edged.flow.upright import UPSIDE_DOWN
from edged.generation import config_or_defaults
from edged.types import Outcome, Reading

PLAIN = FolderSection(path=Path("/"))  # every step at its default, no rules; the folder is never opened


def evaluate(arguments: argparse.Namespace) -> ExitCode:
    """Read every line, print the figures, and write the files that were asked for.

    Raises:
        EdgedError: The folder, the configuration or the model cannot be used, or a file cannot be written.
    """
    lines = labelled(arguments.folder, arguments.split)
    rules = load_rules(arguments.rules, arguments.folder)
    loaded = config_or_defaults(arguments.config)
    default = loaded.config.model
    wanted = ModelSection(name=arguments.model or default.name, precision=arguments.precision or default.precision)
    with opened(loaded, PLAIN, wanted, arguments.models_dir) as chain:
        model, found = chain.reader.model, {line.key: reading for line, reading in read(lines, chain)}
    answers = {key: answer for key, reading in found.items() if (answer := answer_of(reading)) is not None}
    turned = Counter(line.source for line in lines if is_upside_down(found[line.key]))
    unread = [line for line in lines if line.key not in answers and not is_upside_down(found[line.key])]
    for line in unread:
        print(f"{line.path}: not read: {'; '.join(found[line.key].reasons)}", file=sys.stderr)
    result = score(lines, answers, rules)
    print(f"{model.name} {model.precision}, {len(lines)} lines\n")
    print("\n".join(told.table(result, turned, arguments.confusions or 0)))
    _write(arguments.json, told.as_json(result, model, turned, arguments.confusions or 20))
    _write(arguments.tsv, told.as_tsv(answers))
    return ExitCode.UNREADABLE if unread else ExitCode.DONE


def read(lines: Iterable[Labelled], chain: Chain) -> Iterator[tuple[Labelled, Reading]]:
    """Each line with its reading, in their order."""
    of_all = tuple(lines)
    return zip(of_all, chain.readings(str(line.path) for line in of_all), strict=True)


def answer_of(reading: Reading) -> Answer | None:
    """What a reading says; None where the picture was not read."""
    if reading.outcome in (Outcome.REJECTED, Outcome.FAILED):
        return None
    return Answer(text=reading.text, confidence=reading.confidence)


def is_upside_down(reading: Reading) -> bool:
    """Whether the model told that the line stands upside down: an answer of its own, and no text."""
    return reading.outcome is Outcome.REJECTED and reading.reasons[0].startswith(UPSIDE_DOWN)


def _write(path: Path | None, text: str) -> None:
    if path is None:
        return
    try:
        path.write_text(text if text.endswith("\n") or not text else f"{text}\n", encoding="utf-8")
    except OSError as error:
        message = f"{path}: cannot be written: {error.strerror}"
        raise UsageError(message, hint="name a file in a folder that is there and that you may write to") from error
