"""All checks, in the order in which somebody would look."""

import os
from collections.abc import Iterator
from typing import Final

from edged.doctor import broker, cameras, clock, database, disk, events, folders, limits, model, sandbox, service
from edged.doctor.case import Case
from edged.doctor.finding import Check, Finding, bad
from edged.errors import EdgedError

CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("service", service.check),
    ("model", model.check),
    ("folders", folders.check),
    ("cameras", cameras.check),
    ("events", events.check),
    ("sandbox", sandbox.check),
    ("disk", disk.check),
    ("database", database.check),
    ("broker", broker.check),
    ("clock", clock.check),
    ("limits", limits.check),
)


def examine(case: Case) -> Iterator[tuple[str, list[Finding]]]:
    """Each area with its findings, one after the other: a slow one keeps nobody from seeing the others."""
    for area, check in CHECKS:
        yield area, list(_guarded(check, case))


def _guarded(check: Check, case: Case) -> Iterator[Finding]:
    """What stops a check is a finding; those before it stay."""
    try:
        yield from check(case)
    except EdgedError as error:
        yield bad(str(error), error.hint)
    except OSError as error:
        yield bad(
            f"{error.filename or 'this'} cannot be looked at: {os.strerror(error.errno or 0)}",
            "run this as the user of the service, or as root",
        )
