"""A hot folder on a temporary directory, and the smallest format that knows whether it is whole."""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from edged.config import FolderSection
from edged.errors import FrameIncomplete, FrameRejected
from edged.flow.folder.base import DropFolder
from edged.flow.folder.kept import KeptFolder
from edged.flow.folder.source import HotFolder
from edged.flow.memory import Contents
from edged.flow.outbox import Outbox
from edged.lib.clock import Clock, SystemClock
from edged.types import Committed, Delivery, FrameId, Outcome, SourceName
from tests.doubles.clock import FakeClock
from tests.doubles.readings import reading

_HEAD = 8


def picture(text: str = "", size: int = 64) -> bytes:
    """A whole picture: its length, then its bytes."""
    body = text.encode().ljust(size, b".")
    return (_HEAD + len(body)).to_bytes(_HEAD, "big") + body


def check(data: bytes) -> None:
    """Tell whether a `picture` is all there; what starts with `%PDF` is refused for good."""
    if data.startswith(b"%PDF"):
        msg = "a PDF"
        raise FrameRejected(msg)
    if len(data) < _HEAD or len(data) < int.from_bytes(data[:_HEAD], "big"):
        msg = "incomplete"
        raise FrameIncomplete(msg)


class MemoryContents:
    """Which input had which bytes first, for one process."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[FrameId, float]] = {}

    def first(self, source: SourceName, sha256: str, at: float, window: float) -> FrameId | None:
        id, since = self.known.get(sha256, (None, at))
        return id if abs(at - since) <= window else None

    def remember(self, source: SourceName, sha256: str, id: FrameId, at: float) -> None:
        self.known[sha256] = id, at


def nothing_committed(id: FrameId) -> Committed | None:
    """The outbox of a first start."""
    return None


def section(inbox: Path, **keys: object) -> FolderSection:
    """A section with short times, so that tests of the real kernel end soon."""
    return FolderSection.model_validate({"path": inbox, "settle_seconds": 0.2, "stalled_seconds": 1.0, "rescan_seconds": 60.0} | keys)


def hot_folder(
    inbox: Path,
    *,
    instance: str = "one",
    find: Callable[[FrameId], Committed | None] = nothing_committed,
    filed: Callable[[Sequence[FrameId]], None] = lambda ids: None,
    contents: Contents | None = None,
    clock: Clock | None = None,
    check: Callable[[bytes], None] = check,
    **keys: object,
) -> HotFolder:
    """A hot folder named `inbox` on *inbox*; *keys* go into its section."""
    return HotFolder(
        SourceName("inbox"),
        section(inbox, **keys),
        instance=instance,
        check=check,
        find=find,
        filed=filed,
        contents=contents or MemoryContents(),
        clock=clock or SystemClock(),
    )


def kept_folder(
    inbox: Path,
    outbox: Outbox,
    *,
    find: Callable[[FrameId], Committed | None] | None = None,
    clock: Clock | None = None,
    check: Callable[[bytes], None] = check,
    **keys: object,
) -> KeptFolder:
    """A folder named `inbox` on *inbox* whose files stay; an open *outbox* remembers them."""
    return KeptFolder(
        SourceName("inbox"),
        section(inbox, after="keep", **keys),
        check=check,
        find=find or outbox.find,
        filed=outbox.filed,
        kept=outbox.kept,
        contents=outbox.contents,
        clock=clock or SystemClock(),
    )


def put(path: Path, data: bytes, *, age: float | None = None) -> Path:
    """Write and close a file; *age* sets its time that many seconds back, before it is closed."""
    with path.open("wb", buffering=0) as file:
        file.write(data)
        if age is not None:
            then = os.fstat(file.fileno()).st_mtime - age
            os.utime(file.fileno(), (then, then))
    return path


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def filed(root: Path, place: str = "done") -> list[Path]:
    """The files in done or failed, without sidecars, by name."""
    found = set((root / place / "inbox").glob("*/*"))
    return sorted(path for path in found if path.suffix != ".json" or path.with_suffix("") not in found)


class Feed:
    """Runs a folder in a thread, as the pipeline does, and files each input away at once."""

    def __init__(self, source: DropFolder, *, outcome: Outcome = Outcome.OK, finish: bool = True, outbox: Outbox | None = None) -> None:
        self.source, self.delivered = source, list[Delivery]()
        self._outcome, self._finish, self._outbox = outcome, finish, outbox
        self._stop, self.error = threading.Event(), list[BaseException]()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self.source.open()
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            for delivery in self.source.deliveries(self._stop, lambda: None):
                self.source.sync()
                if self._finish:
                    outcome = delivery.problem.outcome if delivery.problem else self._outcome
                    reasons = (delivery.problem.reason,) if delivery.problem else ()
                    if self._outbox:
                        self._outbox.add([reading(id=delivery.id, outcome=outcome, reasons=reasons)])
                    self.source.finish(delivery.id, outcome, reasons)
                    if self._outbox:
                        self._outbox.filed([delivery.id])
                self.delivered.append(delivery)
        except BaseException as error:
            self.error.append(error)
            raise

    def tick(self, clock: FakeClock, seconds: float) -> None:
        """Let time pass, and the feed see it at once."""
        clock.advance(seconds)
        self.source._inbox._wake.set()

    def stop(self) -> None:
        """End the feed and the source."""
        self._stop.set()
        self.source._inbox._wake.set()  # which shortens its wait
        self._thread.join(60)
        assert not self._thread.is_alive()
        self.source.close()

    @property
    def names(self) -> list[str]:
        """What was delivered, in order."""
        return [delivery.origin.name for delivery in list(self.delivered)]
