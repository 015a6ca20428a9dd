"""A small Debian 12 and the wheels of the lock files, made once and kept in the user's cache folder."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SUITE = "bookworm"
PACKAGES = ("systemd-sysv", "systemd-timesyncd", "python3-venv", "mosquitto", "mosquitto-clients")
PYTHON = "3.11"  # of this Debian


def cache_folder() -> Path:
    """Where what is expensive to make stays."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edged"


def rootfs() -> Path:
    """The root file system of a fresh box; whoever boots it, boots a copy."""
    target = cache_folder() / f"debian-{_key(SUITE, *PACKAGES)}"
    with _alone(target):
        if not target.is_dir():
            part = _part(target)
            command = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(part)]
            _make(command, "debootstrap made no Debian")
            for archive in (part / "var/cache/apt/archives").glob("*.deb"):
                archive.unlink()
            part.rename(target)
    return target


def wheels() -> Path:
    """The packages that the lock files pin, for a box without a network."""
    lock = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    tool = re.search(r"^setuptools==.*\n(?:    .*\n)+", (REPOSITORY / "requirements-dev.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert tool
    target = cache_folder() / f"wheels-{_key(PYTHON, lock, tool[0])}"
    with _alone(target):
        if not target.is_dir():
            _download(f"{lock}\n{tool[0]}", target)
    return target


def _download(lock: str, target: Path) -> None:
    part = _part(target)
    part.mkdir(parents=True)
    (part / "requirements.lock").write_text(lock, encoding="utf-8")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
    ]
    _make([*pip, f"--python-version={PYTHON}", "-d", str(part), "-r", str(part / "requirements.lock")], "pip downloaded no wheels")
    part.rename(target)


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """One process at a time: two checkouts on one machine have one cache."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _part(target: Path) -> Path:
    """Where it is made before it is whole, in place of what an interrupted run left."""
    part = target.with_name(f"{target.name}.part")
    if part.exists():
        shutil.rmtree(part)
    return part


def _make(command: list[str], message: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise AssertionError(f"{message}: {' '.join(command)}\n{tail}")
