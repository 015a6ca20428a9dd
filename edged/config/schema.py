"""The JSON Schema of the configuration: for editors, and for the words of an error.

`python -m edged.config.schema` prints it; config/edged.schema.json is that output.
"""

import json
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from edged.config.document import KeyPath
from edged.config.effects import effect_of
from edged.config.root import KINDS, Config

Schema = dict[str, Any]
SOURCE = "<source>"  # stands for any source's name in a path


@cache
def schema() -> Schema:
    """The schema of the whole file; `x-effect` says what a change of a key takes."""
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}
    _tell_effects((), whole, whole["$defs"])
    return whole


def at(path: KeyPath, kind: str = "folder") -> Schema | None:
    """The schema of one key, or None where no such key exists; *kind* is that of the source in the path."""
    here: Schema | None = schema()
    for part in path:
        here = _child(here, part, kind) if here is not None else None
    return here


def keys(section: Schema) -> tuple[str, ...]:
    """The keys that a section knows; none where the operator names them."""
    return tuple(section.get("properties", ()))


def places(key: str) -> list[KeyPath]:
    """Every section that knows this key."""
    return list(dict.fromkeys(path for path, section in _all_sections() if key in keys(section)))


def leaves() -> list[tuple[KeyPath, Schema]]:
    """Every key that holds a value and no section, with its schema; what kinds of sources have in common stands there once."""
    below = {(*path, key): _child(section, key) for path, section in _all_sections() for key in keys(section)}
    return [(path, found) for path, found in below.items() if found is not None and found.get("type") != "object"]


def text() -> str:
    """The file's content."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _tell_effects(path: tuple[str, ...], section: Schema, defs: dict[str, Schema]) -> None:
    """Write the effects into the section as it was generated: one that stands in two places has the same in both."""
    for key, found in (
        *section.get("properties", {}).items(),
        *((SOURCE, source) for source in section.get("patternProperties", {}).values()),
    ):
        here = (*path, key)
        effect = effect_of(here)
        if effect is not None:
            found["x-effect"] = str(effect)
        for option in (found, *found.get("anyOf", ()), *found.get("oneOf", ())):
            _tell_effects(here, defs[option["$ref"].rsplit("/", 1)[1]] if "$ref" in option else option, defs)


def _child(section: Schema, part: str | int, kind: str = "folder") -> Schema | None:
    found = section.get("items") if isinstance(part, int) else section.get("properties", {}).get(part, _named(section))
    return _resolved(found, kind) if isinstance(found, dict) else None


def _named(section: Schema) -> Schema | None:
    """What stands under a key that the operator names."""
    found: Schema | None = next(iter(section.get("patternProperties", {}).values()), None)
    return found


def _resolved(found: Schema, kind: str) -> Schema:
    """Follow a reference and leave out `null`, keeping what stands beside them; of the kinds of sources take this."""
    options = [option for option in found.get("anyOf", ()) if option.get("type") != "null"]
    if options:
        return _resolved({**found, **options[0], "anyOf": ()}, kind)
    if "oneOf" in found:
        kinds = {option["properties"]["kind"]["const"]: option for option in (_resolved(one, kind) for one in found["oneOf"])}
        return kinds[kind]
    if "$ref" in found:
        return {**schema()["$defs"][found["$ref"].rsplit("/", 1)[1]], **found}
    return found


def _all_sections() -> Iterator[tuple[KeyPath, Schema]]:
    """Every section; what kinds of sources have in common comes once for each."""
    for kind in KINDS:
        yield from _sections((), schema(), kind)


def _sections(path: KeyPath, section: Schema, kind: str) -> Iterator[tuple[KeyPath, Schema]]:
    yield path, section
    names = keys(section) or ((SOURCE,) if _named(section) else ())
    for name in names:
        child = _child(section, name, kind)
        if child is not None and child.get("type") == "object":
            yield from _sections((*path, name), child, kind)


if __name__ == "__main__":
    sys.stdout.write(text())
