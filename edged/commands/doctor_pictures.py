"""`edged doctor IMAGE`: why a picture is read as it is, and what would make it better."""

import argparse
import sys

from edged.commands.pictures import Chain, Finished, opened
from edged.commands.sources import reading_as
from edged.config import ReadingSection
from edged.doctor import table
from edged.doctor.finding import Finding
from edged.doctor.pictures.examine import examine, verdict
from edged.doctor.pictures.sight import Sight
from edged.errors import ExitCode
from edged.generation import config_or_defaults


def doctor_pictures(arguments: argparse.Namespace) -> ExitCode:
    """Examine pictures; 0 where each can be read, 1 where one cannot.

    Raises:
        EdgedError: The configuration or the model cannot be used.
    """
    loaded = config_or_defaults(arguments.config)
    source, by_shape = reading_as(loaded.config, arguments.source, arguments.layout)
    worst = ExitCode.DONE
    with opened(loaded, source, source.reads_with or loaded.config.model, by_shape=by_shape) as chain:
        for done in chain.finished(arguments.images):
            worst = max(worst, _told(_sight(done, chain, source), as_json=arguments.json))
    return worst


def _sight(done: Finished, chain: Chain, source: ReadingSection) -> Sight:
    return Sight(
        delivery=done.delivery,
        image=done.image(source.limits),
        laid=done.laid,
        reading=done.reading,
        source=source,
        again=lambda pixels: chain.again(done, pixels),
    )


def _told(sight: Sight, *, as_json: bool) -> ExitCode:
    findings: dict[str, list[Finding]] = {}
    if not as_json:
        print(f"{sight.reading.origin.name}:", flush=True)
    for area, found in examine(sight):
        findings[area] = found
        if not as_json:
            print("\n".join(table.lines(area, found, encoding=sys.stdout.encoding or "ascii")), flush=True)
    code = table.exit_code(findings)
    print(table.as_json(findings, code, picture=sight.reading.origin.name) if as_json else f"\n{verdict(sight, findings)}\n", flush=True)
    return code
