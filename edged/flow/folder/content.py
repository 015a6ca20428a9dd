"""One entry of a folder, read once and safely, or why it is not read."""

import errno
import hashlib
import os
import pwd
import stat
from dataclasses import dataclass, field

from edged.flow.folder.settle import Stamp
from edged.types import FrameProblem, Outcome

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # says something of us, not of the file


class Changing(Exception):
    """The file changed while it was read; caught within this package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one look at an entry gave. Exactly one of `data` and `problem` is set."""

    stamp: Stamp
    size: int | None = None  # None for what is no file
    data: bytes | None = field(repr=False, default=None)
    sha256: str | None = None
    problem: FrameProblem | None = None
    denied: bool = False  # the problem is a missing permission, which may still be given


def stamp_of(status: os.stat_result) -> Stamp:
    """What of a file changes while it is written."""
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ino)


def examine(name: str, folder: int, max_bytes: int) -> Found:
    """Read an entry of the open *folder* into memory, once.

    Links are never followed, and only regular files are opened. A file with several names (hard links)
    is read like any other: its bytes are taken once, and a maildir-like dropper links before it unlinks.

    Raises:
        FileNotFoundError: It is gone.
        Changing: It was written while we read, or became another file.
        OSError: We have no memory or descriptors; this says nothing of the file.
    """
    seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
    stamp = stamp_of(seen)
    if not stat.S_ISREG(seen.st_mode):
        kind = _KINDS.get(stat.S_IFMT(seen.st_mode), "a special file")
        return Found(stamp=stamp, problem=_rejected(f"{kind}, not a file; edged reads plain files only: drop the picture itself"))
    if seen.st_size > max_bytes:
        reason = f"the file has {seen.st_size} bytes, more than {max_bytes}; send a smaller one or raise limits.max_file_bytes"
        return Found(stamp=stamp, size=seen.st_size, problem=_rejected(reason))
    try:
        return _read(name, folder, stamp)
    except FileNotFoundError:
        raise
    except PermissionError:
        return Found(stamp=stamp, size=seen.st_size, denied=True, problem=_rejected(_denied(seen)))
    except OSError as error:
        if error.errno in _OURS:
            raise
        if error.errno in (errno.ELOOP, errno.ENXIO):  # it became a link or a socket since we looked
            raise Changing from error
        reason = f"the file cannot be read: {os.strerror(error.errno or 0)}; check the disk and drop it again"
        return Found(stamp=stamp, size=seen.st_size, problem=FrameProblem(outcome=Outcome.FAILED, reason=reason))


def _read(name: str, folder: int, expected: Stamp) -> Found:
    descriptor = os.open(name, _FLAGS, dir_fd=folder)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode) or stamp_of(before) != expected:
            raise Changing
        data = _read_all(descriptor, expected.size)
        if len(data) != expected.size or stamp_of(os.fstat(descriptor)) != expected:
            raise Changing
    finally:
        os.close(descriptor)
    return Found(stamp=expected, size=len(data), data=data, sha256=hashlib.sha256(data).hexdigest())


def _read_all(descriptor: int, size: int) -> bytes:
    """Read *size* bytes and one more, which tells that the file grew."""
    data = os.read(descriptor, size + 1)
    if len(data) == size:
        return data
    parts, missing = [data], size + 1 - len(data)
    while missing > 0 and (data := os.read(descriptor, missing)):
        parts.append(data)
        missing -= len(data)
    return b"".join(parts)


def _rejected(reason: str) -> FrameProblem:
    return FrameProblem(outcome=Outcome.REJECTED, reason=reason)


def _denied(status: os.stat_result) -> str:
    try:
        owner = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        owner = str(status.st_uid)
    mode = stat.S_IMODE(status.st_mode)
    return f"no permission to read the file: owner {owner}, mode {mode:04o}; let the sender's umask keep files readable for the group"
