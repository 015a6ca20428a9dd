"""Files that are whole or not there, and moves that never overwrite. Raises OSError only."""

import ctypes
import errno
import os
import stat
import tempfile
from pathlib import Path

_RENAME_NOREPLACE = 1
_libc = ctypes.CDLL(None, use_errno=True)
_renameat2 = getattr(_libc, "renameat2", None)  # absent in musl and in glibc before 2.28
_NOT_OFFERED = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)  # an old kernel; a file system without the flag, such as NFS
if _renameat2 is not None:
    _renameat2.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
_AT_FDCWD = -100


def rename_noreplace(source: str, target: str, *, source_fd: int | None = None, target_fd: int | None = None, ours: bool = False) -> None:
    """Rename within a file system; never onto something that exists.

    Where the kernel or the file system does not offer it, the target is looked at first: not atomic, so
    targets must then have names that nobody else makes. Linking would be atomic, but between link and unlink
    the source name may come to mean another file, and the unlink would destroy it: it is done only where the
    source name is *ours*, and where the file system has links.

    Raises:
        FileExistsError: The target exists; nothing was moved.
        FileNotFoundError: The source, or the folder of the target, is not there.
        OSError: What else the rename says.
    """
    if _renameat2 is not None:
        start = _AT_FDCWD if source_fd is None else source_fd
        end = _AT_FDCWD if target_fd is None else target_fd
        if _renameat2(start, os.fsencode(source), end, os.fsencode(target), _RENAME_NOREPLACE) == 0:
            return
        code = ctypes.get_errno()
        if code not in _NOT_OFFERED:
            raise OSError(code, os.strerror(code), source, None, target)
    if not (ours and _relink(source, target, source_fd, target_fd)):
        _rename_checked(source, target, source_fd, target_fd)


def _relink(source: str, target: str, source_fd: int | None, target_fd: int | None) -> bool:
    """Give the file its new name, then take the old one; False where there are no links (to folders, on CIFS, on FAT)."""
    try:
        os.link(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd, follow_symlinks=False)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:
        return False
    os.unlink(source, dir_fd=source_fd)
    return True


def _rename_checked(source: str, target: str, source_fd: int | None, target_fd: int | None) -> None:
    try:
        os.stat(target, dir_fd=target_fd, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd)
        return
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), source, None, target)


def fsync_dir(folder: int | str | Path) -> None:
    """Make the names in a folder durable; *folder* is a path or an open descriptor."""
    if isinstance(folder, int):
        os.fsync(folder)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_names(folder: Path) -> None:
    """Make the names in a folder durable, and its own and those of the folders above it, as far as we may look.

    A file in a synced folder is lost with a folder above it whose name was not.
    """
    device = folder.stat().st_dev
    for place in (folder, *folder.absolute().parents):
        try:
            if place.stat().st_dev != device:
                return
            fsync_dir(place)
        except PermissionError:
            return


def atomic_write(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file so that its name always means old or new content, whole and durable.

    Temporary file beside it, write, fsync, rename, fsync of the folder. An existing file is replaced.
    """
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, path)  # noqa: PTH105 - mkstemp gives a string
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    fsync_dir(path.parent)


class NotRegularError(ValueError):
    """A folder, a pipe, a device: it is not opened."""


def read_regular(path: Path, most: int) -> bytes:
    """The content of a regular file; nothing else is opened, for that might hang.

    Raises:
        OSError: It cannot be read.
        NotRegularError: It is none; as the next, the end of a sentence that names it.
        ValueError: It is larger than *most* bytes.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        message = "is not a regular file"
        raise NotRegularError(message)
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        message = f"is larger than {most} bytes"
        raise ValueError(message)
    return data
