"""How a password comes: from a file or from systemd, and never without its user."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edged.config.document import Document, Finding, KeyPath
from edged.config.words import quoted


def password_findings(
    document: Document, at: KeyPath, section: dict[str, Any], environ: Mapping[str, str], *, user: str
) -> Iterator[Finding]:
    """What is wrong with the password of the section at a key; *user* is the key of its user, as the operator finds it."""
    file, credential = section.get("password_file"), section.get("password_credential")
    if file is not None and credential is not None:
        yield document.finding((*at, "password_credential"), "stands beside password_file; keep one of the two")
    key = "password_file" if file is not None else "password_credential"
    if section.get(key) is not None and section.get("username") is None:
        yield document.finding((*at, key), f"a password without a user; add {user}")
    held = environ.get("CREDENTIALS_DIRECTORY")
    if isinstance(credential, str) and held and "/" not in credential and not (Path(held) / credential).is_file():
        yield document.finding(
            (*at, "password_credential"),
            f"found {quoted(credential)}, but systemd hands over no credential of that name; "
            f"add LoadCredential={credential}:/path/to/file to the unit",
        )
