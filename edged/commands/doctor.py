"""`edged doctor`: says what would go wrong here, by really trying; or what is wrong with pictures that are named."""

import argparse
import sys
from pathlib import Path

from edged.commands.doctor_pictures import doctor_pictures
from edged.config.file import DEFAULT, load_config
from edged.config.start import start_config
from edged.doctor import table
from edged.doctor.case import case_of
from edged.doctor.examine import examine
from edged.doctor.finding import Finding, bad, doubt, good
from edged.errors import ConfigError, ExitCode, UsageError


def doctor(arguments: argparse.Namespace) -> ExitCode:
    """Examine this box with its configuration; 0 where nothing will fail, 1 where something will, 78 for the configuration.

    Raises:
        EdgedError: With pictures: something that they are read with cannot be used.
    """
    if arguments.images:
        return doctor_pictures(arguments)
    if arguments.source or arguments.layout:
        message = "--source and --layout are about pictures, and none is named"
        raise UsageError(message, hint="name a picture: edged doctor IMAGE")
    path = arguments.config or DEFAULT
    findings: dict[str, list[Finding]] = {}
    try:
        loaded = load_config(path)
    except ConfigError as error:
        refused = [bad(finding, error.hint) for finding in error.findings] or [bad(str(error), error.hint)]
        _tell(findings, "configuration", [*refused, *_stands_in(path)], arguments)
        return _end(findings, ExitCode.CONFIG, arguments)
    _tell(findings, "configuration", [good(f"{path} is good (device {loaded.config.device}, digest {loaded.digest[:12]})")], arguments)
    for area, found in examine(case_of(loaded)):
        _tell(findings, area, found, arguments)
    return _end(findings, table.exit_code(findings), arguments)


def _stands_in(path: Path) -> list[Finding]:
    """What a start would take in the place of a configuration that is refused."""
    try:
        saved_at = start_config(path).saved_at
    except ConfigError:
        return [bad("edged does not start with it, and nothing good is kept to start with instead", "correct the file")]
    return [doubt(f"until then edged starts with the last good configuration, of {saved_at}, and says that it fails", "correct the file")]


def _tell(findings: dict[str, list[Finding]], area: str, found: list[Finding], arguments: argparse.Namespace) -> None:
    """Show an area as soon as it is known."""
    findings[area] = found
    if found and not arguments.json:
        print("\n".join(table.lines(area, found, encoding=sys.stdout.encoding or "ascii")), flush=True)


def _end(findings: dict[str, list[Finding]], code: ExitCode, arguments: argparse.Namespace) -> ExitCode:
    print(table.as_json(findings, code) if arguments.json else f"\n{table.verdict(findings)}")
    return code
