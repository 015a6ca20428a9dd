"""The command line: what people and units may ask of edged.

Commands import what they need when they run: `edged check` loads neither OpenVINO nor OpenCV.
"""

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from edged import __version__
from edged.errors import ConfigError, EdgedError, ExitCode

_Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no other name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="edged", description="Reads the text in pictures and publishes it over MQTT.")
    parser.add_argument("--version", action="version", version=f"edged {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    config = argparse.ArgumentParser(add_help=False)
    config.add_argument("-c", "--config", type=Path, default=None, metavar="FILE", help="configuration (default /etc/edged/edged.yaml)")

    _add_pipeline(verbs, config)
    _add_examination(verbs, config)
    _add_delivery(verbs, config)
    return parser


def _add_pipeline(verbs: _Verbs, config: argparse.ArgumentParser) -> None:
    """Commands that read pictures, and what they read with."""
    run = verbs.add_parser("run", parents=[config], help="the daemon")
    run.add_argument("--strict", action="store_true", help="never start from anything but the given configuration")

    read = verbs.add_parser("read", parents=[config], help="read pictures once: no broker, nothing moved")
    read.add_argument("images", nargs="+", metavar="IMAGE", help="a picture, or @FILE with a picture a line")
    read.add_argument("--json", action="store_true", help="one reading per line, in the order of the arguments, failures too")
    read.add_argument(
        "--layout",
        choices=["whole", "detect"],
        help="whole: the picture is one text line; detect: look for text (default: as the source says, else by the shape of the picture)",
    )
    read.add_argument(
        "--annotate", type=Path, metavar="OUT", help="also draw what was read: OUT.png or OUT.jpg for one picture, a folder for several"
    )
    read.add_argument("--model", metavar="NAME", help="a model of the shelf")
    read.add_argument("--precision", choices=["auto", "fp16", "int8"], help="which files of the model")
    read.add_argument("--source", metavar="NAME", help="read as this source of the configuration does")
    read.add_argument("--models-dir", type=Path, metavar="DIR", help="the shelf")

    models = verbs.add_parser("models", help="the shelf of models").add_subparsers(dest="action", required=True)
    for action, text in (("list", "the models that can be used here"), ("build", "make the models that edged ships")):
        sub = models.add_parser(action, parents=[config], help=text)
        sub.add_argument("--models-dir", type=Path, metavar="DIR", help="the shelf")
        if action == "build":
            sub.add_argument("names", nargs="*", metavar="NAME", help="models to make; without any, what is set up")
    _add_eval(models, config)
    _add_tune(models, config)


def _add_eval(models: _Verbs, config: argparse.ArgumentParser) -> None:
    evaluate = models.add_parser("eval", parents=[config], help="read labelled lines and count what is right")
    evaluate.add_argument("folder", type=Path, metavar="DIR", help="has <source>/<split>.tsv (path TAB text), or one table alone")
    evaluate.add_argument("--model", metavar="NAME", help="a model of the shelf")
    evaluate.add_argument("--precision", choices=["auto", "fp16", "int8"], help="which files of the model")
    evaluate.add_argument("--models-dir", type=Path, metavar="DIR", help="the shelf")
    evaluate.add_argument("--split", metavar="NAME", help="the tables NAME.tsv; without it the only one of each source, or its dev.tsv")
    evaluate.add_argument("--rules", type=Path, metavar="FILE", help="what counts as the same text (default: rules.yaml in DIR)")
    evaluate.add_argument("--confusions", type=_count, nargs="?", const=20, metavar="N", help="also the N commonest (20)")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    evaluate.add_argument("--tsv", type=Path, metavar="FILE", help="write what was read: <source>/<path> TAB text TAB confidence")


def _add_tune(models: _Verbs, config: argparse.ArgumentParser) -> None:
    tune = models.add_parser("tune", parents=[config], help="let a model learn lines of yours, as a new model beside it")
    tune.add_argument("--examples", type=Path, required=True, metavar="DIR", help="labelled lines, as for eval: a table (path TAB text)")
    tune.add_argument("--name", required=True, help="of the new model")
    tune.add_argument("--model", metavar="NAME", help="which one learns (default: the configured one)")
    tune.add_argument("--minutes", type=_minutes, default=15.0, metavar="N", help="to train at most (default 15)")
    tune.add_argument("--switch", action="store_true", help="read with the new model from now on")
    tune.add_argument("--models-dir", type=Path, metavar="DIR", help="the shelf; the new model comes there, too")


def _add_examination(verbs: _Verbs, config: argparse.ArgumentParser) -> None:
    """Commands that look at the configuration, the daemon and the box."""
    verbs.add_parser("check", parents=[config], help="validate the configuration: every error at once").add_argument(
        "--merged", action="store_true", help="show what is in effect, and which file said it"
    )
    reload = verbs.add_parser("reload", parents=[config], help="let the running daemon read its configuration and models again")
    reload.add_argument("--wait", action="store_true", help="say what changed; 1 where it failed and the old stays in effect")
    status = verbs.add_parser("status", parents=[config], help="what the running daemon says of itself")
    status.add_argument("--json", action="store_true", help="as one JSON object")

    doctor = verbs.add_parser(
        "doctor", parents=[config], help="what would go wrong here, by really trying; with IMAGE, what is wrong with a picture"
    )
    doctor.add_argument("images", nargs="*", metavar="IMAGE", help="examine this picture instead of the box; nothing is moved")
    doctor.add_argument("--json", action="store_true", help="as one JSON object, for each picture one in a line")
    doctor.add_argument("--layout", choices=["whole", "detect"], help="of pictures; as for read")
    doctor.add_argument("--source", metavar="NAME", help="examine pictures as this source of the configuration reads them")

    bench = verbs.add_parser("bench", parents=[config], help="what this box can do, beside the raw limit of its inference")
    bench.add_argument("--seconds", type=_positive, default=3.0, metavar="N", help="of each measurement (default 3)")
    bench.add_argument("--rounds", type=_count, default=5, metavar="N", help="in which all variants take turns (default 5)")
    bench.add_argument("--json", action="store_true", help="as one JSON object")
    bench.add_argument("--svg", type=Path, metavar="FILE", help="also draw the figures")
    bench.add_argument("--configured-broker", action="store_true", help="send to the broker of the configuration, below edged/edged-bench")


def _add_delivery(verbs: _Verbs, config: argparse.ArgumentParser) -> None:
    """Commands that send or read again."""
    outbox = verbs.add_parser("outbox", help="readings on their way to the broker").add_subparsers(dest="action", required=True)
    outbox.add_parser("stat", parents=[config], help="how many readings are in which state")
    outbox.add_parser("dead", parents=[config], help="readings that the broker never took, and why")
    retry = outbox.add_parser("retry", parents=[config], help="send dead readings again")
    retry.add_argument("seq", nargs="*", type=_seq, metavar="SEQ", help="their numbers; none means all")

    replay = verbs.add_parser("replay", parents=[config], help="send readings once more that the broker took already")
    replay.add_argument(
        "--since", metavar="TIME", help="those sent since: 90s, 30m, 2h, 7d; without it all that are kept (outbox.keep_sent_days)"
    )
    replay.add_argument(
        "--from-seq", type=_seq, metavar="SEQ", help="those from this number on; the only choice while the clock was never set"
    )
    replay.add_argument("--stop", action="store_true", help="end the replay that is under way")
    failed = verbs.add_parser("retry", parents=[config], help="move failed files back into their drop folder, to be read again")
    failed.add_argument("id", nargs="*", metavar="ID", help="the id before the ~ of their names; none means all")
    failed.add_argument("--since", type=_duration, metavar="TIME", help="only those that were dropped since: 90s, 30m, 2h, 7d")
    failed.add_argument("--source", metavar="NAME", help="only those of this source")


def _seq(text: str) -> int:
    from edged.types import MAX_SEQ

    if not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= MAX_SEQ):
        message = f"{text!r} found, expected the number of a reading"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _positive(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 600:
        message = f"{text} found, expected seconds from 0.1 to 600"
        raise argparse.ArgumentTypeError(message)
    return value


def _minutes(text: str) -> float:
    value = float(text)
    if not 0 < value <= 24 * 60:
        message = f"{text} found, expected minutes, up to a day"
        raise argparse.ArgumentTypeError(message)
    return value


def _count(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 100):
        message = f"{text!r} found, expected a number from 1 to 100"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _duration(text: str) -> float:
    from edged.lib.durations import seconds_of

    try:
        return seconds_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


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


def program() -> None:
    """Run one command as the process: its end is the end of the process.

    Every command has closed what it opened. What is left are threads of OpenVINO, and where the interpreter tears its runtime down
    while one of them still ends, the process aborts after its work was done ("terminate called without an active exception").
    """
    code = main()
    logging.shutdown()
    with suppress(BrokenPipeError):  # whoever read us has gone
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _tell(error: EdgedError) -> int:
    print(f"edged: {error}", file=sys.stderr)
    if error.hint:
        print(f"       {error.hint}", file=sys.stderr)
    return error.exit_code


# Where each command stands: a module is loaded only for its own.
_COMMANDS = {
    "run": "run:run",
    "read": "read:read",
    "reload": "reload:reload",
    "doctor": "doctor:doctor",
    "bench": "bench:bench",
    "models build": "models:build",
    "models list": "models:listing",
    "models eval": "evaluate:evaluate",
    "models tune": "tune:run",
    "check": "check:check",
    "status": "status:status",
    "replay": "outbox:replay",
    "retry": "retry:retry",
    "outbox stat": "outbox:stat",
    "outbox dead": "outbox:dead",
    "outbox retry": "outbox:retry",
}


def _dispatch(arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    verb = arguments.verb if "action" not in arguments else f"{arguments.verb} {arguments.action}"
    module, _, name = _COMMANDS[verb].partition(":")
    command: Callable[[argparse.Namespace], int] = getattr(importlib.import_module(f"edged.commands.{module}"), name)
    return command(arguments)
