"""What is examined."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edged.config import Config, FolderSection
from edged.config.file import LoadedConfig
from edged.control.client import ask
from edged.doctor.unit import Unit, installed_unit
from edged.errors import EdgedError, NoDaemon

_ROLES: Final = {"move": ("work", "done", "failed"), "delete": ("work", "failed"), "keep": ()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A configuration, and what already runs on this box."""

    loaded: LoadedConfig
    daemon: Mapping[str, Any] | None  # what the running daemon says of itself
    silence: EdgedError | None  # why it says nothing, where somebody is there
    unit: Unit | None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def config(self) -> Config:
        """The configuration."""
        return self.loaded.config


def case_of(loaded: LoadedConfig) -> Case:
    """Look who is there."""
    daemon: Mapping[str, Any] | None = None
    silence: EdgedError | None = None
    try:
        daemon = ask(loaded.config.control.socket, "status")
    except NoDaemon:
        pass
    except EdgedError as error:
        silence = error
    return Case(loaded=loaded, daemon=daemon, silence=silence, unit=installed_unit())


def folders_of(name: str, section: FolderSection) -> dict[str, Path]:
    """The folders that a source uses, by role, the drop folder first; nothing is made or resolved."""
    parent = section.path.absolute().parent
    used = {role: getattr(section, role) or parent / role / name for role in _ROLES[section.after]}
    return {"path": section.path.absolute(), **used}


def standing(path: Path) -> Path:
    """The path itself, or the nearest folder above it that is there."""
    for candidate in (path, *path.parents):
        if candidate.exists():
            return candidate
    return Path("/")
