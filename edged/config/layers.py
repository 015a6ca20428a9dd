"""The main file with the layers that edged wrote itself on top, as one document."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edged.config import schema as config_schema
from edged.config.document import Document, Finding, KeyPath, Place, SyntaxFinding, parse
from edged.config.root import Config
from edged.config.words import shown

FOLDER = "edged.d"  # below state_dir; its *.yaml are laid over the main file in the order of their names
MAX_BYTES = 256 * 1024  # of one file: hundreds of sources; PyYAML reads it in about two seconds
MAX_LAYERS = 64
_REACH = "use sudo, or be the user of edged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What all files say together."""

    document: Document
    files: tuple[Path, ...]  # as a `Place` numbers them: the main file, then its layers
    folder: Path  # of the layers; it may be missing


def read(path: Path, file: int = 0) -> Document:
    """What one file says; *file* is its number.

    Raises:
        OSError: It cannot be read.
        SyntaxFinding: It is no YAML text.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise SyntaxFinding(1, "not a regular file, expected a YAML file")
    with path.open("rb") as opened:
        raw = opened.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise SyntaxFinding(1, f"larger than {MAX_BYTES} bytes, expected a configuration")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SyntaxFinding(1, "found UTF-16, expected UTF-8; save the file as UTF-8")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise SyntaxFinding(1, "found a byte order mark, expected plain UTF-8; save the file as UTF-8 without BOM")
    try:
        document = parse(raw.decode("utf-8"), file)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SyntaxFinding(line, f"found the byte 0x{raw[error.start]:02x}, expected UTF-8; save the file as UTF-8") from error
    if document.data is not None and not isinstance(document.data, dict):
        raise SyntaxFinding(1, f"found {shown(document.data)}, expected keys such as `device: line3`")
    return document


def state_dirs(data: Any, folder: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where the layers lie, and after it where else the last good configuration may lie, whatever is wrong with the main file.

    Args:
        data: What the main file says; anything but a mapping where it could not be understood.
        folder: Where its relative paths begin.
        environ: systemd names the folder that it made for us.
    """
    default: Path = Config.model_fields["state_dir"].default
    said = data.get("state_dir", str(default)) if isinstance(data, dict) else None
    given = environ.get("STATE_DIRECTORY", "").split(":")[0]
    found = [Path(os.path.normpath(folder / said))] if isinstance(said, str) and said and not said.startswith("~") else []
    return tuple(dict.fromkeys([*found, *([Path(given)] if given else []), default]))


def layer_paths(folder: Path) -> tuple[Path, ...]:
    """The layers in their order; none where there is no such folder.

    Raises:
        OSError: It cannot be looked at.
    """
    try:
        return tuple(sorted(path for path in folder.iterdir() if path.suffix == ".yaml" and not path.name.startswith(".")))
    except FileNotFoundError:
        return ()


def stack(path: Path, main: Document, folder: Path) -> Stack:
    """Lay the files of *folder* over the main file at *path*; what is wrong with one is a finding like any other."""
    findings = list(main.findings)
    try:
        layers = layer_paths(folder)
    except OSError as error:
        layers = ()
        findings.append(Finding(place=Place(0, 1), path=(), message=f"the layers in {folder} cannot be read: {error.strerror}; {_REACH}"))
    if len(layers) > MAX_LAYERS:
        message = f"found {len(layers)} layers in {folder}, expected {MAX_LAYERS} at most; remove what is not needed"
        findings.append(Finding(place=Place(0, 1), path=(), message=message))
        layers = ()
    data, places = main.data, dict(main.places)
    for number, layer in enumerate(layers, 1):
        try:
            document = read(layer, number)
        except OSError as error:
            findings.append(Finding(place=Place(number, 1), path=(), message=f"cannot be read: {error.strerror}; {_REACH}"))
        except SyntaxFinding as error:
            findings.append(Finding(place=Place(number, error.line), path=(), message=str(error)))
        else:
            findings += [*document.findings, *_unmovable(document, path)]
            data = _Layer(document.places, layer.parent, places).laid((), data, document.data or {})
    return Stack(document=Document(data=data, places=places, findings=tuple(findings)), files=(path, *layers), folder=folder)


def _unmovable(document: Document, main: Path) -> list[Finding]:
    """A layer that would say where the layers are."""
    if not isinstance(document.data, dict) or "state_dir" not in document.data:
        return []
    del document.data["state_dir"]
    message = f"says where the layers are, so no layer can say it; it belongs in {main}"
    return [document.finding(("state_dir",), message)]


class _Layer:
    """Lays one layer over what the files below it say; `places` follows."""

    def __init__(self, said: Mapping[KeyPath, Place], folder: Path, places: dict[KeyPath, Place]) -> None:
        self._said, self._folder, self._places = said, folder, places

    def laid(self, path: KeyPath, below: Any, above: Any) -> Any:
        """Mappings merge, scalars and lists replace, and null takes away what stands below."""
        if isinstance(above, dict) and isinstance(below, dict):
            merged = dict(below)
        else:
            self._forget(path, below)
            self._places[path] = self._said[path]
            merged = {}
        if isinstance(above, list):
            return [self.laid((*path, at), None, item) for at, item in enumerate(above)]
        if not isinstance(above, dict):
            return self._absolute(path, above)
        for key, value in above.items():
            here = (*path, key)
            merged[key] = self.laid(here, merged.get(key), value)
            if value is None and config_schema.at(here) is not None:  # for a key that nobody knows it is no reset
                del merged[key]
        return merged

    def _forget(self, path: KeyPath, value: Any) -> None:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
            self._places.pop((*path, key), None)
            self._forget((*path, key), inner)

    def _absolute(self, path: KeyPath, value: Any) -> Any:
        """A relative path is relative to the file that says it, and the merged document is no file."""
        plain = isinstance(value, str) and value and not value.startswith("~")
        return str(self._folder / value) if plain and (config_schema.at(path) or {}).get("format") == "path" else value
