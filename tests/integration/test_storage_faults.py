"""What the disk refuses: the service ends at once with 74 and tries nothing again, or waits for room.

Single calls are made to fail with strace; whole file systems that are full, broken or read-only need the
right to mount one. Each is skipped, and says so, where this machine does not offer it.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.crash_disk import STRACE
from tests.doubles.folder import filed, picture
from tests.doubles.wait import until

MIB = 2**20


class Service:
    """The service as a process, and what it says."""

    def __init__(self, root: Path, *, reserve: int = 0) -> None:
        self.root, self.said = root, list[str]()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.doubles.service", str(root), str(reserve)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        assert self.process.stdout
        for words in self.process.stdout:
            self.said.append(words.strip())

    def until_said(self, what: str, times: int = 1) -> None:
        until(lambda: len([words for words in self.said if what in words]) >= times or self.process.poll() is not None, 30, str(self.said))
        assert len([words for words in self.said if what in words]) >= times, f"{self.said} {self.process.poll()}"

    def drop(self, name: str) -> None:
        part = self.root / f".{name}.part"
        part.write_bytes(picture(name))
        part.rename(self.root / "inbox" / name)

    def end(self) -> tuple[int, str]:
        """Its exit code, once it ended by itself, and its last words."""
        code = self.process.wait(30)
        self._thread.join()
        assert self.process.stdout
        assert self.process.stderr
        words = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return code, words


@contextlib.contextmanager
def serving(root: Path, *, reserve: int = 0) -> Iterator[Service]:
    """A service that has filed its first file."""
    (root / "inbox").mkdir(exist_ok=True)
    service = Service(root, reserve=reserve)
    try:
        service.until_said("ready")
        yield service
    finally:
        if service.process.poll() is None:
            service.process.send_signal(signal.SIGKILL)
        if service.process.stdout and not service.process.stdout.closed:
            service.end()


@contextlib.contextmanager
def failing(service: Service, path: Path, calls: str, error: str, log: Path) -> Iterator[None]:
    """From now on these calls fail on that file or folder."""
    assert STRACE
    command = [STRACE, "-f", "-P", str(path), "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}", "-o", str(log)]
    tracer = subprocess.Popen([*command, "-p", str(service.process.pid)], stderr=subprocess.PIPE, text=True)
    assert tracer.stderr
    first = tracer.stderr.readline()
    if "attached" not in first:
        tracer.wait()
        pytest.skip(f"strace cannot attach here: {first.strip()}")
    drain = threading.Thread(target=tracer.stderr.read)
    drain.start()
    try:
        yield
    finally:
        tracer.terminate()
        tracer.wait()
        drain.join()
        tracer.stderr.close()


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize(
    ("where", "calls", "error", "named"),
    [
        ("state/outbox.db-wal", "fdatasync,fsync", "EIO", "IOERR_FSYNC"),  # the commit
        ("state/outbox.db-wal", "pwrite64", "ENOSPC", "SQLITE_FULL"),
        ("state/outbox.db-wal", "pwrite64", "EROFS", "IOERR_WRITE"),
        ("state/outbox.db-wal", "pwrite64", "EIO", "IOERR_WRITE"),
        ("state/outbox.db", "fdatasync,fsync", "EIO", "IOERR_FSYNC"),  # the log is folded into the database
        ("state/outbox.db", "pwrite64", "ENOSPC", "SQLITE_FULL"),
        ("work/inbox/one", "fsync", "EIO", "cannot be synced"),  # the claims
        ("inbox", "fsync", "ENOSPC", "cannot be synced"),
    ],
)
def test_a_storage_error_ends_the_service_and_nothing_is_tried_again(
    tmp_path: Path, where: str, calls: str, error: str, named: str
) -> None:
    """Exit code 74 by itself; the call that failed is not made a second time; the next start finishes the work."""
    log = tmp_path / "calls"
    with serving(tmp_path) as service:
        service.drop("first")
        until(lambda: len(filed(tmp_path)) == 1)
        with failing(service, tmp_path / where, calls, error, log):
            for number in range(40):
                if service.process.poll() is None:
                    service.drop(f"{number:02d}")
            code, words = service.end()
    assert code == 74, words
    assert named in words
    failed = re.findall(rf"\w+\(.*= -1 {error}", log.read_text())
    assert len(failed) == 1, failed
    dropped = (
        len(list((tmp_path / "inbox").iterdir())) + len(list((tmp_path / "work" / "inbox" / "one").glob("*~*"))) + len(filed(tmp_path))
    )
    with serving(tmp_path):
        until(lambda: len(filed(tmp_path)) == dropped, 60)


@contextlib.contextmanager
def mounted(place: Path, *what: str) -> Iterator[Path]:
    """A file system of our own."""
    place.mkdir()
    done = subprocess.run(["mount", *what, str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no right to mount here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@contextlib.contextmanager
def fragile(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """An ext4 whose device breaks once the memory behind it is full; the file system and where its device lies."""
    if shutil.which("mkfs.ext4", path=f"{os.environ.get('PATH')}:/usr/sbin:/sbin") is None:
        pytest.skip("mkfs.ext4 is not installed")
    with mounted(tmp_path / "memory", "-t", "tmpfs", "-o", "size=40m", "none") as memory:
        image = memory / "image"
        image.touch()
        os.truncate(image, 128 * MIB)
        subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-E", "nodiscard", str(image)], check=True, capture_output=True)
        with mounted(tmp_path / "disk", "-o", "loop", str(image)) as disk:
            yield disk, memory


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")


@needs_root
def test_a_device_that_breaks_ends_the_service(tmp_path: Path) -> None:
    """A real EIO, out of a real kernel; once the device is whole again, the next start finishes the work."""
    with fragile(tmp_path) as (disk, memory):
        with serving(disk) as service:
            service.drop("first")
            until(lambda: len(filed(disk)) == 1)
            filler = memory / "filler"
            with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * 65_536)
            for number in range(2000):
                if service.process.poll() is not None:
                    break
                with contextlib.suppress(OSError):
                    service.drop(f"{number:04d}")
            code, words = service.end()
        assert code == 74, words


@needs_root
def test_a_file_system_that_turns_read_only_ends_the_service(tmp_path: Path) -> None:
    """As ext4 does by itself after an error."""
    with fragile(tmp_path) as (disk, _), serving(disk) as service:
        for number in range(5):
            service.drop(f"{number}")
        until(lambda: len(filed(disk)) == 5)
        os.kill(service.process.pid, signal.SIGSTOP)
        service.drop("last")
        subprocess.run(["mount", "-o", "remount,abort", str(disk)], check=True)
        os.kill(service.process.pid, signal.SIGCONT)
        code, words = service.end() if _goes(service) else (None, "")
        assert code == 74, words


def _goes(service: Service) -> bool:
    until(lambda: service.process.poll() is not None, 60, "still runs on a read-only file system")
    return True


@needs_root
def test_a_full_file_system_stops_intake_until_there_is_room(tmp_path: Path) -> None:
    """No restart, nothing dropped: the files wait in the inbox, and it goes on by itself."""
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=64m", "none") as disk, serving(disk, reserve=16 * MIB) as service:
        service.drop("first")
        until(lambda: len(filed(disk)) == 1)
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 65_536)
        os.truncate(filler, filler.stat().st_size - MIB)  # room for the names and pictures that are dropped
        for number in range(20):
            service.drop(f"{number:02d}")
        service.until_said("MiB are needed")
        assert not (disk / "state" / "outbox.reserve").exists()
        filler.unlink()
        service.until_said("goes on")
        until(lambda: len(filed(disk)) == 21)
        assert (disk / "state" / "outbox.reserve").stat().st_size == 16 * MIB
        assert service.process.poll() is None
