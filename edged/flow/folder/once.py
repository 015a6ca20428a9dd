"""Tells the journal of each trouble once, however often it is met."""

import logging

from edged.flow.folder.names import printable

log = logging.getLogger(__name__)

_REMEMBERED = 10_000  # names that the journal was told of; a dropper may invent any number


class Once:
    """What the journal was told of one source. Used by one thread."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._told: set[tuple[str, str]] = set()

    def warn(self, name: str, message: str, why: str) -> None:
        """Warn of *name*, unless *message* was told of it before."""
        if len(self._told) >= _REMEMBERED:
            self._told.clear()
        if (name, message) not in self._told:
            self._told.add((name, message))
            log.warning(message, why, extra={"source": self._source, "file": printable(name)})
