"""The command line: what people and units may ask of edged.

Commands import what they need when they run: `edged check` loads neither OpenVINO nor OpenCV.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from edged import __version__
from edged.errors import ConfigError, EdgedError, ExitCode

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="edged", description="Reads the text in pictures and publishes it over MQTT.")
    parser.add_argument("--version", action="version", version=f"edged {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    config = argparse.ArgumentParser(add_help=False)
    config.add_argument("-c", "--config", type=Path, default=None, metavar="FILE", help="configuration (default /etc/edged/edged.yaml)")

    run = verbs.add_parser("run", parents=[config], help="the daemon")
    run.add_argument("--strict", action="store_true", help="never start from anything but the given configuration")

    read = verbs.add_parser("read", parents=[config], help="read pictures once: no broker, nothing moved")
    read.add_argument("images", nargs="+", metavar="IMAGE", help="a picture, or @FILE with a picture a line")
    read.add_argument("--json", action="store_true", help="one reading per line, in the order of the arguments, failures too")
    read.add_argument("--layout", choices=["whole"], default="whole", help="whole: the picture is one text line")
    read.add_argument("--model", metavar="NAME", help="a model of the shelf")
    read.add_argument("--precision", choices=["auto", "fp16", "int8"], help="which files of the model")
    read.add_argument("--source", metavar="NAME", help="read as this source of the configuration does")
    read.add_argument("--models-dir", type=Path, metavar="DIR", help="the shelf")

    verbs.add_parser("check", parents=[config], help="validate the configuration: every error at once")
    status = verbs.add_parser("status", parents=[config], help="what the running daemon says of itself")
    status.add_argument("--json", action="store_true", help="as one JSON object")

    outbox = verbs.add_parser("outbox", help="readings on their way to the broker").add_subparsers(dest="action", required=True)
    outbox.add_parser("stat", parents=[config], help="how many readings are in which state")
    outbox.add_parser("dead", parents=[config], help="readings that the broker never took, and why")
    retry = outbox.add_parser("retry", parents=[config], help="send dead readings again")
    retry.add_argument("seq", nargs="*", type=_seq, metavar="SEQ", help="their numbers; none means all")

    failed = verbs.add_parser("retry", parents=[config], help="move failed files back into their drop folder, to be read again")
    failed.add_argument("id", nargs="*", metavar="ID", help="the id before the ~ of their names; none means all")
    failed.add_argument("--since", type=_seconds, metavar="TIME", help="only those that were dropped since: 90s, 30m, 2h, 7d")
    failed.add_argument("--source", metavar="NAME", help="only those of this source")

    models = verbs.add_parser("models", help="the shelf of models").add_subparsers(dest="action", required=True)
    for action, text in (("list", "the models that can be used here"), ("build", "make the models that edged ships")):
        sub = models.add_parser(action, parents=[config], help=text)
        sub.add_argument("--models-dir", type=Path, metavar="DIR", help="the shelf")
    return parser


def _seq(text: str) -> int:
    from edged.types import MAX_SEQ

    if not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= MAX_SEQ):
        message = f"{text!r} found, expected the number of a reading"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _seconds(text: str) -> float:
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdecimal() and len(number) < 10 and unit in _UNITS):
        message = f"{text!r} found, expected a number and its unit: 90s, 30m, 2h or 7d"
        raise argparse.ArgumentTypeError(message)
    return int(number) * _UNITS[unit]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the one place where errors become exit codes."""
    arguments = _parser().parse_args(argv)
    try:
        return _dispatch(arguments)
    except ConfigError as error:
        for finding in error.findings:
            print(finding, file=sys.stderr)
        return _tell(error)
    except EdgedError as error:
        return _tell(error)
    except KeyboardInterrupt:
        return ExitCode.UNREADABLE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has gone; so do we
        return ExitCode.DONE


def _tell(error: EdgedError) -> int:
    print(f"edged: {error}", file=sys.stderr)
    if error.hint:
        print(f"       {error.hint}", file=sys.stderr)
    return error.exit_code


def _dispatch(arguments: argparse.Namespace) -> int:
    verb = arguments.verb if "action" not in arguments else f"{arguments.verb} {arguments.action}"
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    if verb == "run":
        from edged.commands.run import run

        return run(arguments.config)
    if verb == "read":
        from edged.commands.read import read

        return read(arguments)
    if verb == "retry":
        from edged.commands.retry import retry

        return retry(arguments)
    if verb.startswith("models"):
        from edged.commands.models import build, listing

        return (build if arguments.action == "build" else listing)(arguments)
    from edged.commands import small

    return small.VERBS[verb](arguments)
