"""What the daemon starts with: the configuration, or the last good one where it is refused."""

import datetime as dt
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edged.config.document import SyntaxFinding
from edged.config.file import LoadedConfig, load_config
from edged.config.last_good import last_good, save_last_good
from edged.config.layers import read, state_dirs
from edged.errors import ConfigError, EdgedError
from edged.lib.files import atomic_write

log = logging.getLogger(__name__)

_TRIED = "last_good.tried"  # how many starts from it in a row died before they were ready
_TRIES = 3  # one death may be a power cut or the OOM killer


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A configuration to start with."""

    loaded: LoadedConfig
    errors: tuple[str, ...] = ()  # of what the files say, where that is not what is started with
    saved_at: str = ""  # since when the last good one stands in for them

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why health is failing; empty where the files are good."""
        stands_in = f"{self.loaded.path} is refused; running with the last good configuration, of {self.saved_at}"
        return (stands_in, *self.errors) if self.errors else ()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Run inside of it. A last good configuration with which the process dies again and again is given up.

        Only deaths count: an error that says what is wrong ends a start in order, and its exit code decides what
        comes next.

        Raises:
            ConfigError: It was tried often enough.
        """
        if not self.errors:
            yield
            return
        tried = self._tried()
        if tried >= _TRIES:
            self._forget()  # 78 waits for a person, who may try again
            message = f"{self.loaded.path} is refused, and with the last good configuration edged died {tried} times before it was ready"
            raise ConfigError(message, hint="correct the file; `edged check` tells when all is well", findings=self.errors)
        self._note(tried + 1)
        try:
            yield
        except EdgedError:
            self._forget()
            raise
        self._forget()

    def proven(self, *, now: dt.datetime) -> None:
        """The daemon is ready with it."""
        self._forget()
        if not self.errors:
            keep(self.loaded, now=now)

    @property
    def _marker(self) -> Path:
        return self.loaded.config.state_dir / _TRIED

    def _tried(self) -> int:
        try:
            return int(self._marker.read_bytes())
        except (OSError, ValueError):
            return 0

    def _note(self, tries: int) -> None:
        try:
            atomic_write(self._marker, str(tries).encode())
        except OSError as error:  # the outbox will tell better
            log.warning("%s cannot be written: %s", self._marker, error.strerror)

    def _forget(self) -> None:
        try:
            self._marker.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be removed: %s", self._marker, error.strerror)


def start_config(path: Path, *, strict: bool = False, environ: Mapping[str, str] = os.environ) -> Start:
    """The configuration at *path*; where it is refused, and not *strict*, the last good one that came from there.

    Raises:
        ConfigError: It is refused, and there is nothing else to start with.
    """
    try:
        return Start(loaded=load_config(path, environ=environ))
    except ConfigError as error:
        if strict:
            raise
        refused = error
    unusable = []
    for state_dir in state_dirs(_said(path), path.absolute().parent, environ):
        try:
            kept = last_good(state_dir, path)
        except ConfigError as error:
            unusable.append(str(error))
            continue
        if kept is not None:
            return Start(loaded=kept.loaded, errors=refused.findings or (str(refused),), saved_at=kept.saved_at)
    why = "; ".join(unusable) or "there is no last good configuration to start with"
    raise ConfigError(str(refused), hint=f"{refused.hint}\n       {why}", findings=refused.findings)


def keep(loaded: LoadedConfig, *, now: dt.datetime) -> None:
    """Keep what the daemon runs with now; where that is not possible it runs all the same."""
    try:
        save_last_good(loaded, now=now)
    except OSError as error:
        log.warning("the configuration cannot be kept as the last good one: %s", error.strerror)


def _said(path: Path) -> Any:
    try:
        return read(path).data
    except (OSError, SyntaxFinding):
        return None
