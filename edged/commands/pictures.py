"""Picture files that somebody named, read as the folder's would be: nothing is moved, nothing is sent."""

import datetime as dt
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from edged.commands.shape import ByShape, Way, looking
from edged.config import LimitsSection, ModelSection, ReadingSection
from edged.config.file import LoadedConfig
from edged.errors import FrameError
from edged.flow.decode import decode, limit_threads
from edged.flow.folder.content import Changing, Found, examine
from edged.flow.folder.settle import Stamp
from edged.flow.reader import Job, Reader
from edged.flow.recognise import Recogniser
from edged.generation import Builder, shelf_of
from edged.lib.clock import SystemClock, file_time
from edged.lib.ids import new_id
from edged.lib.logs import printable
from edged.types import Delivery, FrameId, FrameProblem, Laid, Layout, Origin, Outcome, Pixels, Reading, SourceName

_AHEAD: Final = 8  # pictures in work at a time; their readings come out in the order of the paths
_SOURCE: Final = SourceName("read")


class Finished(NamedTuple):
    """One picture that was read, with what it was read from."""

    reading: Reading
    delivery: Delivery
    laid: Laid
    way: Way

    def image(self, limits: LimitsSection) -> Pixels | None:
        """Its pixels, decoded anew, H x W x 3; None where nothing can be decoded."""
        try:
            return None if self.delivery.data is None else decode(self.delivery.data, limits).image
        except FrameError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The daemon's own way from bytes to text, for one source and one model."""

    reader: Reader
    recogniser: Recogniser
    limits: LimitsSection
    layout: Layout
    way: Callable[[Delivery], Way] | None = None  # by which layout a picture is read, where each has its own

    def readings(self, paths: Iterable[str]) -> Iterator[Reading]:
        """Read picture files, a few ahead, in their order; one that cannot be read has its reading, too."""
        return (done.reading for done in self.finished(paths))

    def finished(self, paths: Iterable[str]) -> Iterator[Finished]:
        """Likewise, with what each was read from."""
        return self._finished(_delivery(path, self.limits.max_file_bytes) for path in paths)

    def concluded(self, deliveries: Iterable[Delivery]) -> Iterator[Reading]:
        """Read what is in memory, likewise."""
        return (done.reading for done in self._finished(deliveries))

    def again(self, done: Finished, image: Pixels) -> Reading:
        """Read other pixels, H x W x 3, in the place of a picture's own, by the same layout."""
        steps = replace(done.way.reader.steps, decode=lambda *_: image)
        way = Way(replace(done.way.reader, steps=steps), done.way.layout)
        (found,) = replace(self, way=lambda _: way).concluded([done.delivery])
        return found

    def _finished(self, deliveries: Iterable[Delivery]) -> Iterator[Finished]:
        window: deque[tuple[threading.Event, Job, Delivery, Way]] = deque()

        def oldest() -> Finished:
            completed, job, delivery, way = window.popleft()
            while not completed.wait(1):
                self.recogniser.check()
            return Finished(replace(way.reader.conclude(job), layout=way.layout), delivery, job.laid, way)

        for delivery in deliveries:
            way = self.way(delivery) if self.way else Way(self.reader, self.layout)
            window.append((*_begin(way.reader, delivery), delivery, way))
            if len(window) > _AHEAD:
                yield oldest()
        while window:
            yield oldest()


@contextmanager
def opened(
    loaded: LoadedConfig, source: ReadingSection, wanted: ModelSection, models_dir: Path | None = None, *, by_shape: bool = False
) -> Iterator[Chain]:
    """The chain that reads as *source* with the model *wanted*, of the shelf *models_dir* where one is named; closed afterwards.

    With *by_shape* text is looked for in pictures that are not shaped like a line, whatever the layout of *source*.

    Raises:
        ModelError: The model cannot be used.
    """
    limit_threads(1)  # as in the daemon
    config = loaded.config
    shelf = [models_dir] if models_dir else shelf_of(config.state_dir, config.models_dir)
    builder = Builder.of(loaded, shelf, SystemClock(), pages=source.layout == "detect")
    try:
        reader = builder.reader(source, wanted)
        way = ByShape(reader, lambda: builder.reader(looking(source), wanted)) if by_shape else None
        yield Chain(reader=reader, recogniser=builder.recognisers[0], limits=source.limits, layout=source.layout, way=way)
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
