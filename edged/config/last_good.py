"""The configuration that the daemon last ran with: kept for a start with a bad file.

It says no secret, for no configuration does. It is used only for the file that it came from, and only as long as this
version of edged finds it good.
"""

import base64
import datetime as dt
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edged import __version__
from edged.config.document import Document
from edged.config.file import LoadedConfig, content_of, digest_of, digest_of_content, validate
from edged.config.layers import FOLDER, layer_paths
from edged.config.words import dotted
from edged.errors import ConfigError
from edged.lib.files import atomic_write

FILE = "last_good.json"
_MAX_BYTES = 64 * 2**20  # a configuration of the largest size with every default spelled out, and its reference pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class LastGood:
    """What was kept."""

    loaded: LoadedConfig
    saved_at: str  # ISO 8601


def save_last_good(loaded: LoadedConfig, *, now: dt.datetime) -> None:
    """Keep what the daemon runs with; writes nothing where it is kept already.

    Raises:
        OSError: It cannot be written.
    """
    file = loaded.config.state_dir / FILE
    content = {
        "edged": __version__,
        "saved_at": now.isoformat(timespec="seconds"),
        "path": str(loaded.path.absolute()),
        "digest": loaded.digest,
        "config": content_of(loaded.config, loaded.dictionaries, loaded.references),
    }
    with suppress(OSError, ValueError, AttributeError):  # whatever is wrong with the old one, the new one replaces it
        old = json.loads(file.read_bytes())
        if all(old.get(key) == content[key] for key in ("edged", "path", "digest", "config")):
            return
    atomic_write(file, json.dumps(content, indent=1).encode(), mode=0o640)


def last_good(state_dir: Path, path: Path) -> LastGood | None:
    """What was kept for the configuration at *path*; None where nothing was.

    Raises:
        ConfigError: Something was, and it cannot be used.
    """
    file = state_dir / FILE
    try:
        with file.open("rb") as opened:
            content = json.loads(opened.read(_MAX_BYTES))
        said, digest, origin, saved_at = (content[key] for key in ("config", "digest", "path", "saved_at"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(file, f"cannot be read: {os.strerror(error.errno or 0)}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _unusable(file, "is damaged") from error
    if digest_of_content(said) != digest:
        raise _unusable(file, "is damaged")
    if origin != str(path.absolute()):
        raise _unusable(file, f"is of {origin}")
    texts = {Path(name): tuple(texts) for name, texts in said.pop("dictionaries", {}).items()}
    pictures = {Path(name): base64.b64decode(data) for name, data in said.pop("references", {}).items()}
    said.pop("order", None)
    document = Document(data=_spoken(said), places={}, findings=())
    # That a credential is missing now is no reason against it.
    config, findings, dictionaries, references = validate(document, state_dir, environ={}, dictionaries=texts, references=pictures)
    if config is None or findings:
        told = "; ".join(f"{dotted(finding.path)}: {finding.message}" for finding in findings)
        raise _unusable(file, f"was kept by edged {content.get('edged')} and is not good for edged {__version__}: {told}")
    if config.state_dir != state_dir:
        raise _unusable(file, f"is of the state_dir {config.state_dir}")
    loaded = LoadedConfig(
        config=config,
        digest=digest_of(config, dictionaries, references),
        path=path,
        files=(path, *_layers(state_dir)),
        dictionaries=dictionaries,
        references=references,
    )
    return LastGood(loaded=loaded, saved_at=str(saved_at))


def _layers(state_dir: Path) -> tuple[Path, ...]:
    """What to watch: the layers may be what is wrong."""
    folder = state_dir / FOLDER
    try:
        return (folder, *layer_paths(folder))
    except OSError:
        return (folder,)


def _spoken(said: Any) -> Any:
    """What a file would say: keys without a value are left out."""
    return {key: _spoken(value) for key, value in said.items() if value is not None} if isinstance(said, Mapping) else said


def _unusable(file: Path, why: str) -> ConfigError:
    return ConfigError(f"the last good configuration, {file}, {why}")
