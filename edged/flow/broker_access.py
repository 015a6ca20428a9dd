"""Passwords and certificates of the broker and of cameras, read from their files at each connect: a corrected file needs no restart."""

import ssl
from collections.abc import Mapping
from pathlib import Path

from edged.config import CameraSection, MqttSection, TlsSection


def password(section: MqttSection | CameraSection, environ: Mapping[str, str]) -> str | None:
    """The password from its file or systemd credential; None where none is configured.

    Raises:
        OSError: It cannot be read.
        ValueError: There are no credentials, or it is not UTF-8.
    """
    if section.password_credential is not None:
        folder = environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            message = f"credential {section.password_credential}: systemd gave us none (LoadCredential= in the unit)"
            raise ValueError(message)
        return _first_line(Path(folder) / section.password_credential)
    return _first_line(section.password_file) if section.password_file is not None else None


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:  # whose text would show bytes of the secret
        message = f"{path}: not UTF-8"
        raise ValueError(message) from None
    return lines[0] if lines else ""


def tls_context(section: TlsSection) -> ssl.SSLContext:
    """TLS 1.2 or newer, with the broker's name verified.

    Raises:
        OSError: A file cannot be read, or is not what it should be.
    """
    context = ssl.create_default_context(cafile=section.ca_file)
    if section.cert_file is not None:
        # An encrypted key fails for the empty password; without one OpenSSL would ask on the terminal.
        context.load_cert_chain(section.cert_file, section.key_file, password="")
    return context
