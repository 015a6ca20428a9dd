"""Which file system a path lies on, as the kernel lists its mounts."""

import re
from pathlib import Path
from typing import Final

_TABLE: Final = Path("/proc/self/mountinfo")
_ELSEWHERE: Final = re.compile(r"nfs\d?|cifs|smb\d?|smbfs|fuse(\..*)?|fuseblk|9p|virtiofs|vboxsf|ceph|afs|overlay")


def kind_of(path: Path, table: Path = _TABLE) -> str:
    """Its type, such as ext4; `unknown` where the kernel does not say."""
    real, best, kind = path.resolve(), -1, "unknown"
    for line in table.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        point = Path(_plain(before.split(" ")[4]))
        if real.is_relative_to(point) and len(point.parts) >= best:  # of two mounts on one point the later one covers
            best, kind = len(point.parts), after.split(" ")[0]
    return kind


def is_remote(kind: str) -> bool:
    """Whether others may write there without this kernel's knowing."""
    return _ELSEWHERE.fullmatch(kind) is not None


def _plain(text: str) -> str:
    """A path as it is: mountinfo writes blanks and backslashes as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
