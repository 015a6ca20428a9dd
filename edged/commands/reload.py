"""`edged reload`: the running daemon reads its configuration and its models again."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from edged.config import ControlSection
from edged.config.document import SyntaxFinding, parse
from edged.config.file import DEFAULT, load_config
from edged.control.client import ask
from edged.errors import ConfigError, EdgedError, ExitCode, NoDaemon

_LIMIT_SECONDS: Final = 120.0  # as long as the daemon gives it, and less than systemd gives ExecReload= (TimeoutStartSec=)
_PAUSE_SECONDS: Final = 0.1


def reload(arguments: argparse.Namespace) -> ExitCode:
    """Ask for a reload; with `--wait`, say what became of it.

    Raises:
        EdgedError: Nobody answers, or not in time.
    """
    socket, refused = _socket(arguments.config or DEFAULT)
    try:
        ticket = ask(socket, "reload")
    except NoDaemon:
        if refused is not None:  # then it may listen elsewhere
            raise refused from None
        raise
    if not arguments.wait:
        print("edged reloads; what becomes of it stands in its journal and in `edged status`")
        return ExitCode.DONE
    deadline = time.monotonic() + _LIMIT_SECONDS
    while (outcome := ask(socket, "reload_outcome", ticket=ticket)) is None:
        if time.monotonic() > deadline:
            message = f"the reload is not done after {_LIMIT_SECONDS:g} s"
            raise EdgedError(
                message, hint="until it is, the old configuration is in effect; look at the journal: journalctl -u edged -n 50"
            )
        time.sleep(_PAUSE_SECONDS)
    return _told(outcome)


def _told(outcome: dict[str, Any]) -> ExitCode:
    if not outcome["ok"]:
        for error in outcome["errors"]:
            print(error, file=sys.stderr)
        print("edged: the reload failed, the old configuration is still in effect", file=sys.stderr)
        if outcome["hint"]:
            print(f"       {outcome['hint']}", file=sys.stderr)
        return ExitCode.UNREADABLE
    words = {"live": "changed", "reconnect": "changed, meets the broker anew", "restart": "restart needed", "models": "model opened"}
    lines = [f"{word}: {what}" for kind, word in words.items() for what in outcome[kind]]
    print("\n".join(lines) or "nothing changed: what the files say is in effect")
    return ExitCode.DONE


def _socket(path: Path) -> tuple[Path, ConfigError | None]:
    """Where the daemon listens; also by a configuration that is refused, for the daemon is who tells why."""
    try:
        return load_config(path).config.control.socket, None
    except ConfigError as refused:
        try:
            said = parse(path.read_text(encoding="utf-8")).data["control"]["socket"]
            return ControlSection.model_validate_json(
                json.dumps({"socket": said}), context={"folder": path.absolute().parent}
            ).socket, refused
        except (OSError, ValueError, KeyError, TypeError, SyntaxFinding):
            return ControlSection().socket, refused
