"""Who holds a work folder: a lock that ends with its process."""

import fcntl
import os
import threading
from pathlib import Path

_NAME = ".lock"
_TRIES, _PAUSE = 20, 0.05  # a neighbour that looks whether we live holds our lock for an instant


class FolderLock:
    """An exclusive lock on a folder, held until `release` or the end of the process."""

    def __init__(self, folder: Path, descriptor: int) -> None:
        """Use `try_lock` or `lock`."""
        self.folder = folder
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go. Idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def remove(self) -> None:
        """Remove the empty folder, then let go; a folder that is not empty stays, raising OSError."""
        try:
            (self.folder / _NAME).unlink()
            self.folder.rmdir()
        finally:
            self.release()


def lock(folder: Path) -> FolderLock | None:
    """Make the folder if needed and lock it; None where another process holds it for longer than an instant."""
    pause = threading.Event()
    for _ in range(_TRIES):
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        try:
            held = try_lock(folder, make=True)
        except FileNotFoundError:  # removed by a neighbour that adopted it
            continue
        if held is not None:
            return held
        pause.wait(_PAUSE)
    return None


def try_lock(folder: Path, *, make: bool = False) -> FolderLock | None:
    """Lock an existing folder; None where another process holds it or just removed it.

    Raises:
        FileNotFoundError: It has no lock file, and none is to be made.
    """
    path = folder / _NAME
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_CREAT if make else 0), 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), path.lstat()):
            return FolderLock(folder, descriptor)
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None
