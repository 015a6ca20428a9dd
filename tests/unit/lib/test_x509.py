"""Until when a certificate is good, read from what openssl made."""

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from edged.lib.x509 import good_until


def made(folder: Path, end: str, *, extensions: bool = True) -> str:
    """A certificate that ends then (YYYYMMDDHHMMSSZ)."""
    (folder / "index").write_text("")
    (folder / "serial").write_text("01")
    (folder / "ca.cnf").write_text(
        f"[ca]\ndefault_ca=x\n[x]\ndatabase={folder}/index\nserial={folder}/serial\nnew_certs_dir={folder}\ndefault_md=sha256\n"
        "policy=p\nunique_subject=no\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=IP:127.0.0.1\n"
    )
    subprocess.run(
        ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-out", "csr", "-subj", "/CN=box"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    sign = ["openssl", "ca", "-batch", "-selfsign", "-config", "ca.cnf", "-keyfile", "k", "-in", "csr", "-out", "pem"]
    sign += ["-startdate", "20200101000000Z", "-enddate", end, *(["-extensions", "e"] if extensions else [])]
    subprocess.run(sign, cwd=folder, check=True, capture_output=True)
    return (folder / "pem").read_text()


@pytest.mark.parametrize("end", ["20270301120000Z", "20491231235959Z", "20500101000000Z", "99991231235959Z"])
@pytest.mark.parametrize("extensions", [True, False])
def test_the_end_is_read(tmp_path: Path, end: str, extensions: bool) -> None:
    """Both kinds of time, with and without extensions (version 3 and 1), whatever text stands around it."""
    expected = dt.datetime.strptime(end, "%Y%m%d%H%M%SZ").replace(tzinfo=dt.UTC)
    text = made(tmp_path, end, extensions=extensions)
    assert good_until(text) == [expected]
    assert good_until(f"{text}\n{text}") == [expected] * 2


@pytest.mark.parametrize("cut", [0, 10, 60])
def test_what_is_none_is_an_error(tmp_path: Path, cut: int) -> None:
    """Damage raises, and never anything else than a ValueError."""
    lines = made(tmp_path, "20270301120000Z").split("-----BEGIN CERTIFICATE-----")[1].splitlines()
    body = "".join(lines[1:-1])[: cut * 4 // 4]
    with pytest.raises(ValueError):  # noqa: PT011 - any text will do
        good_until(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
    with pytest.raises(ValueError, match="no certificate"):
        good_until("nothing")
