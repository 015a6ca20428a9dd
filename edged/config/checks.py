"""Rules that no single key can tell: across keys, across sections, and what this version does not do yet.

They look at what the file says, not at the validated `Config`, so that they speak in the same breath as
the errors of single keys. A value of the wrong type is none of their business.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from edged.config.document import Document, Finding, KeyPath
from edged.config.folder import FolderSection
from edged.config.passwords import password_findings
from edged.config.root import KINDS, MAX_SOURCES, Config
from edged.config.words import dotted, quoted, shown
from edged.lib.sandbox import sandbox_remedy

_SECRETS = ("password", "passwd", "passphrase", "secret", "token", "key_password")
_UNUSED = {"delete": ("done",), "keep": ("work", "done", "failed", "retention")}
_PATH_CHARACTERS = 4096  # a path is shown whole
_SOCKET_PATH_BYTES = 107  # sun_path of unix(7), without its closing zero


class Rules:
    """All rules over one document; *folder* is where relative paths begin."""

    def __init__(self, document: Document, folder: Path, environ: Mapping[str, str]) -> None:
        self._document, self._find = document, document.finding
        self._data: dict[str, Any] = document.data
        self._folder = folder
        self._environ = environ

    def findings(self) -> list[Finding]:
        """Everything that is wrong, in no order."""
        return [
            *self._secrets((), self._data),
            *self._version(),
            *self._mqtt(_section(self._data, "mqtt")),
            *self._socket(),
            *(finding for name, source in self._sources().items() for finding in self._source(name, source)),
            *self._folders(),
            *self._sandbox(),
        ]

    def _secrets(self, path: KeyPath, section: dict[str, Any]) -> Iterator[Finding]:
        for key, value in section.items():
            here = (*path, key)
            if key.lower() in _SECRETS:
                where = dotted(path) if section.get("kind") == "camera" else "mqtt"
                yield self._find(
                    here,
                    f"a secret does not stand in this file; put it into a file of its own and name it in {where}.password_file, "
                    f"or hand it over as a systemd credential and name it in {where}.password_credential",
                    covers=here,
                )
            elif isinstance(value, dict):
                yield from self._secrets(here, value)

    def _version(self) -> Iterator[Finding]:
        if isinstance(self._data.get("version"), bool):
            yield self._find(("version",), "found true or false, expected 1", covers=("version",))

    def _mqtt(self, mqtt: dict[str, Any]) -> Iterator[Finding]:
        yield from password_findings(self._document, ("mqtt",), mqtt, self._environ, user="mqtt.username")
        if mqtt.get("require_subscriber") is True and str(mqtt.get("protocol")) == "3.1.1":
            yield self._find(("mqtt", "require_subscriber"), "needs protocol 5: with 3.1.1 no broker tells whether anybody subscribes")
        if "tls" in mqtt and mqtt["tls"] is None:
            yield self._find(
                ("mqtt", "tls"), "found nothing; write `tls: {}` for TLS with the system's authorities, or remove the key for none"
            )
        tls = _section(mqtt, "tls")
        for one, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
            if tls.get(one) is not None and tls.get(other) is None:
                yield self._find(("mqtt", "tls", one), f"stands without {other}; a client certificate needs both")

    def _socket(self) -> Iterator[Finding]:
        socket = self._absolute(_section(self._data, "control").get("socket"))
        if socket is not None and len(os.fsencode(socket)) > _SOCKET_PATH_BYTES:
            yield self._find(("control", "socket"), f"found a path of {len(os.fsencode(socket))} bytes, a socket's has at most 107")

    def _source(self, name: str, source: dict[str, Any]) -> Iterator[Finding]:
        at: KeyPath = ("sources", name)
        kind = source.get("kind", "folder")
        if kind not in KINDS:
            guess = difflib.get_close_matches(str(kind).lower(), KINDS, n=1)
            advice = "; http comes with a later version" if kind == "http" else f"; did you mean {guess[0]}?" if guess else ""
            yield self._find(
                (*at, "kind"), f"found {shown(kind)}, expected {' or '.join(map(quoted, KINDS))}{advice}", covers=(*at, "kind")
            )
        if kind == "camera":
            return
        yield from self._unused_folders(at, source)
        settle, stalled = (_number(source, key) for key in ("settle_seconds", "stalled_seconds"))
        if stalled < settle:
            key = "stalled_seconds" if "stalled_seconds" in source else "settle_seconds"
            yield self._find(
                (*at, key), f"stalled_seconds ({stalled:g}) is shorter than settle_seconds ({settle:g}); make it at least as long"
            )

    def _unused_folders(self, at: KeyPath, source: dict[str, Any]) -> Iterator[Finding]:
        """A folder that is named and never filled would be looked into in vain."""
        after = source.get("after")
        for role in _UNUSED.get(after, ()) if isinstance(after, str) else ():
            if source.get(role) is not None:
                yield self._find((*at, role), f"is never used with `after: {after}`; remove it")

    def _folders(self) -> Iterator[Finding]:
        """Two owners of one folder, or a folder that would swallow its own output."""
        drops: dict[str, Path] = {}
        kept: list[tuple[str, str, Path]] = []
        for name, source in self._sources().items():
            path = self._absolute(source.get("path"))
            if path is None:
                continue
            yield from self._shared_drop(name, path, bool(source.get("recursive")), drops)
            drops[name] = path
            for role in _used_folders(source):
                folder = self._absolute(source.get(role)) or path.parent / role / name
                kept.append((name, role, folder))
        state = self._absolute(self._data.get("state_dir"))
        if state is not None:
            kept.append(("", "state_dir", state))
        yield from self._swallowed(drops, kept)
        yield from self._shared_work(kept)

    def _shared_drop(self, name: str, path: Path, recursive: bool, drops: dict[str, Path]) -> Iterator[Finding]:
        for other, theirs in drops.items():
            deep = bool(self._sources()[other].get("recursive"))
            if path == theirs:
                yield self._find(
                    ("sources", name, "path"), f"is also the drop folder of {dotted(('sources', other))}; give each source its own"
                )
            elif (deep and path.is_relative_to(theirs)) or (recursive and theirs.is_relative_to(path)):
                yield self._find(
                    ("sources", name, "path"),
                    f"overlaps the drop folder of {dotted(('sources', other))}, and one of them is recursive; move one of the two",
                )

    def _swallowed(self, drops: dict[str, Path], kept: list[tuple[str, str, Path]]) -> Iterator[Finding]:
        for name, role, folder in kept:
            given = not name or role in self._sources()[name]
            for drop_name, drop in drops.items():
                where = dotted(("sources", drop_name, "path"))
                if folder.is_relative_to(drop) and given:
                    message = (
                        f"{quoted(str(folder), most=_PATH_CHARACTERS)} lies inside the drop folder {where}; move it beside that folder"
                    )
                elif folder.is_relative_to(drop) and role == "work":  # the three defaults lie side by side: told once
                    yield self._find(("sources", name, "path"), f"its work, done and failed would lie inside {where}; name others for them")
                    continue
                elif name and drop.is_relative_to(folder):
                    message = f"{quoted(str(folder), most=_PATH_CHARACTERS)} contains the drop folder {where}; move it beside that folder"
                else:
                    continue
                yield self._find(("sources", name, role) if name else (role,), message)

    def _shared_work(self, kept: list[tuple[str, str, Path]]) -> Iterator[Finding]:
        """Work folders are alone; done and failed may be one."""
        for index, (name, role, folder) in enumerate(kept):
            for other, their_role, theirs in kept[:index]:
                if folder == theirs and "work" in (role, their_role):
                    where = dotted(("sources", other, their_role))
                    yield self._find(
                        ("sources", name, role) if name else (role,),
                        f"is the same folder as {where}; a work folder is used by one source alone",
                    )

    def _sandbox(self) -> Iterator[Finding]:
        """What the unit of the service does not let us write; nobody but the service can know."""
        default = Config.model_fields["state_dir"].default
        socket = self._absolute(_section(self._data, "control").get("socket"))
        groups: list[tuple[KeyPath, list[Path | None]]] = [
            (("state_dir",), [self._absolute(self._data.get("state_dir", str(default)))]),
            (("control", "socket"), [socket.parent if socket else None]),
        ]
        for name, source in self._sources().items():
            path = self._absolute(source.get("path"))
            if path is not None and source.get("after") != "keep":  # which reads what nobody may write
                others = (self._absolute(source.get(role)) or path.parent / role / name for role in _used_folders(source))
                groups.append((("sources", name, "path"), [path, *others]))
        for key, folders in groups:
            remedy = sandbox_remedy([folder for folder in folders if folder is not None], environ=self._environ)
            if remedy:
                yield self._find(key, remedy)

    def _sources(self) -> dict[str, dict[str, Any]]:
        """No more than may be: the comparison of all pairs must not take minutes on a nonsensical file."""
        first = islice(_section(self._data, "sources").items(), MAX_SOURCES)
        return {name: source for name, source in first if isinstance(source, dict)}

    def _absolute(self, value: object) -> Path | None:
        return Path(os.path.normpath(self._folder / value)) if isinstance(value, str) and value and not value.startswith("~") else None


def _section(data: dict[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _used_folders(source: dict[str, Any]) -> list[str]:
    unused = _UNUSED.get(str(source.get("after")), ())
    return [role for role in ("work", "done", "failed") if role not in unused]


def _number(source: dict[str, Any], key: str) -> float:
    value = source.get(key, FolderSection.model_fields[key].default)
    return value if isinstance(value, int | float) else FolderSection.model_fields[key].default
