"""The state folder and the database in it; a running daemon's is left alone."""

import os
from collections.abc import Iterator

from edged.doctor.case import Case, standing
from edged.doctor.finding import Finding, bad, doubt, good
from edged.flow.outbox import look


def check(case: Case) -> Iterator[Finding]:
    """Folder, SQLite, database."""
    config = case.config
    place = standing(config.state_dir)
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK, effective_ids=True):
        yield bad(f"state_dir {config.state_dir} cannot be written ({place} refuses)", f"give the user of edged write access to {place}")
        return
    yield good(f"state_dir {config.state_dir} {'can be written' if place == config.state_dir else 'will be made'}")
    yield good(
        f"SQLite {look.VERSION}: {'has the fix for' if look.RESET_FIXED else 'may damage'} a log that two connections reset"
        f"{'' if look.RESET_FIXED else '; edged opens one connection and locks all others out'}"
    )
    if config.database.exists():
        yield from _database(case)


def _database(case: Case) -> Iterator[Finding]:
    path = case.config.database
    found = look.look_at(path)
    if found.holder and case.daemon is None:
        yield bad(
            f"{path} is held by process {found.holder}, which does not answer on {case.config.control.socket}",
            f"is it an edged with another control.socket, or one that hangs? ps -p {found.holder}",
        )
    elif found.holder:
        yield good(f"{path} is in use by the daemon")
    elif found.damage:
        yield bad(
            f"{path} is damaged: {found.damage}",
            "look at the disk first; the next start sets the database aside and goes on with all that can be saved of it",
        )
    elif found.schema > found.known:
        yield bad(
            f"{path} was written by a newer edged (schema {found.schema}, this one knows {found.known})", "install the newer edged again"
        )
    elif not found.checked:
        yield doubt(f"{path}: {found.log_bytes} bytes of log are left by a crash; too large to check here", "the next start checks it")
    else:
        yield good(f"{path} is whole (schema {found.schema} of {found.known}{', with a log of a crash' if found.log_bytes else ''})")
