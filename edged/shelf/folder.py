"""The folder of a model, written from its parts: the one place that says what a manifest of ours looks like."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from edged.errors import ModelError
from edged.manifest import (
    FILE_NAME,
    CharsetSpec,
    DetectorInput,
    DetectorManifest,
    Golden,
    GoldenBoxes,
    GoldenLine,
    GoldenPicture,
    InputSpec,
    ModelManifest,
    Precision,
    Provenance,
    Remembered,
    Weights,
    detector_digest_of,
    digest_of,
)

_REMEMBERED: Final = "remembered.zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All that a model for recognition is made of."""

    name: str
    architecture: str
    input: InputSpec
    charset: bytes = field(repr=False)  # one class per line, without the blank, which is class 0
    turned: str | None = None  # the class that says upside down
    irs: Mapping[Precision, tuple[bytes, bytes]] = field(repr=False)  # xml and bin; the first precision is what `auto` takes
    golden: tuple[GoldenLine, ...]
    provenance: Provenance
    licence: str
    licence_text: bytes = field(repr=False)
    card: bytes = field(repr=False)
    confusions: bytes | None = field(default=None, repr=False)  # the card's picture, SVG
    remembered: bytes | None = field(default=None, repr=False)  # without them the model cannot learn on the box


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorParts:
    """All that a detector is made of."""

    name: str
    architecture: str
    input: DetectorInput
    irs: Mapping[Precision, tuple[bytes, bytes]] = field(repr=False)  # xml and bin; the first precision is what `auto` takes
    golden: tuple[GoldenPicture, ...]
    provenance: Provenance
    licence: str
    licence_text: bytes = field(repr=False)
    card: bytes = field(repr=False)


def save_detector(parts: DetectorParts, folder: Path) -> dict[str, str]:
    """Write a new *folder*; the digests by precision."""
    contents = {"LICENSE": parts.licence_text, "README.md": parts.card}
    contents |= {f"golden/{golden.name}": golden.data for golden in parts.golden}
    contents |= _files(parts.irs)
    manifest = DetectorManifest(
        format=1,
        name=parts.name,
        task="detect",
        architecture=parts.architecture,
        input=parts.input,
        files=_weights(parts.irs),
        golden=tuple(GoldenBoxes(file=f"golden/{golden.name}", boxes=golden.boxes) for golden in parts.golden),
        provenance=parts.provenance,
        licence=parts.licence,
    )
    unsaid = {"provenance": {key for key, value in manifest.provenance if value is None}}
    _write(folder, contents, manifest.model_dump(mode="json", exclude=unsaid))
    return {p: detector_digest_of(manifest, xml=xml, weights=weights) for p, (xml, weights) in parts.irs.items()}


def save(parts: Parts, folder: Path, pins: Mapping[str, str] | None = None) -> dict[str, str]:
    """Write a new *folder*; the digests by precision.

    Args:
        parts: What stands in it.
        folder: Made here.
        pins: The digests that the model must have, by precision; those that are not named may be any.

    Raises:
        ModelError: A digest is another; nothing was written.
    """
    contents = {"charset.txt": parts.charset, "LICENSE": parts.licence_text, "README.md": parts.card}
    contents |= {f"golden/{golden.name}": golden.data for golden in parts.golden}
    contents |= _files(parts.irs)
    contents |= {"confusions.svg": parts.confusions} if parts.confusions is not None else {}
    contents |= {_REMEMBERED: parts.remembered} if parts.remembered is not None else {}
    manifest = _manifest(parts)
    found = digests(manifest, contents)
    compare(parts.name, pins or {}, found)
    _write(folder, contents, manifest.model_dump(mode="json", exclude=_unsaid(manifest)))
    return found


def _write(folder: Path, contents: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    text = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True)
    for name, content in {**contents, FILE_NAME: text.encode()}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def digests(manifest: ModelManifest, contents: Mapping[str, bytes]) -> dict[str, str]:
    """The digest of each precision, out of the *contents* of the files."""
    charset = contents[manifest.charset.file]
    return {p: digest_of(manifest, xml=contents[f.xml], weights=contents[f.bin], charset=charset) for p, f in manifest.files.items()}


def compare(name: str, pins: Mapping[str, str], made: Mapping[str, str]) -> None:
    """Compare digests by precision.

    Raises:
        ModelError: What was *made* is not what was pinned.
    """
    for precision, digest in pins.items():
        if made.get(precision) != digest:
            msg = f"{name} {precision}: the digest of what was made is {made.get(precision)}, pinned is {digest}"
            raise ModelError(msg, hint="install the versions that edged is locked to: another OpenVINO writes other files")


def _manifest(parts: Parts) -> ModelManifest:
    classes = parts.charset.count(b"\n") + 1
    return ModelManifest(
        format=1,
        name=parts.name,
        task="recognise",
        architecture=parts.architecture,
        input=parts.input,
        charset=CharsetSpec(file="charset.txt", sha256=_sha256(parts.charset), blank=0, classes=classes, turned=parts.turned),
        files=_weights(parts.irs),
        golden=tuple(Golden(file=f"golden/{golden.name}", text=golden.text) for golden in parts.golden),
        provenance=parts.provenance,
        licence=parts.licence,
        remembered=remembered(parts.remembered),
    )


def _files(irs: Mapping[Precision, tuple[bytes, bytes]]) -> dict[str, bytes]:
    return {f"{precision}/model.{end}": part for precision, ir in irs.items() for end, part in zip(("xml", "bin"), ir, strict=True)}


def _weights(irs: Mapping[Precision, tuple[bytes, bytes]]) -> dict[Precision, Weights]:
    return {
        p: Weights(xml=f"{p}/model.xml", xml_sha256=_sha256(xml), bin=f"{p}/model.bin", bin_sha256=_sha256(weights))
        for p, (xml, weights) in irs.items()
    }


def remembered(lines: bytes | None) -> Remembered | None:
    """What a manifest says of the file of labelled lines."""
    return Remembered(file=_REMEMBERED, sha256=_sha256(lines)) if lines is not None else None


def _unsaid(manifest: ModelManifest) -> dict[str, Any]:
    """Keys that came later, where they say nothing: the manifests that stand on boxes have none of them."""
    parts = {part: {key for key, value in getattr(manifest, part) if value is None} for part in ("charset", "provenance")}
    return parts | ({"remembered": True} if manifest.remembered is None else {})


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
