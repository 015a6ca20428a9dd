"""From a file to a `Config`, or to every error in it with its line."""

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from edged.config.checks import Rules
from edged.config.document import Document, Finding, SyntaxFinding, parse
from edged.config.root import Config
from edged.config.rule_checks import RuleChecks
from edged.config.words import dotted, explain, shown
from edged.errors import ConfigError

DEFAULT = Path("/etc/edged/edged.yaml")
MAX_BYTES = 256 * 1024  # hundreds of sources; PyYAML reads it in about two seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """A configuration that was found good."""

    config: Config
    digest: str  # sha256 hex of what is in effect: defaults filled in, paths absolute, secrets never in it
    path: Path
    dictionaries: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)  # the texts of each `dictionary_file`


def load_config(path: Path, *, environ: Mapping[str, str] = os.environ) -> LoadedConfig:
    """Read and validate the configuration.

    Whether folders exist is not looked at: that is the business of whoever opens them.

    Raises:
        ConfigError: It is refused; `findings` has every error (but for YAML syntax, which ends the reading).
    """
    document = _parsed(path, _text(path))
    folder = path.absolute().parent
    rules = RuleChecks(document, folder)
    findings = [*document.findings, *Rules(document, folder, environ).findings(), *rules.findings()]
    config: Config | None = None
    try:
        config = Config.model_validate_json(json.dumps(document.data), context={"folder": folder})
    except ValidationError as error:
        findings += [explain(one, document) for one in error.errors(include_url=False)]
    if findings or config is None:
        _refuse(path, _telling(findings))
    return LoadedConfig(config=config, digest=digest_of(config, rules.dictionaries), path=path, dictionaries=rules.dictionaries)


def digest_of(config: Config, dictionaries: Mapping[Path, tuple[str, ...]] | None = None) -> str:
    """The name of what is in effect: equal for files that differ in comments, order or spelled-out defaults."""
    content = config.model_dump(mode="json")
    if dictionaries:
        content["dictionaries"] = {str(path): texts for path, texts in dictionaries.items()}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _text(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            _refuse(path, [_first("not a regular file, expected a YAML file")])
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"{path}: the configuration cannot be read: {error.strerror}"
        raise ConfigError(message, hint="name the file with -c FILE; the user of the daemon must be allowed to read it") from error
    if len(raw) > MAX_BYTES:
        _refuse(path, [_first(f"larger than {MAX_BYTES} bytes, expected a configuration")])
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        _refuse(path, [_first("found UTF-16, expected UTF-8; save the file as UTF-8")])
    if raw.startswith(b"\xef\xbb\xbf"):
        _refuse(path, [_first("found a byte order mark, expected plain UTF-8; save the file as UTF-8 without BOM")])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"found the byte 0x{raw[error.start]:02x}, expected UTF-8; save the file as UTF-8"
        _refuse(path, [Finding(line=line, path=(), message=found)])


def _parsed(path: Path, text: str) -> Document:
    try:
        document = parse(text)
    except SyntaxFinding as error:
        _refuse(path, [Finding(line=error.line, path=(), message=str(error))])
    if document.data is None:
        _refuse(path, [_first("the file is empty, expected at least version, device and sources")])
    if not isinstance(document.data, dict):
        _refuse(path, [_first(f"found {shown(document.data)}, expected keys such as `device: line3`")])
    return document


def _first(message: str) -> Finding:
    return Finding(line=1, path=(), message=message)


def _telling(findings: list[Finding]) -> list[Finding]:
    """In the order of the file, without those that another finding already covers."""
    covered = {finding.covers: finding for finding in findings if finding.covers is not None}
    told = []
    for finding in findings:
        over = [covered[finding.path[:end]] for end in range(len(finding.path) + 1) if finding.path[:end] in covered]
        if all(other is finding for other in over):
            told.append(finding)
    return sorted(told, key=lambda finding: (finding.line, dotted(finding.path)))


def _refuse(path: Path, findings: list[Finding]) -> NoReturn:
    lines = tuple(
        f"{path.name}:{finding.line}: {dotted(finding.path)}{': ' if finding.path else ''}{finding.message}" for finding in findings
    )
    count = f"{len(lines)} errors" if len(lines) > 1 else "1 error"
    message = f"{path}: {count}"
    raise ConfigError(message, hint="correct the lines named above; `edged check` tells when all is well", findings=lines)
