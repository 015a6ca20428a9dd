"""A source in memory that keeps the contract, for tests of what stands behind a source."""

import datetime as dt
import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from edged.flow.ports import Source
from edged.lib.ids import new_id
from edged.types import Committed, Delivery, FrameId, FrameProblem, Origin, Outcome, SourceName


@dataclass(slots=True)
class Tray:
    """What survives a crash: the waiting, the claimed and the finished inputs."""

    waiting: deque[tuple[str, bytes | FrameProblem]] = field(default_factory=deque)
    claimed: dict[FrameId, Delivery] = field(default_factory=dict)
    finished: dict[FrameId, tuple[Outcome, tuple[str, ...]]] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def drop(self, name: str, content: bytes | FrameProblem) -> None:
        """Somebody drops an input, or something that cannot be one."""
        with self.changed:
            self.waiting.append((name, content))
            self.changed.notify_all()


class FakeSource:
    """Delivers what lies in a `Tray`; a second one on the same tray is the process after a crash."""

    def __init__(self, name: str, tray: Tray, find: Callable[[FrameId], Committed | None] = lambda id: None) -> None:
        self.name = SourceName(name)
        self.tray, self._find = tray, find
        self.syncs = 0

    def open(self) -> None:
        pass

    def deliveries(self, stop: threading.Event, beat: Callable[[], None]) -> Iterator[Delivery]:
        for delivery in [self.tray.claimed[id] for id in sorted(self.tray.claimed)]:
            committed = self._find(delivery.id)
            if committed is not None:
                self.finish(delivery.id, committed.outcome, committed.reasons)
            elif not stop.is_set():
                yield self._claim(delivery.origin, delivery.data or delivery.problem, delivery)
        while not stop.is_set():
            beat()
            with self.tray.changed:
                self.tray.changed.wait_for(lambda: self.tray.waiting, timeout=0.05)
                item = self.tray.waiting.popleft() if self.tray.waiting else None
            if item is not None:
                data = item[1] if isinstance(item[1], bytes) else None
                sha256 = hashlib.sha256(data).hexdigest() if data is not None else None
                origin = Origin(name=item[0], sha256=sha256, bytes=len(data) if data is not None else None, modified_at=None)
                yield self._claim(origin, item[1], None)

    def _claim(self, origin: Origin, content: bytes | FrameProblem | None, before: Delivery | None) -> Delivery:
        now = dt.datetime.now(dt.UTC)
        delivery = Delivery(
            id=before.id if before else FrameId(new_id(int(now.timestamp() * 1000), os.urandom(10))),
            source=self.name,
            captured_at=before.captured_at if before else now,
            origin=origin,
            attempt=before.attempt + 1 if before else 1,
            data=content if isinstance(content, bytes) else None,
            problem=content if isinstance(content, FrameProblem) else None,
        )
        self.tray.claimed[delivery.id] = delivery
        return delivery

    def sync(self) -> None:
        self.syncs += 1

    def finish(self, id: FrameId, outcome: Outcome, reasons: Sequence[str]) -> None:
        if self.tray.claimed.pop(id, None) is not None:
            self.tray.finished[id] = (outcome, tuple(reasons))

    def close(self) -> None:
        pass


_: type[Source] = FakeSource
