"""Claim, retry and file away: one rename each, so that a file is always in exactly one place."""

import datetime as dt
import errno
import json
import logging
import os
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edged.errors import InstanceRunning, OutboxError, SourceUnavailable
from edged.flow.folder.duplicates import is_skipped
from edged.flow.folder.lock import FolderLock, lock, try_lock
from edged.flow.folder.names import ClaimedName, parse_claimed, printable
from edged.flow.folder.places import Places
from edged.lib.files import atomic_write, fsync_dir, fsync_names, rename_noreplace
from edged.types import Origin, Outcome

log = logging.getLogger(__name__)

_MOST_ATTEMPTS = 999  # has room in a name, and nothing depends on more


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A claimed input until its reading is committed."""

    claimed: ClaimedName
    origin: Origin
    captured_at: dt.datetime


class WorkFolder:
    """The claimed files of one instance. `file_away` and `sync` from one thread, the rest from one other."""

    def __init__(self, places: Places, instance: str) -> None:
        """Nothing is touched before `open`."""
        self._places = places
        self.path = places.work / instance
        self.descriptor = -1
        self._lock: FolderLock | None = None
        self._unsynced: set[str] = set()  # folders that lost a name to work; guarded
        self._guard = threading.Lock()
        self._days: set[str] = set()
        self._filed: Counter[Path] = Counter()  # bytes, by done or failed
        self._free: set[str] = set()  # neighbours that nobody held when we last looked
        self._strange: set[str] = set()

    def open(self) -> None:
        """Take the lock.

        Raises:
            InstanceRunning: Another process works with this instance's folder.
            SourceUnavailable: The folder cannot be made or locked.
        """
        try:
            self._lock = lock(self.path)
            self.descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) if self._lock else -1
            fsync_names(self.path)
        except OSError as error:
            message = f"source {self._places.source}: the work folder {self.path} cannot be locked: {os.strerror(error.errno or 0)}"
            hint = "give the user of edged write access to it, and make room on the disk"
            if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP):
                hint = "its file system keeps no locks: mount it with them (NFS without nolock), or use `after: keep`"
            raise SourceUnavailable(message, hint=hint) from error
        if self._lock is None:
            message = f"source {self._places.source}: another edged works in {self.path}"
            raise InstanceRunning(message, hint="end it, or give each edged and each source its own state_dir and work folder")

    def close(self) -> None:
        """Release the lock. Idempotent."""
        if self._lock is not None:
            os.close(self.descriptor)
            self._lock.release()
            self._lock = None

    def claim(self, base: str, folder: int, folder_path: str, claimed: ClaimedName) -> None:
        """Move *base* from the open *folder* into work.

        Raises:
            FileNotFoundError: Somebody else took it.
            SourceUnavailable: The work folder itself is gone.
            OSError: It cannot be moved.
        """
        try:
            rename_noreplace(base, str(claimed), source_fd=folder, target_fd=self.descriptor)
        except FileNotFoundError:
            if os.fstat(self.descriptor).st_nlink == 0:
                message = f"source {self._places.source}: the work folder {self.path} was removed while edged runs"
                raise SourceUnavailable(message, hint="restart edged; it makes the folder again") from None
            if not self._arrived(claimed):
                raise
        self._mark(folder_path)

    def _arrived(self, claimed: ClaimedName) -> bool:
        """Whether a move that "found nothing" was made: a server that lost its answer is asked again by NFS, and then says so."""
        try:
            os.stat(str(claimed), dir_fd=self.descriptor, follow_symlinks=False)
        except OSError:
            return False
        return True

    def give_back(self, claimed: ClaimedName, base: str, folder: int) -> None:
        """Undo a claim; FileExistsError where its name is taken again."""
        rename_noreplace(str(claimed), base, source_fd=self.descriptor, target_fd=folder, ours=True)

    def sync(self) -> None:
        """Make the claims so far durable: a reading must never be committed whose file may be in the inbox again.

        Work first: it has the names that must not be lost.

        Raises:
            OutboxError: The disk refuses; nothing may be assumed.
        """
        with self._guard:
            folders, self._unsynced = self._unsynced, set()
        if not folders:
            return
        try:
            fsync_dir(self.descriptor)
            for folder in folders:
                try:
                    fsync_dir(folder)
                except (FileNotFoundError, NotADirectoryError, PermissionError):
                    continue  # removed since; nothing of it can come back
        except OSError as error:
            message = f"source {self._places.source}: {self.path} cannot be synced: {os.strerror(error.errno or 0)}"
            raise OutboxError(message, hint="check the disk and the journal of the kernel, then restart edged") from error

    def leftovers(self) -> list[ClaimedName]:
        """Files of an earlier process, in the order of their claims; whether it synced them, nobody knows: the next `sync` does."""
        found = []
        with os.scandir(self.descriptor) as items:
            names = [item.name for item in items]
        for name in names:
            claimed = parse_claimed(name)
            if claimed is not None:
                found.append(claimed)
                self._mark_origin(claimed)
            elif not name.startswith(".") and name not in self._strange:
                self._strange.add(name)
                log.warning("not a claimed file, left alone", extra={"file": printable(name), "folder": str(self.path)})
        return sorted(found, key=lambda claimed: claimed.id)

    def count_attempt(self, claimed: ClaimedName) -> ClaimedName:
        """Write the next attempt into the name, before anything is decoded."""
        if claimed.attempt >= _MOST_ATTEMPTS:
            return claimed
        again = replace(claimed, attempt=claimed.attempt + 1)
        rename_noreplace(str(claimed), str(again), source_fd=self.descriptor, target_fd=self.descriptor)
        return again

    def holds(self, claimed: ClaimedName) -> bool:
        """Whether the file is in work, as far as anybody can tell."""
        try:
            os.stat(str(claimed), dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        except OSError:
            pass
        return True

    def file_away(self, held: Held, outcome: Outcome, reasons: Sequence[str], now: dt.datetime) -> None:
        """Move a file to done or failed, a failed one with its sidecar first; remove what was read where nothing is kept.

        Not synced: a move that a power cut undoes is done again at the next start, from the committed row.

        Raises:
            OSError: It stays in work.
        """
        good = outcome in (Outcome.OK, Outcome.UNSURE) or is_skipped(outcome, reasons)
        place = self._places.done if good else self._places.failed
        if place is None:
            self._remove(held)
            return
        day = f"{place}/{now.date()}"
        target = f"{day}/{held.claimed.filed}"
        if day not in self._days or not os.path.isdir(day):  # noqa: PTH112 - asked for every file
            Path(day).mkdir(mode=0o750, parents=True, exist_ok=True)
            fsync_names(Path(day))  # a sidecar syncs what lies in it
            self._days = {day}
        if not good:
            atomic_write(Path(f"{target}.json"), _sidecar(self._places.source, held, outcome, reasons, now), mode=0o640)
        try:
            rename_noreplace(str(held.claimed), target, source_fd=self.descriptor)
        except FileNotFoundError:
            if not Path(day).is_dir():
                raise
            _tell_gone(held)
        else:
            self._filed[place] += held.origin.bytes or 0

    def _remove(self, held: Held) -> None:
        try:
            os.unlink(str(held.claimed), dir_fd=self.descriptor)
        except FileNotFoundError:
            _tell_gone(held)

    def filed(self, place: Path) -> int:
        """How many bytes were filed there; from any thread."""
        return self._filed[place]

    def adopt(self) -> list[ClaimedName]:
        """Take over the files of neighbours that nobody held at two calls in a row; ids stay.

        Twice, because a neighbour that just restarts knows what it committed and we do not.
        """
        free: set[str] = set()
        adopted: list[ClaimedName] = []
        with os.scandir(self._places.work) as found:
            neighbours = [item.name for item in found if item.is_dir(follow_symlinks=False) and item.name != self.path.name]
        for name in neighbours:
            try:
                held = try_lock(self._places.work / name)
            except OSError:
                continue  # not ours to lock
            if held is None:
                continue
            if name in self._free:
                adopted += self._empty(held)
            else:
                free.add(name)
                held.release()
        self._free = free
        return sorted(adopted, key=lambda claimed: claimed.id)

    def _mark(self, folder: str) -> None:
        with self._guard:
            self._unsynced.add(folder)

    def _mark_origin(self, claimed: ClaimedName) -> None:
        """Note where somebody else took a file from; the folder inside of a path that was cut to fit is not known any more."""
        head = claimed.name.rpartition("/")[0]
        for folder in {"", head}:
            self._mark(f"{self._places.inbox}/{folder}")

    def _empty(self, neighbour: FolderLock) -> list[ClaimedName]:
        adopted = []
        try:
            for path in list(neighbour.folder.iterdir()):
                claimed = parse_claimed(path.name)
                if claimed is not None:
                    rename_noreplace(str(path), path.name, target_fd=self.descriptor)
                    self._mark(str(neighbour.folder))
                    self._mark_origin(claimed)
                    adopted.append(claimed)
            neighbour.remove()
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                log.warning("cannot adopt a work folder: %s", error, extra={"folder": str(neighbour.folder)})
        finally:
            neighbour.release()
        if adopted:
            log.warning("adopted the files of another edged that ended", extra={"folder": str(neighbour.folder), "files": len(adopted)})
        return adopted


def _tell_gone(held: Held) -> None:
    log.warning("removed from work before it was filed", extra={"id": held.claimed.id, "file": held.origin.name})


def _sidecar(source: str, held: Held, outcome: Outcome, reasons: Sequence[str], now: dt.datetime) -> bytes:
    origin = held.origin
    told = {
        "id": held.claimed.id,
        "source": source,
        "name": origin.name,
        "outcome": str(outcome),
        "reasons": list(reasons),
        "sha256": origin.sha256,
        "bytes": origin.bytes,
        "attempts": held.claimed.attempt,
        "modified_at": origin.modified_at.isoformat() if origin.modified_at else None,
        "claimed_at": held.captured_at.isoformat(),
        "filed_at": now.isoformat(),
    }
    return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode()
