"""What the operator reads: what was found, what was expected, and what to write instead."""

import difflib
import json
import re
from pathlib import Path
from typing import Any

from edged.config import schema as config_schema
from edged.config.document import Document, Finding, KeyPath
from edged.config.root import KINDS
from edged.config.schema import Schema
from edged.config.types import BASE_PATTERN, CREDENTIAL_PATTERN, FOURCC_PATTERN, IGNORE_PATTERN, NAME_PATTERN

_PATTERNS = {
    NAME_PATTERN: "a name of letters, digits, - and _",
    BASE_PATTERN: "topic levels of letters, digits, - and _ with / between them",
    CREDENTIAL_PATTERN: "a name of letters, digits, -, _ and .",
    FOURCC_PATTERN: "four capital letters or digits, such as MJPG",
    IGNORE_PATTERN: "a pattern for a file's name, without /",
}
_KINDS = {"boolean": "true or false", "integer": "a whole number", "number": "a number", "array": "a list", "object": "a section with keys"}
_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false", "true": "true", "false": "false"}
_BYTES = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30, "k": 2**10, "m": 2**20, "g": 2**30, "b": 1}
_SECONDS = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_SHOWN = 60  # characters of a value that an error repeats
_PATH_CHARACTERS = 4096  # all that a path can have


def dotted(path: KeyPath) -> str:
    """`sources.inbox.ignore[0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if re.fullmatch(r"[A-Za-z0-9_<>-]+", part) else quoted(part))
    return text


def quoted(text: str, *, most: int = _SHOWN) -> str:
    """The text in quotes, on one line, of bearable length."""
    return json.dumps(text if len(text) <= most else text[:most] + "…", ensure_ascii=not text.isprintable())


def quoted_path(path: Path) -> str:
    """A path in quotes, shown whole."""
    return quoted(str(path), most=_PATH_CHARACTERS)


def explain(error: Any, document: Document) -> Finding:
    """Turn one of pydantic's errors into a finding."""
    path, kind = _without_kind(tuple(error["loc"]))
    if path[-1:] == ("[key]",):
        path = path[:-1]
        message = f"found the name {quoted(str(path[-1]))}, expected {_PATTERNS[NAME_PATTERN]}, at most 64 long{_renamed(str(path[-1]))}"
    elif error["type"] == "extra_forbidden":
        message = unknown(path, document, kind)
    elif error["type"] == "missing":
        message = f"missing, expected {expected(path, kind)} ({_purpose(path, kind)})"
    elif error["type"] == "host":  # the value may carry a password
        message = error["msg"]
    else:
        value = _value(document.data, path)
        wanted = error["msg"] if error["type"] == "own" else f"expected {expected(path, kind)}"
        message = f"found {shown(value)}, {wanted}{_advice(path, value, kind)}"
    return document.finding(path, message)


def _without_kind(path: KeyPath) -> tuple[KeyPath, str]:
    """Where an error of a source is, and of which kind that source is, which pydantic writes between its name and its key."""
    if path[:1] == ("sources",) and len(path) > 2 and path[2] in KINDS:
        return (*path[:2], *path[3:]), str(path[2])
    return path, "folder"


def shown(value: object) -> str:
    """A value as it was found."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a section" if value else "an empty section"
    return json.dumps(value)


def expected(path: KeyPath, kind: str = "folder") -> str:
    """What this key takes."""
    found = config_schema.at(path, kind) or {}
    choices = _choices(found)
    if choices:
        return " or ".join(", ".join(json.dumps(choice) for choice in part) for part in (choices[:-1], choices[-1:]) if part)
    if "minProperties" in found:
        return f"{found['minProperties']} to {found['maxProperties']} sources, each with its name"
    if "pattern" in found:
        return f"{_PATTERNS[found['pattern']]}{_range(found, 'Length')}"
    if found.get("type") == "string":
        return "a path" if found.get("format") == "path" else "text"
    return _KINDS[found.get("type", "object")] + _range(found, "imum")


def unknown(path: KeyPath, document: Document, kind: str = "folder") -> str:
    """An unknown key, with the best guess at what was meant."""
    key, above = str(path[-1]), path[:-1]
    siblings = config_schema.keys(config_schema.at(above, kind) or {})
    if above[:-1] == ("sources",):
        others = [other for other in KINDS if key in config_schema.keys(config_schema.at(above, other) or {})]
        if others:
            return f"a key of sources of kind {others[0]}, and this is a {kind}; remove it, or correct `kind`"
    elsewhere = [dotted(place) for place in config_schema.places(key)]
    if elsewhere:
        return "unknown key here; it belongs " + " or ".join(
            f"under {place}" if place else "at the top, without indentation" for place in elsewhere
        )
    present = _value(document.data, above)
    free = [name for name in siblings if name not in present] if isinstance(present, dict) else list(siblings)
    for names in (free, siblings):
        guess = difflib.get_close_matches(key.lower().replace("-", "_"), names, n=1)
        if guess:
            return f"unknown key; did you mean {guess[0]}?"
    return f"unknown key, expected one of {', '.join(siblings)}"


def _choices(found: Schema) -> list[Any]:
    return [found["const"]] if "const" in found else list(found.get("enum", ()))


def _range(found: Schema, kind: str) -> str:
    low, high = (found.get(f"{bound}{kind}") for bound in ("min", "max"))
    if kind == "Length":
        return f", at most {high} long" if high is not None else ""
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f" of at least {low}" if low is not None else ""


def _purpose(path: KeyPath, kind: str) -> str:
    return str((config_schema.at(path, kind) or {}).get("description", ""))


def _value(data: Any, path: KeyPath) -> Any:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _advice(path: KeyPath, value: object, kind: str) -> str:
    """What to write instead, where it can be known."""
    found = config_schema.at(path, kind) or {}
    if value is None:
        return "; remove the key to take its default" if "default" in found else ""
    if isinstance(value, str):
        better = _meant(str(path[-1]), value, found)
        return f"; {better}" if better else ""
    if isinstance(value, bool | int | float) and found.get("type") == "string" and not _choices(found):
        return f'; if it is text, put it in quotes: "{shown(value)}"'
    return ""


def _meant(key: str, text: str, found: Schema) -> str:
    """What a text was meant to be where something else is expected."""
    kind, choices = found.get("type"), [str(choice) for choice in _choices(found)]
    better = ""
    if kind == "boolean":
        better = f"write {_TRUTHS[text.lower()]}" if text.lower() in _TRUTHS else ""
    elif kind in ("integer", "number"):
        number = _number(key, text)
        better = f"write {number}" if number else ""
    elif kind == "array":
        better = f"write [{shown(text)}]"
    elif choices:
        guess = difflib.get_close_matches(text.lower(), choices, n=1)
        better = f"did you mean {guess[0]}?" if guess else ""
    elif found.get("pattern") == NAME_PATTERN:
        better = _renamed(text).removeprefix("; ")
    return better


def _renamed(name: str) -> str:
    better = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:64]
    return f"; for example {better}" if better else ""


def _number(key: str, text: str) -> str | None:
    """The number that a text with a unit, quotes, underscores or leading zeros was meant to be."""
    match = re.fullmatch(r"\s*0*(\d[\d_]*(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if match is None:
        return None
    units = _BYTES if key.endswith("_bytes") else _SECONDS if key.endswith("_seconds") else {}
    factor = units.get(match[2].lower()) if match[2] else 1
    return None if factor is None else f"{float(match[1].replace('_', '')) * factor:.15g}"
