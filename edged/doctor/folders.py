"""The folders of each source: there, ours to use, on one file system, and open to whoever drops."""

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from edged.config import FolderSection
from edged.doctor.case import Case, folders_of, standing
from edged.doctor.finding import Finding, bad, doubt, good
from edged.errors import SourceError
from edged.flow.folder.places import Places, prove_moves
from edged.lib.filesystem import file_system
from edged.types import SourceName

_READ: Final = os.R_OK | os.X_OK
_WHOLE: Final = _READ | os.W_OK
_DEFAULT_ACL: Final = "system.posix_acl_default"


def check(case: Case) -> Iterator[Finding]:
    """Every source."""
    for name, section in case.config.folders.items():
        yield from _source(name, section)


def _source(name: str, section: FolderSection) -> Iterator[Finding]:
    folders = folders_of(name, section)
    inbox = folders["path"]
    if not inbox.is_dir():
        yield bad(f"source {name}: there is no drop folder {inbox}", f"mkdir -p {inbox}, or correct sources.{name}.path")
        return
    if section.after == "keep":
        yield _kept(name, inbox)
    else:
        wrong = [finding for role, path in folders.items() for finding in _usable(f"source {name}: {role}", path)]
        yield from wrong
        yield from _together(name, folders, tried=not wrong)
    yield good(f"source {name}: {inbox} lies on {file_system(inbox).why}")
    yield from _droppers(name, inbox)


def _kept(name: str, inbox: Path) -> Finding:
    """A folder whose files stay where they are is only read."""
    if os.access(inbox, _READ, effective_ids=True):
        return good(f"source {name}: {inbox} can be read, and nothing is ever written there (after: keep)")
    return bad(
        f"source {name}: {inbox} cannot be read by {_user(os.geteuid())} ({_owned(inbox)})", f"chown or chmod {inbox}, or mount it so"
    )


def _usable(what: str, path: Path) -> Iterator[Finding]:
    """A folder that is there is ours to read and write; one that is not can be made."""
    there = standing(path)
    if path.exists() and not path.is_dir():
        yield bad(f"{what} {path} is not a folder", "move the file away, or correct the configuration")
    elif not os.access(there, _WHOLE if there == path else os.W_OK | os.X_OK, effective_ids=True):
        verb = "read and written" if there == path else f"made: {there} cannot be written"
        yield bad(f"{what} {path} cannot be {verb} by {_user(os.geteuid())} ({_owned(there)})", f"chown or chmod {there}")


def _together(name: str, folders: dict[str, Path], *, tried: bool) -> Iterator[Finding]:
    """Files are moved by rename: that is tried with an empty folder, which nobody takes for an input."""
    missing = [f"{role} {path}" for role, path in folders.items() if not path.exists()]
    devices = {standing(path).stat().st_dev for path in folders.values()}
    if len(devices) > 1:
        yield bad(
            f"source {name}: its folders lie on {len(devices)} file systems: no file can be moved between them",
            f"put sources.{name}.work, done and failed beside the drop folder",
        )
    elif missing:
        yield good(f"source {name}: on one file system; to be made at the first start: {', '.join(missing)}")
    elif tried:
        work = folders["work"]
        places = Places(source=SourceName(name), inbox=folders["path"], work=work, done=folders.get("done"), failed=folders["failed"])
        try:
            prove_moves(places, work)
        except SourceError as error:
            yield bad(str(error), error.hint)
        else:
            yield good(f"source {name}: files can be moved from {folders['path']} to {', '.join(list(folders)[1:])}")


def _droppers(name: str, inbox: Path) -> Iterator[Finding]:
    """Whoever may drop, and whether we may read what they drop, whatever their umask."""
    status = inbox.stat()
    group, others = bool(status.st_mode & stat.S_IWGRP), bool(status.st_mode & stat.S_IWOTH)
    who = ["anybody"] if others else [_user(status.st_uid), *([f"the group {_group(status.st_gid)}"] if group else [])]
    text = f"source {name}: {' and '.join(who)} may drop into {inbox} ({_owned(inbox)})"
    if (group or others) and not _has_default_acl(inbox):
        yield doubt(
            f"{text}; without a default ACL, a file of a dropper with umask 077 cannot be read",
            f"setfacl -m d:u:edged:rwx,d:g:edged-drop:rwx {inbox} (as systemd/edged.tmpfiles does)",
        )
    else:
        yield good(text)


def _has_default_acl(path: Path) -> bool:
    with suppress(OSError):
        return bool(os.getxattr(path, _DEFAULT_ACL))
    return False


def _owned(path: Path) -> str:
    status = path.stat()
    return f"{stat.filemode(status.st_mode)} {_user(status.st_uid)}:{_group(status.st_gid)}"


def _user(uid: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def _group(gid: int) -> str:
    with suppress(KeyError):
        return grp.getgrgid(gid).gr_name
    return str(gid)
