"""What is in effect, as a file that says it all, with who said what."""

import json
from collections.abc import Iterator
from typing import Any

from edged.config.document import KeyPath
from edged.config.file import LoadedConfig


def merged(loaded: LoadedConfig) -> str:
    """A configuration of its own, with the same digest: every key, and behind each that a file says, the file and the line."""
    return "".join(f"{line}\n" for line in _lines(loaded, (), loaded.config.model_dump(mode="json")))


def answer(loaded: LoadedConfig) -> dict[str, Any]:
    """The same for programs: its digest, every key, and which file and line said it; what follows a `?` in an address is left out.

    Secrets stand in files of their own, but cameras are known that take theirs in the address.
    """
    content = loaded.config.model_dump(mode="json")
    for source in content["sources"].values():
        if "url" in source:
            address, mark, _ = source["url"].partition("?")
            source["url"] = address + (f"{mark}…" if mark else "")
    said = {".".join(map(str, path)): origin for path, origin in loaded.origins.items()}
    return {"digest": loaded.digest, "config": content, "said": said}


def _lines(loaded: LoadedConfig, path: KeyPath, section: dict[str, Any]) -> Iterator[str]:
    for key, value in section.items():
        if value is None:  # none is what leaving it out means
            continue
        here = (*path, key)
        name = "  " * len(path) + (key if key[0].isalnum() else json.dumps(key))
        if isinstance(value, dict) and any(inner is not None for inner in value.values()):
            yield f"{name}:"
            yield from _lines(loaded, here, value)
        else:
            origin = loaded.origins.get(here)
            text = "{}" if isinstance(value, dict) else json.dumps(value, ensure_ascii=False)
            yield f"{name}: {text}" + (f"  # {origin}" if origin else "")
