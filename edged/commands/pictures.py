"""Picture files that somebody named, read as the folder's would be: nothing is moved, nothing is sent."""

import datetime as dt
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edged.config import FolderSection, LimitsSection, ModelSection
from edged.config.file import LoadedConfig
from edged.flow.decode import limit_threads
from edged.flow.folder.content import Changing, Found, examine
from edged.flow.folder.settle import Stamp
from edged.flow.reader import Job, Reader
from edged.flow.recognise import Recogniser
from edged.generation import Builder, shelf_of
from edged.lib.clock import SystemClock, file_time
from edged.lib.ids import new_id
from edged.lib.logs import printable
from edged.types import Delivery, FrameId, FrameProblem, Origin, Outcome, Reading, SourceName

_AHEAD: Final = 8  # pictures in work at a time; their readings come out in the order of the paths
_SOURCE: Final = SourceName("read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The daemon's own way from bytes to text, for one source and one model."""

    reader: Reader
    recogniser: Recogniser
    limits: LimitsSection

    def readings(self, paths: Iterable[str]) -> Iterator[Reading]:
        """Read picture files, a few ahead, in their order; one that cannot be read has its reading, too."""
        window: deque[tuple[threading.Event, Job]] = deque()

        def oldest() -> Reading:
            completed, job = window.popleft()
            while not completed.wait(1):
                self.recogniser.check()
            return self.reader.conclude(job)

        for path in paths:
            window.append(_begin(self.reader, _delivery(path, self.limits.max_file_bytes)))
            if len(window) > _AHEAD:
                yield oldest()
        while window:
            yield oldest()


@contextmanager
def opened(loaded: LoadedConfig, source: FolderSection, wanted: ModelSection, models_dir: Path | None = None) -> Iterator[Chain]:
    """The chain that reads as *source* with the model *wanted*, of the shelf *models_dir* where one is named; closed afterwards.

    Raises:
        ModelError: The model cannot be used.
    """
    limit_threads(1)  # as in the daemon
    config = loaded.config
    shelf = [models_dir] if models_dir else shelf_of(config.state_dir, config.models_dir)
    builder = Builder(shelf, config.recognise, config=loaded.digest, dictionaries=loaded.dictionaries, clock=SystemClock())
    try:
        reader = builder.reader(source.model_copy(update={"model": wanted}), wanted)
        yield Chain(reader=reader, recogniser=builder.recognisers[0], limits=source.limits)
    finally:
        builder.abandon()


def _begin(reader: Reader, delivery: Delivery) -> tuple[threading.Event, Job]:
    completed = threading.Event()
    return completed, reader.begin(delivery, lambda _: completed.set())


def _delivery(path: str, max_bytes: int) -> Delivery:
    """One picture as the folder would deliver it."""
    now = dt.datetime.now(dt.UTC)
    found = _examine(path, max_bytes)
    return Delivery(
        id=FrameId(new_id(int(now.timestamp() * 1000), os.urandom(10))),
        source=_SOURCE,
        captured_at=now,
        origin=Origin(name=printable(path), sha256=found.sha256, bytes=found.size, modified_at=file_time(found.stamp.mtime_ns)),
        attempt=1,
        data=found.data,
        problem=found.problem,
    )


def _examine(path: str, max_bytes: int) -> Found:
    """Read the file once; links are followed, for whoever names a file means it."""
    real = Path(os.path.realpath(path))
    try:
        folder = os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return examine(real.name, folder, max_bytes)
        finally:
            os.close(folder)
    except (OSError, Changing) as error:
        why = (os.strerror(error.errno) if error.errno else str(error)) if isinstance(error, OSError) else "it is being written"
        reason = f"cannot be read: {why}; see that the file exists and that you may read it"
        return Found(stamp=Stamp(0, 0, 0), problem=FrameProblem(outcome=Outcome.FAILED, reason=reason))
