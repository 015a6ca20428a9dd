"""One question and its answer, wherever it came from: the control socket and MQTT speak the same words."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from edged.errors import EdgedError, OutboxError, OutboxFull

Verb = Callable[[Mapping[str, Any]], Any]
"""Takes the arguments, returns what JSON can say; raises EdgedError where it must refuse."""

_log = logging.getLogger(__name__)


def perform(name: str, verb: Verb, arguments: Mapping[str, Any], head: Mapping[str, Any]) -> str:
    """The answer of a verb, good or bad, as JSON that begins with *head*.

    Raises:
        OutboxError: Storage cannot be trusted: the supervisor ends the process.
    """
    try:
        return json.dumps({**head, "ok": True, "result": verb(arguments)})
    except EdgedError as error:
        if isinstance(error, OutboxError) and not isinstance(error, OutboxFull):
            raise
        return refusal(str(error), error.hint, head)
    except Exception as error:  # noqa: BLE001 - the verb boundary: a question must never end the daemon
        _log.exception("verb failed", extra={"verb": name})
        told = f"{name} failed: {type(error).__name__}: {error}"
        return refusal(told, "report it; the journal of edged has the traceback", head)


def refusal(error: str, hint: str, head: Mapping[str, Any]) -> str:
    """The answer that says no."""
    return json.dumps({**head, "ok": False, "error": error, "hint": hint})
