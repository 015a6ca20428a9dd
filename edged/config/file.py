"""From the files to a `Config`, or to every error in them with its line."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from pydantic import ValidationError

from edged.config.camera_checks import CameraChecks
from edged.config.checks import Rules
from edged.config.document import Document, Finding, KeyPath, Place, SyntaxFinding
from edged.config.layers import FOLDER, read, stack, state_dirs
from edged.config.place_checks import PlaceChecks, References
from edged.config.root import Config
from edged.config.rule_checks import Dictionaries, RuleChecks
from edged.config.trigger_checks import TriggerChecks
from edged.config.words import dotted, explain
from edged.errors import ConfigError

DEFAULT = Path("/etc/edged/edged.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """A configuration that was found good."""

    config: Config
    digest: str  # sha256 hex of what is in effect: defaults filled in, paths absolute, secrets never in it
    path: Path
    files: tuple[Path, ...] = ()  # main file, folder of layers, layers
    origins: Mapping[KeyPath, str] = field(default_factory=dict)  # `10-tune.yaml:3`, for each key that a file says
    dictionaries: Dictionaries = field(default_factory=dict)  # the texts of each `dictionary_file`
    references: References = field(default_factory=dict, repr=False)  # the bytes of each reference picture

    @property
    def layers(self) -> tuple[Path, ...]:
        """The files that were laid over the main one, in their order."""
        return self.files[2:]

    @property
    def watched(self) -> tuple[Path, ...]:
        """Each file and folder whose change means a reload."""
        return (*self.files, *self.dictionaries, *self.references)


def load_config(path: Path, *, environ: Mapping[str, str] = os.environ) -> LoadedConfig:
    """Read and validate the configuration with its layers.

    Whether folders exist is not looked at: that is the business of whoever opens them.

    Raises:
        ConfigError: It is refused; `findings` has every error (but for YAML syntax, which ends the reading of a file).
    """
    main, folder = _main(path), path.absolute().parent
    stacked = stack(path, main, state_dirs(main.data, folder, environ)[0] / FOLDER)
    validated = validate(stacked.document, folder, environ)
    if validated.findings or validated.config is None:
        _refuse(stacked.files, validated.findings)
    document = stacked.document
    origins = {key: f"{stacked.files[place.file].name}:{place.line}" for key, place in document.places.items()}
    return LoadedConfig(
        config=validated.config,
        digest=digest_of(validated.config, validated.dictionaries, validated.references),
        path=path,
        files=(path, stacked.folder, *stacked.files[1:]),
        origins=origins,
        dictionaries=validated.dictionaries,
        references=validated.references,
    )


class Validated(NamedTuple):
    """What a document amounts to."""

    config: Config | None
    findings: list[Finding]  # everything that is wrong with it, in the order of the files
    dictionaries: Dictionaries
    references: References


def validate(
    document: Document,
    folder: Path,
    environ: Mapping[str, str],
    *,
    dictionaries: Dictionaries | None = None,
    references: References | None = None,
) -> Validated:
    """Look at everything; files whose texts or bytes are given are not read again."""
    rules, places = RuleChecks(document, folder, dictionaries), PlaceChecks(document, folder, references)
    cameras, triggers = CameraChecks(document, environ), TriggerChecks(document)
    findings = [
        *document.findings,
        *Rules(document, folder, environ).findings(),
        *rules.findings(),
        *places.findings(),
        *cameras.findings(),
        *triggers.findings(),
    ]
    config: Config | None = None
    try:
        config = Config.model_validate_json(json.dumps(document.data), context={"folder": folder})
    except ValidationError as error:
        findings += [explain(one, document) for one in error.errors(include_url=False)]
    return Validated(config, _telling(findings), rules.dictionaries, places.references)


def digest_of(config: Config, dictionaries: Dictionaries | None = None, references: References | None = None) -> str:
    """The name of what is in effect: equal for files that differ in comments, order or spelled-out defaults."""
    return digest_of_content(content_of(config, dictionaries or {}, references or {}))


def content_of(config: Config, dictionaries: Dictionaries, references: References) -> dict[str, Any]:
    """What is in effect, as plain data."""
    content: dict[str, Any] = config.model_dump(mode="json")
    order = {name: list(source.fields) for name, source in config.sources.items() if source.layout == "regions"}
    if order:  # of the fields: that of the lines
        content["order"] = order
    if dictionaries:
        content["dictionaries"] = {str(path): texts for path, texts in dictionaries.items()}
    if references:
        content["references"] = {str(path): base64.b64encode(data).decode() for path, data in references.items()}
    return content


def digest_of_content(content: Any) -> str:
    """The same, of what a configuration says once it is plain data."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _main(path: Path) -> Document:
    try:
        document = read(path)
    except OSError as error:
        message = f"{path}: the configuration cannot be read: {error.strerror}"
        raise ConfigError(message, hint="name the file with -c FILE; the user of the daemon must be allowed to read it") from error
    except SyntaxFinding as error:
        _refuse([path], [Finding(place=Place(0, error.line), path=(), message=str(error))])
    if document.data is None:
        message = "the file is empty, expected at least version, device and sources"
        _refuse([path], [Finding(place=Place(0, 1), path=(), message=message)])
    return document


def _telling(findings: list[Finding]) -> list[Finding]:
    """In the order of the file, without those that another finding already covers."""
    covered = {finding.covers: finding for finding in findings if finding.covers is not None}
    told = []
    for finding in findings:
        over = [covered[finding.path[:end]] for end in range(len(finding.path) + 1) if finding.path[:end] in covered]
        if all(other is finding for other in over):
            told.append(finding)
    return sorted(told, key=lambda finding: (finding.place, dotted(finding.path)))


def _refuse(files: Sequence[Path], findings: list[Finding]) -> NoReturn:
    lines = tuple(
        f"{files[finding.place.file].name}:{finding.place.line}: {dotted(finding.path)}{': ' if finding.path else ''}{finding.message}"
        for finding in findings
    )
    count = f"{len(lines)} errors" if len(lines) > 1 else "1 error"
    message = f"{files[0]}: {count}"
    layers = f" ({', '.join(path.name for path in files[1:])} in {files[1].parent})" if any(f.place.file for f in findings) else ""
    raise ConfigError(message, hint=f"correct the lines named above{layers}; `edged check` tells when all is well", findings=lines)
