"""What no single key can tell of the places of fields, and the reference pictures that stand in files of their own.

A reference picture is part of the configuration: it is read with it, refused with it, and in its digest.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edged.config.document import Document, Finding, KeyPath, sections
from edged.config.words import quoted_path
from edged.lib.files import read_regular

References = Mapping[Path, bytes]  # the bytes of each picture

MAX_REFERENCE_BYTES = 4 * 2**20
MAX_REFERENCES_BYTES = 32 * 2**20  # of all: the last good configuration holds them, too


class PlaceChecks:
    """Looks at one document; *references* has the bytes of each picture once `findings` was asked."""

    def __init__(self, document: Document, folder: Path, kept: References | None = None) -> None:
        """Files whose bytes are *kept* are not read."""
        self.references: dict[Path, bytes] = {}
        self._document, self._find = document, document.finding
        self._folder, self._kept = folder, kept or {}

    def findings(self) -> list[Finding]:
        """Everything that is wrong, in no order."""
        return [finding for name, source in sections(self._document.data.get("sources")) for finding in self._source(name, source)]

    def _source(self, name: str, source: dict[str, Any]) -> Iterator[Finding]:
        at: KeyPath = ("sources", name)
        align, fields = source.get("align"), sections(source.get("fields"))
        if source.get("layout") == "regions":
            if not fields:
                yield self._find((*at, "layout"), "regions, and no field to read there; name at least one under fields, with its box")
            for field, section in fields:
                yield from self._placed((*at, "fields", field), section)
        else:
            for field, section in fields:
                yield from self._unplaced((*at, "fields", field), section)
            if isinstance(align, dict):
                yield self._find((*at, "align"), "moves the places of layout regions, and the layout is another; remove it")
        if isinstance(align, dict):
            yield from self._reference((*at, "align", "reference"), align.get("reference"))

    def _placed(self, at: KeyPath, section: dict[str, Any]) -> Iterator[Finding]:
        given = [key for key in ("box", "quad") if section.get(key) is not None]
        if not given:
            yield self._find(at, "a field without a place, and layout regions reads at places; add box: [x, y, width, height]")
        if len(given) > 1:
            yield self._find((*at, "quad"), "stands beside box; keep one of the two")

    def _unplaced(self, at: KeyPath, section: dict[str, Any]) -> Iterator[Finding]:
        for key in ("box", "quad"):
            if section.get(key) is not None:
                yield self._find(
                    (*at, key), f"a place, and without layout regions nothing is read there; add layout: regions, or remove the {key}"
                )

    def _reference(self, at: KeyPath, file: object) -> Iterator[Finding]:
        if not isinstance(file, str) or not file or file.startswith("~"):
            return  # told by its own key
        path = Path(os.path.normpath(self._folder / file))
        shown = quoted_path(path)
        try:
            data = self._kept.get(path) or read_regular(path, MAX_REFERENCE_BYTES)
        except OSError as error:
            yield self._find(at, f"{shown} cannot be read: {error.strerror}; the user of the daemon must be allowed to")
            return
        except ValueError as error:
            yield self._find(at, f"{shown} {error}, expected a picture")
            return
        self.references[path] = data
        if sum(map(len, self.references.values())) > MAX_REFERENCES_BYTES:
            message = f"the reference pictures up to this one have more than {MAX_REFERENCES_BYTES} bytes in all; save them smaller"
            yield self._find(at, message)
