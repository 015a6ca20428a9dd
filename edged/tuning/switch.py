"""Read with the new model from now on: a layer of edged's own over the configuration, which a person can remove."""

import os
from pathlib import Path
from typing import Final

import yaml

from edged.config.file import LoadedConfig
from edged.errors import ModelUnavailable, UsageError
from edged.lib.files import atomic_write

_FILE: Final = "50-model.yaml"


def switchable(loaded: LoadedConfig, name: str, models_dir: Path | None) -> None:
    """Refuse before an hour was spent.

    Raises:
        UsageError: There is no configuration to lay it over, or what it would say is overruled.
    """
    if not loaded.files:
        message = f"--switch: there is no configuration at {loaded.path}"
        raise UsageError(message, hint="name the daemon's with -c FILE, or leave out --switch")
    if models_dir is not None:
        message = f"--switch: the daemon looks for models in {loaded.config.state_dir / 'models'}, not in {models_dir}"
        raise UsageError(message, hint="leave out --models-dir or --switch")
    later = [path.name for path in loaded.layers if path.name > _FILE and "name" in (_said(path).get("model") or {})]
    if later:
        message = f"--switch: {later[0]} in {loaded.files[1]} names a model and is laid over what {_FILE} would say of {name}"
        raise UsageError(message, hint="remove `model.name` there")


def switch(loaded: LoadedConfig, name: str) -> Path:
    """Write the layer; what else stands in it stays.

    Raises:
        ModelUnavailable: It cannot be written; the model stands already.
    """
    path = loaded.files[1] / _FILE
    try:
        path.parent.mkdir(exist_ok=True)
        said = _said(path) if path.exists() else {}
        said["model"] = {**(said.get("model") or {}), "name": name}
        text = f"# Written by `edged models tune --switch`; remove it to go back.\n{yaml.safe_dump(said, allow_unicode=True)}"
        atomic_write(path, text.encode(), mode=0o644)
        if os.geteuid() == 0:  # as root for the user of edged, who owns the folder
            owner = path.parent.parent.stat()
            for made in (path.parent, path):
                os.chown(made, owner.st_uid, owner.st_gid)
    except OSError as error:
        message = f"{path}: cannot be written: {error.strerror}; the model {name} is written"
        raise ModelUnavailable(message, hint=f"set `model.name: {name}` by hand, or use sudo") from error
    return path


def _said(path: Path) -> dict[str, dict[str, str]]:
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    return said if isinstance(said, dict) else {}
