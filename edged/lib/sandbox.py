"""Whether the service's unit keeps a folder from us, and the drop-in that gives it."""

import os
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

DROP_IN = Path("/etc/systemd/system/edged.service.d/folders.conf")
_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")  # how proc_pid_mountinfo(5) writes blanks


class _Mount(NamedTuple):
    root: str  # what of its file system is mounted
    point: Path
    read_only: bool
    fs_read_only: bool  # for everybody, not for us alone


def sandbox_remedy(folders: Iterable[Path], *, environ: Mapping[str, str] = os.environ, mounts: Path = _MOUNTS) -> str | None:
    """Why edged cannot write to one of these folders, between which files are moved, and what to do.

    None where no sandbox is in the way: it shows as a mount that is read-only for us alone, or as one that systemd
    put over the folder.
    """
    if not environ.get("INVOCATION_ID"):  # not started by systemd
        return None
    together = sorted(set(folders))
    for folder in together:
        mount = _over(folder, mounts)
        if mount is None:
            continue
        private = "/systemd-private-" in mount.root and not folder.exists()
        if private or "/systemd/inaccessible/" in mount.root:
            which = "PrivateTmp" if private else "ProtectHome or InaccessiblePaths"
            return f"the unit of edged hides what lies in {mount.point} ({which}); put {folder} elsewhere, for example below /srv"
        if mount.read_only and not mount.fs_read_only:
            return f"the unit of edged keeps {folder} read-only (ProtectSystem); give it a drop-in: {_drop_in(together)}"
    return None


def _drop_in(folders: list[Path]) -> str:
    common = Path(os.path.commonpath(folders))  # one mount, for a rename does not cross two
    named = folders if common == Path("/") else [common]
    lines = ["[Service]", *('ReadWritePaths="{}"'.format(str(path).replace("%", "%%")) for path in named)]
    write = f"printf '%s\\n' {shlex.join(lines)} >> {DROP_IN}"
    return f"mkdir -p {DROP_IN.parent} && {write} && systemctl daemon-reload && systemctl restart edged"


def _over(folder: Path, mounts: Path) -> _Mount | None:
    """The mount that the folder lies on; None where nobody can tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    found: _Mount | None = None
    for line in lines:
        own, _, fs = line.partition(" - ")
        root, point, options = own.split(" ")[3:6]
        mount = _Mount(root, Path(_plain(point)), "ro" in options.split(","), "ro" in fs.split(" ")[2].split(","))
        # Of two at the same place the later one lies on top.
        if folder.is_relative_to(mount.point) and (found is None or mount.point.is_relative_to(found.point)):
            found = mount
    return found


def _plain(text: str) -> str:
    return _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), text)
